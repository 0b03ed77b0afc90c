//! The names that files of variables define, where the file's name may hold templates.

use crate::files::{Files, names_in};
use crate::playbook::Loader;
use std::path::{Path, PathBuf};

/// Returns the names that the file called `name` defines, or any file it may turn out to be if
/// the last part of its name holds templates; `None` if that cannot be said.
pub(super) fn names(search: &Files, name: &str, loader: &Loader) -> Option<Vec<String>> {
    let paths = if name.contains("{{") {
        matching(search, name)?
    } else {
        search.find("vars", name).into_iter().collect()
    };
    let mut names = Vec::new();
    for path in paths {
        let document = loader.file(&path).ok()?;
        let entries = document.as_map().into_iter().flatten();
        names.extend(entries.filter_map(|(key, _)| key.as_text().map(str::to_owned)));
    }
    Some(names)
}

/// Returns the files whose name fits a name with templates in its last part.
fn matching(search: &Files, name: &str) -> Option<Vec<PathBuf>> {
    let (before, _) = name.split_once("{{")?;
    let at = before.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, last) = name.split_at(at);
    if name.contains("{%") {
        return None;
    }
    let fixed = fixed_parts(last)?;
    let mut found = Vec::new();
    for base in &search.folders {
        for folder in [base.join("vars").join(folder), base.join(folder)] {
            let names = names_in(&folder);
            let fitting = names.iter().filter(|name| fits(name, &fixed));
            let paths = fitting.map(|name| folder.join(name));
            found.extend(paths.filter(|path: &PathBuf| Path::is_file(path)));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Returns the texts around the templates of `name`; `None` if a template may hold a folder.
fn fixed_parts(name: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("{{") {
        parts.push(before);
        rest = after.split_once("}}")?.1;
    }
    parts.push(rest);
    (!parts.iter().any(|part| part.contains('/'))).then_some(parts)
}

/// Whether `name` starts with the first part, ends with the last and holds the others in order.
fn fits(name: &str, parts: &[&str]) -> bool {
    let (Some((first, middle)), Some(last)) = (parts.split_first(), parts.last()) else {
        return false;
    };
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_around_their_templates() {
        for (pattern, name, expected) in [
            ("{{ os }}.yml", "debian.yml", true),
            ("{{ os }}.yml", "debian.yaml", false),
            ("a-{{ b }}-{{ c }}.yml", "a-1-2.yml", true),
            ("a-{{ b }}-{{ c }}.yml", "b-1-2.yml", false),
            ("a-{{ b }}", "a-x", true),
        ] {
            let parts = fixed_parts(pattern).unwrap();
            assert_eq!(fits(name, &parts), expected, "{pattern} {name}");
        }
        assert_eq!(fixed_parts("{{ a }}/b.yml"), None);
    }
}
