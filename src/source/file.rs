//! A text written by the user, kept so that errors can show its lines.

use super::{LocalPath, Place, Problem, Result, shown};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The start of files encrypted as a whole with Ansible Vault.
pub const VAULT: &str = "$ANSIBLE_VAULT;";

/// Returns whether the file at `path` on this machine is encrypted as a whole. One that cannot be
/// read is not: its reader says why.
pub fn is_encrypted(path: &Path) -> bool {
    let mut start = [0; VAULT.len()];
    let read = super::regular::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == VAULT.as_bytes()
}

/// Returns the message for the file at `path`, which is encrypted as a whole.
pub fn encrypted_file(path: &Path) -> String {
    format!(
        "{} is encrypted with Ansible Vault, which rmqplay cannot open",
        path.display()
    )
}

/// Returns the problem for encrypted text at a place.
pub fn encrypted(place: &Place, what: &str) -> Problem {
    let message = format!("{what} is encrypted with Ansible Vault, which rmqplay cannot open");
    let help = "decrypt it with ansible-vault into a file that only you can read and pass that with \
                `-e @FILE`, or read the secret from the environment: lookup('env', 'NAME')";
    Problem::at(place, message).help(help.to_owned())
}

/// A text written by the user, and the name it is shown under.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// An absolute path, or a name in angle brackets such as `<extra vars>`.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// Returns the text under its name, shared by all places in it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
        })
    }

    /// Reads the file at `path` on this machine. A file that cannot be read or is not UTF-8 is a
    /// problem without a place; an encrypted one is a problem with a place.
    pub fn read(path: &Path) -> Result<Arc<Self>> {
        let path = LocalPath::of(path);
        let bytes = super::regular::read(&path)
            .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                .split(|byte| *byte == b'\n')
                .count();
            Problem::new(format!(
                "{}:{line}: the file is not UTF-8 text",
                path.display()
            ))
        })?;
        let file = Self::new(path, text);
        if file.text.starts_with(VAULT) {
            let line = file.text.lines().next().unwrap_or_default();
            return Err(encrypted(&Place::new(&file, 0..line.len()), "this file").into());
        }
        Ok(file)
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
