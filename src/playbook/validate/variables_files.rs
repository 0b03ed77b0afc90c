//! The names defined in files of variables whose file name may contain templates.

use crate::files::{Files, names_in};
use crate::glob;
use crate::playbook::Loader;
use crate::source::LocalPath;

/// Returns the names defined in the file called `name`, or in any file it may turn out to be if the
/// last part of its name contains templates; `None` if that is unknown.
pub(super) fn names(search: &Files, name: &str, loader: &Loader) -> Option<Vec<String>> {
    let paths = if name.contains("{{") {
        matching(search, name)?
    } else {
        // One that is missing may be made by the run.
        vec![search.find("vars", name).ok()?]
    };
    let mut names = Vec::new();
    for path in paths {
        let document = loader.file(&path).ok()?;
        let entries = document.as_map().into_iter().flatten();
        names.extend(entries.filter_map(|(key, _)| key.as_text().map(str::to_owned)));
    }
    Some(names)
}

/// Returns the files that match a name with templates in its last part.
fn matching(search: &Files, name: &str) -> Option<Vec<LocalPath>> {
    let (before, _) = name.split_once("{{")?;
    let at = before.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, last) = name.split_at(at);
    let pattern = pattern(last)?;
    let mut found = Vec::new();
    for base in &search.folders {
        for folder in [base.join("vars").join(folder), base.join(folder)] {
            let names = names_in(&folder);
            let fitting = names.iter().filter(|name| glob::matches(&pattern, name));
            let paths = fitting.map(|name| folder.join(name));
            found.extend(paths.filter(|path: &LocalPath| path.is_file()));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Returns the glob for a name with templates; `None` if a template may contain a folder.
fn pattern(name: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("{{") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once("}}")?.1;
    }
    pattern.push_str(rest);
    (!pattern.contains(['/', '{'])).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_stands_for_any_part_of_a_name() {
        for (name, expected) in [
            ("{{ os }}.yml", Some("*.yml")),
            ("a-{{ b }}-{{ c }}.yml", Some("a-*-*.yml")),
            ("{{ a }}/b.yml", None),
            ("{% if a %}b{% endif %}{{ c }}", None),
        ] {
            assert_eq!(pattern(name).as_deref(), expected, "{name}");
        }
    }
}
