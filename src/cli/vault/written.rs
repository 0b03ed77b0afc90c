//! Files that are replaced as a whole.

use crate::source::Problem;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Replaces the content of a file at once, or creates it, readable by its owner only. An owner that
/// it had stays, and so does a link to it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Problem> {
    let failed =
        |error: std::io::Error| Problem::new(format!("cannot write {}: {error}", path.display()));
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut new = tempfile::Builder::new()
        .prefix(".rmqplay-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed)?;
    new.write_all(content).map_err(failed)?;
    if let Ok(before) = fs::metadata(&target) {
        // Only root can give a file away; others own what they write.
        let _ = std::os::unix::fs::chown(new.path(), Some(before.uid()), Some(before.gid()));
    }
    new.as_file().sync_all().map_err(failed)?;
    new.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}
