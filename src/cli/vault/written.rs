//! Files that are replaced as a whole.

use crate::source::{Problem, Replacement};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

/// Replaces the content of a file at once, or creates it, readable by its owner only. An owner that
/// it had stays, and so does a link to it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Problem> {
    let failed =
        |error: std::io::Error| Problem::new(format!("cannot write {}: {error}", path.display()));
    let mut new = Replacement::of(path, 0o600).map_err(failed)?;
    new.file().write_all(content).map_err(failed)?;
    if let Ok(before) = fs::metadata(new.target()) {
        // Only root can give a file away; others own what they write.
        let _ = fchown(new.file(), Some(before.uid()), Some(before.gid()));
    }
    new.file().sync_all().map_err(failed)?;
    new.keep().map_err(failed)
}
