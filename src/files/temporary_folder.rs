//! Folders for files that are needed only while rmqplay runs.

use std::fs::{self, File};
use std::io::Result;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

/// A file in each of them, locked while it is in use. A folder without it is somebody else's.
const LOCK: &str = ".in-use";

/// A folder for files that are needed only while rmqplay runs: removed when this is dropped, and
/// by the next one in the same place where rmqplay was killed.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: TempDir,
    _lock: File,
}

impl TemporaryFolder {
    /// Creates one that only this user can open, named `PREFIX` and six characters. Abandoned ones
    /// beside it are removed.
    pub fn new(parent: &Path, prefix: &str) -> Result<Self> {
        remove_abandoned(parent, prefix);
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        // Locked before it has its name: nobody finds it unlocked.
        let unnamed = folder.path().join(".locking");
        let lock = File::create_new(&unnamed)?;
        // On a file system without locks, abandoned folders are simply left.
        if lock.try_lock().is_ok() {
            fs::rename(&unnamed, folder.path().join(LOCK))?;
        } else {
            fs::remove_file(&unnamed)?;
        }
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn remove_abandoned(parent: &Path, prefix: &str) {
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_string_lossy().starts_with(prefix);
        // In a folder that everybody can write to, nothing of other users is looked into.
        let is_own = || {
            let metadata = entry.metadata();
            metadata.is_ok_and(|found| found.is_dir() && found.uid() == user)
        };
        if is_named && is_own() && is_abandoned(&entry.path().join(LOCK)) {
            // What cannot be removed does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_killed_run_are_removed_and_no_others() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str, lock: &str| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join(lock), "").unwrap();
            fs::write(path.join("tree.zip"), "content").unwrap();
            path
        };
        let abandoned = make("rmqplay-aaaaaa", LOCK);
        let users = make("rmqplay-notes", "todo");
        let others = make("other-aaaaaa", LOCK);
        let target = make("target", LOCK);
        let link = parent.path().join("rmqplay-link");
        std::os::unix::fs::symlink(&target, &link).unwrap();

        let used = TemporaryFolder::new(parent.path(), "rmqplay-").unwrap();
        let beside = TemporaryFolder::new(parent.path(), "rmqplay-").unwrap();

        assert!(!abandoned.exists());
        for kept in [&users, &others, &target, &link] {
            assert!(kept.exists(), "{}", kept.display());
        }
        let mode = fs::metadata(used.path()).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(used.path().exists() && beside.path().exists());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }
}
