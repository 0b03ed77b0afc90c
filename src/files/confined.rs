//! Whether a file is inside folders.

use crate::source::LocalPath;
use std::path::Path;

/// Returns whether a path, after following all links, is inside one of the folders.
pub fn confined(path: &Path, folders: &[LocalPath]) -> bool {
    let Ok(path) = std::fs::canonicalize(path) else {
        return false;
    };
    let mut folders = folders.iter().map(LocalPath::real);
    folders.any(|folder| path.starts_with(folder))
}
