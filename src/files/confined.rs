//! Whether a file stays within folders.

use crate::source::LocalPath;
use std::path::Path;

/// Returns whether a path, all links followed, is within one of the folders.
pub fn confined(path: &Path, folders: &[LocalPath]) -> bool {
    let Ok(path) = std::fs::canonicalize(path) else {
        return false;
    };
    let mut folders = folders.iter().map(LocalPath::real);
    folders.any(|folder| path.starts_with(folder))
}
