//! The lines of apt's lists of sources.

use camino::{Utf8Path, Utf8PathBuf};

/// apt's lists of sources, each with its lines.
pub(super) struct Sources {
    pub(super) files: Vec<List>,
}

/// One list.
pub(super) struct List {
    pub(super) path: Utf8PathBuf,
    pub(super) lines: Vec<String>,
    pub(super) is_changed: bool,
    /// Whether a source was added to it.
    pub(super) is_extended: bool,
}

/// A line that contains a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    is_enabled: bool,
    /// Its words, separated by one blank.
    pub(super) words: String,
    comment: String,
}

impl Source {
    /// Parses a line; a comment may contain a source that is not enabled.
    pub(super) fn read(line: &str) -> Option<Self> {
        let line = line.trim();
        let (is_enabled, line) = match line.strip_prefix('#') {
            Some(line) => (false, line),
            None => (true, line),
        };
        let (source, comment) = match line.split_once('#') {
            Some((source, comment)) if !source.is_empty() => (source, comment.trim()),
            _ => (line, ""),
        };
        let words: Vec<_> = source.split_whitespace().collect();
        ["deb", "deb-src"].contains(words.first()?).then(|| Self {
            is_enabled,
            words: words.join(" "),
            comment: comment.to_owned(),
        })
    }

    /// Parses a source as a task has it.
    pub(super) fn enabled(line: &str) -> Option<Self> {
        Self::read(line).filter(|source| source.is_enabled && !line.contains('\n'))
    }

    fn line(&self) -> String {
        let mark = if self.comment.is_empty() { "" } else { " # " };
        format!("{}{mark}{}\n", self.words, self.comment)
    }

    /// Returns the name of the file for it: the address without its protocol, options, user and
    /// password.
    pub(super) fn file_name(&self) -> String {
        let mut address = String::new();
        let mut rest = self.words.as_str();
        while let Some((before, after)) = rest.split_once('[') {
            address += before;
            rest = after.split_once(']').map_or("", |(_, after)| after);
        }
        address += rest;
        let words = address.split_whitespace().skip(1);
        let first = words.into_iter().next().unwrap_or_default();
        let first = first.split_once("://").map_or(first, |(_, rest)| rest);
        let first = first.split_once('@').map_or(first, |(_, rest)| rest);
        let parts = first.split(|letter: char| !letter.is_ascii_alphanumeric());
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        parts.join("_")
    }
}

impl List {
    pub(super) fn of(path: Utf8PathBuf, text: &str) -> Self {
        Self {
            path,
            lines: text.split_inclusive('\n').map(str::to_owned).collect(),
            is_changed: false,
            is_extended: false,
        }
    }
}

impl Sources {
    /// Adds a source to a file, unless a file has it; those that are not enabled are enabled.
    pub(super) fn add(&mut self, wanted: &Source, path: &Utf8Path) {
        let mut is_there = false;
        for list in &mut self.files {
            for line in &mut list.lines {
                let found = Source::read(line).filter(|found| found.words == wanted.words);
                is_there |= found.is_some();
                if let Some(found) = found.filter(|found| !found.is_enabled) {
                    *line = found.line();
                    list.is_changed = true;
                }
            }
        }
        if is_there {
            return;
        }
        let at = self.files.iter().position(|list| list.path == path);
        let at = at.unwrap_or_else(|| {
            self.files.push(List::of(path.to_owned(), ""));
            self.files.len() - 1
        });
        if let Some(list) = self.files.get_mut(at) {
            if let Some(last) = list.lines.last_mut().filter(|last| !last.ends_with('\n')) {
                last.push('\n');
            }
            list.lines.push(wanted.line());
            list.is_changed = true;
            list.is_extended = true;
        }
    }

    /// Removes a source from all files; one in a comment stays.
    pub(super) fn remove(&mut self, unwanted: &Source) {
        for list in &mut self.files {
            let before = list.lines.len();
            list.lines.retain(|line| {
                let found = Source::read(line).filter(|found| found.is_enabled);
                found.is_none_or(|found| found.words != unwanted.words)
            });
            list.is_changed |= list.lines.len() != before;
        }
    }

    /// Returns whether a file has the source, and it is enabled.
    pub(super) fn has(&self, source: &str) -> bool {
        let mut lines = self.files.iter().flat_map(|list| &list.lines);
        lines.any(|line| {
            Source::read(line).is_some_and(|found| found.is_enabled && found.words == source)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_after_the_address() {
        for (line, name) in [
            (
                "deb http://archive.ubuntu.com/ubuntu jammy main",
                "archive_ubuntu_com_ubuntu",
            ),
            (
                "deb [arch=amd64 signed-by=/etc/apt/k.asc] https://me:secret@example.com:8080/a-b/ stable main",
                "example_com_8080_a_b",
            ),
            ("deb-src file:///srv/packages ./", "srv_packages"),
        ] {
            assert_eq!(Source::enabled(line).unwrap().file_name(), name);
        }
    }
}
