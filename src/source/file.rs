//! A text written by the user, kept so that errors can show its lines.

use super::{LocalPath, Place, Problem, Result, shown};
use crate::vault::{self, HEADER, VaultError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Returns whether the file at `path` on this machine is encrypted as a whole. One that cannot be
/// read is not: its reader says why.
pub fn is_encrypted(path: &Path) -> bool {
    let mut start = [0; HEADER.len()];
    let read = super::regular::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && vault::is_encrypted(&start)
}

/// Returns the decrypted content of the file at `path`, which is encrypted as a whole. If it is
/// text, its lines are secrets from now on.
pub fn decrypted(path: &Path) -> std::result::Result<Zeroizing<Vec<u8>>, Problem> {
    let name = shown(path);
    let content = super::regular::read(path)
        .map_err(|error| Problem::new(format!("cannot read {name}: {error}")))?;
    let opened = vault::decrypt(&content).map_err(|error| {
        Problem::new(format!("cannot decrypt {name}: {error}")).help(error.help())
    })?;
    if let Ok(text) = std::str::from_utf8(&opened) {
        vault::reveal(text);
    }
    Ok(opened)
}

/// Returns the problem for encrypted text at a place.
pub fn undecrypted(place: &Place, what: &str, error: &VaultError) -> Problem {
    let problem = Problem::at(place, format!("cannot decrypt {what}: {error}"));
    problem.help(error.help())
}

/// A text written by the user, and the name it is shown under.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// An absolute path, or a name in angle brackets such as `<extra vars>`.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// Whether the file is encrypted: then no message quotes a line of it.
    pub is_secret: bool,
}

impl SourceFile {
    /// Returns the text under its name, shared by all places in it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
            is_secret: false,
        })
    }

    /// Reads the file at `path` on this machine, and decrypts it if it is encrypted as a whole. A
    /// file that cannot be read or is not UTF-8 is a problem without a place; one that cannot be
    /// decrypted is a problem with a place.
    pub fn read(path: &Path) -> Result<Arc<Self>> {
        let path = LocalPath::of(path);
        let bytes = super::regular::read(&path)
            .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))?;
        if !vault::is_encrypted(&bytes) {
            return Ok(Self::new(&*path, text(&path, bytes)?));
        }
        let opened = vault::decrypt(&bytes).map_err(|error| {
            let sealed = String::from_utf8_lossy(&bytes);
            let first = sealed.lines().next().unwrap_or_default().len();
            let file = Self::new(&*path, sealed);
            undecrypted(&Place::new(&file, 0..first), "this file", &error)
        })?;
        Ok(Arc::new(Self {
            text: text(&path, opened.to_vec())?,
            path: path.to_path_buf(),
            is_secret: true,
        }))
    }

    /// Returns the folder that relative paths in this file are relative to. For a text that is not
    /// a file, that is the working directory.
    pub fn folder(&self) -> LocalPath {
        LocalPath::of(&self.path).parent()
    }

    /// Returns the path as the user would type it, or the name.
    pub fn shown(&self) -> std::path::Display<'_> {
        shown(&self.path)
    }
}

/// Returns the text of a file, which must be UTF-8.
fn text(path: &Path, bytes: Vec<u8>) -> std::result::Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        let path = path.display();
        Problem::new(format!("{path}:{line}: the file is not UTF-8 text"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yml");
        let message = || SourceFile::read(&path).unwrap_err().to_string();
        assert!(message().contains("x.yml: No such file or directory"));
        std::fs::write(&path, b"a: 1\nb: \xff\n").unwrap();
        assert!(message().ends_with("x.yml:2: the file is not UTF-8 text"));
        std::fs::write(&path, "a: 1\n").unwrap();
        assert_eq!(SourceFile::read(&path).unwrap().text, "a: 1\n");
    }
}
