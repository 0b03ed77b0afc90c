//! Files that are being fetched, and what a killed rmqplay left of them.

use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::{Error, Result};
use std::path::Path;
use tempfile::NamedTempFile;

/// A file that is being fetched: removed when this is dropped, unless it was kept.
pub(super) struct Unfinished {
    file: NamedTempFile,
    /// Locked as long as a file in it is needed.
    _folder: File,
}

impl Unfinished {
    /// Returns a new one in a folder of the cache. What nobody fetches any more there is removed.
    pub(super) fn new(cache: &Path) -> Result<Self> {
        let path = cache.join("unfinished");
        std::fs::create_dir_all(&path)?;
        let folder = File::open(&path)?;
        // Everybody who fetches shares the lock: who has it alone knows that all others are gone.
        if flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            for entry in std::fs::read_dir(&path)?.flatten() {
                // Another user's cannot be removed, and does no harm.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        // A file system without locks only keeps what was left.
        let _ = flock(&folder, FlockOperation::LockShared);
        Ok(Self {
            file: NamedTempFile::new_in(&path)?,
            _folder: folder,
        })
    }

    /// Returns where it is.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns the file once more, to be written by a thread that may outlive this.
    pub(super) fn writer(&self) -> Result<File> {
        self.file.reopen()
    }

    /// Has it take its place, in a folder that is made if it is missing.
    pub(super) fn keep(self, path: &Path) -> Result<()> {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        self.file.persist(path).map(drop).map_err(Error::from)
    }
}
