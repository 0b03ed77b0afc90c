//! The files of an `Include` line.

use super::super::pattern;
use std::path::{Component, Path, PathBuf};

/// Returns the files that match a path whose parts may contain `*` and `?`, sorted. As in a shell,
/// names that start with a dot match only a pattern that does.
pub(super) fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in path.components() {
        let name = component.as_os_str().to_string_lossy();
        let is_pattern = matches!(component, Component::Normal(_)) && name.contains(['*', '?']);
        found = if is_pattern {
            found
                .iter()
                .flat_map(|folder| entries(folder, &name))
                .collect()
        } else {
            found.iter().map(|folder| folder.join(component)).collect()
        };
    }
    found.retain(|path| path.is_file());
    found
}

fn entries(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|entry| {
            let entry = entry.file_name();
            let entry = entry.to_string_lossy();
            pattern::matches(name, &entry) && entry.starts_with('.') == name.starts_with('.')
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_files_of_several_folders_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "b/2.conf",
            "b/1.conf",
            "a/1.conf",
            "a/.3.conf",
            "a/x",
            "1.conf",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        for (pattern, expected) in [
            ("*/*.conf", vec!["a/1.conf", "b/1.conf", "b/2.conf"]),
            ("?/2.*", vec!["b/2.conf"]),
            ("1.conf", vec!["1.conf"]),
            ("missing", vec![]),
            ("missing/*", vec![]),
            ("*", vec!["1.conf"]),
            ("a/.*", vec!["a/.3.conf"]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|path| folder.path().join(path))
                .collect();
            assert_eq!(files(&folder.path().join(pattern)), expected, "{pattern}");
        }
    }
}
