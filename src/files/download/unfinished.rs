//! Unfinished downloads, including those left by a killed rmqplay.

use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::{Error, Result};
use std::path::Path;
use tempfile::NamedTempFile;

/// An unfinished download: removed when this is dropped, unless it was kept.
pub(super) struct Unfinished {
    file: NamedTempFile,
    /// Locked as long as a file in it is needed.
    _folder: File,
}

impl Unfinished {
    /// Creates one in a folder of the cache. Abandoned ones there are removed.
    pub(super) fn new(cache: &Path) -> Result<Self> {
        let path = cache.join("unfinished");
        std::fs::create_dir_all(&path)?;
        let folder = File::open(&path)?;
        // All downloads share the lock: if it can be taken exclusively, nobody else is using the
        // files.
        if flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            for entry in std::fs::read_dir(&path)?.flatten() {
                // Another user's file cannot be removed, and does no harm.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        // On a file system without locks, abandoned files are simply left.
        let _ = flock(&folder, FlockOperation::LockShared);
        Ok(Self {
            file: NamedTempFile::new_in(&path)?,
            _folder: folder,
        })
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Opens the file again, for a thread that may outlive this.
    pub(super) fn writer(&self) -> Result<File> {
        self.file.reopen()
    }

    /// Renames it to its final path, creating the folder if it is missing.
    pub(super) fn keep(self, path: &Path) -> Result<()> {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        self.file.persist(path).map(drop).map_err(Error::from)
    }
}
