//! A file of this machine that is replaced as a whole.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The new content of a file of this machine, beside it until all is written: the file has its old
/// content or its new one, whatever happens. A link to the file stays one.
pub struct Replacement {
    target: PathBuf,
    new: NamedTempFile,
}

impl Replacement {
    /// Returns an empty one with this mode, less the umask. The file's folder must exist.
    pub fn of(path: &Path, mode: u32) -> io::Result<Self> {
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let new = tempfile::Builder::new()
            .prefix(".rmqplay-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self { target, new })
    }

    /// Returns the path of the file that is replaced, which need not exist.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Returns the new file.
    pub fn file(&mut self) -> &mut File {
        self.new.as_file_mut()
    }

    /// Puts it in place.
    pub fn keep(self) -> io::Result<()> {
        self.new.persist(&self.target)?;
        Ok(())
    }
}
