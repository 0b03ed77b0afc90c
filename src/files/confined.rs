//! Whether a file stays within folders.

use std::path::{Path, PathBuf};

/// Returns whether a path, all links followed, is within one of the folders.
pub fn confined(path: &Path, folders: &[PathBuf]) -> bool {
    let Ok(path) = std::fs::canonicalize(path) else {
        return false;
    };
    let mut folders = folders.iter().filter_map(|folder| {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        std::fs::canonicalize(folder).ok()
    });
    folders.any(|folder| path.starts_with(folder))
}
