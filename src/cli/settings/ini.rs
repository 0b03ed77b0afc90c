//! The text of `ansible.cfg`, as Python's configparser reads it.

use crate::source::{Place, Problem, Problems, Result, SourceFile};
use std::sync::Arc;

/// A key of a section, with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The section.
    pub(super) section: String,
    /// The key, in lower case.
    pub(super) key: String,
    /// The value; several lines for one that continues on indented lines.
    pub(super) value: String,
    /// The place of the key.
    pub(super) place: Place,
}

/// Returns all keys. Any other line is a problem.
pub(super) fn read(file: &Arc<SourceFile>) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut problems = Problems::default();
    let mut section = None;
    let mut start = 0;
    for whole in file.text.split_inclusive('\n') {
        let line = without_comment(whole);
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        let place = Place::new(file, start + indent..start + indent + text.len());
        start += whole.len();
        if text.is_empty() {
            continue;
        }
        if let (true, Some(last)) = (indent > 0, entries.last_mut()) {
            last.value.extend(["\n", text]);
            continue;
        }
        if let Some(name) = text.strip_prefix('[') {
            match name.split_once(']') {
                Some((name, _)) => section = Some(name.to_owned()),
                None => problems.push(Problem::at(&place, "a section is not closed by ]")),
            }
            continue;
        }
        let Some(section) = &section else {
            let help = "write [defaults] above it".to_owned();
            problems.push(Problem::at(&place, "a setting before the first section").help(help));
            continue;
        };
        let Some((key, value)) = text.split_once(['=', ':']) else {
            problems.push(Problem::at(&place, "expected KEY = VALUE"));
            continue;
        };
        let key = key.trim();
        entries.push(Entry {
            section: section.clone(),
            key: key.to_lowercase(),
            value: value.trim().to_owned(),
            place: Place::new(file, place.range.start..place.range.start + key.len()),
        });
    }
    problems.or(entries)
}

/// Returns a line without its comment: `#` and `;` at its start, ` ;` after a value.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with(['#', ';']) {
        return "";
    }
    let comment = line.match_indices(';').find(|(at, _)| {
        let before = line.get(..*at).unwrap_or_default();
        before.ends_with(char::is_whitespace)
    });
    comment.map_or(line, |(at, _)| line.get(..at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_python_reads_it() {
        let text = "# c\n[defaults]\nForks = 5 ; five\n;x\nroles_path: a:\n   b\nurl=a;b\n[ssh]\nempty =\n";
        let entries = read(&SourceFile::new("ansible.cfg", text)).unwrap();
        let entries: Vec<_> = entries
            .iter()
            .map(|one| (&*one.section, &*one.key, &*one.value, one.place.line()))
            .collect();
        assert_eq!(
            entries,
            [
                ("defaults", "forks", "5", 3),
                ("defaults", "roles_path", "a:\nb", 5),
                ("defaults", "url", "a;b", 7),
                ("ssh", "empty", "", 9),
            ]
        );
    }

    #[test]
    fn what_is_no_setting_is_a_problem() {
        let read = |text: &str| {
            read(&SourceFile::new("<cfg>", text))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            read("forks = 5\n"),
            "<cfg>:1:1: a setting before the first section"
        );
        assert_eq!(
            read("[defaults\n"),
            "<cfg>:1:1: a section is not closed by ]"
        );
        assert_eq!(
            read("[defaults]\n\nforks\n"),
            "<cfg>:3:1: expected KEY = VALUE"
        );
    }
}
