//! A file of a machine that is kept on this machine.

use super::{Digesting, HostError, Output};
use crate::source::Replacement;
use crate::value::{Fields, Value};
use camino::Utf8PathBuf;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of a machine to keep on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file of the machine.
    pub from: Utf8PathBuf,
    /// The file of this machine; it and its directories are created.
    pub to: PathBuf,
    /// SHA-256 of the file of the machine.
    pub sha256: String,
    /// Whether to fail if what arrives has another one, since the file changed in the meantime.
    pub validate: bool,
    /// SHA-256 of the file of this machine, if it is there.
    pub before: Option<String>,
}

/// What bytes of the machine are copied to.
type Copy<'a> = dyn Fn(&mut dyn Write) -> Result<u64, HostError> + 'a;

impl Fetched {
    /// Copies the file, and replaces that of this machine only once all has arrived.
    pub(super) fn keep(&self, copy: &Copy<'_>) -> Result<Output, HostError> {
        let failed = |error: std::io::Error| self.failed(&error.to_string());
        fs::create_dir_all(self.to.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
        // The umask applies, as for every file that the user creates.
        let mut new = Replacement::of(&self.to, 0o666).map_err(failed)?;
        let present = fs::metadata(new.target()).ok();
        let mut both = Both {
            file: new.file(),
            digesting: Digesting::default(),
        };
        copy(&mut both)?;
        let output = self.conclude(both.digesting)?;
        if let Some(present) = present {
            let kept = new.file().set_permissions(present.permissions());
            kept.map_err(failed)?;
        }
        new.keep().map_err(failed)?;
        Ok(output)
    }

    /// Reads the file without keeping it, for check mode.
    pub(super) fn foresee(&self, copy: &Copy<'_>) -> Result<Output, HostError> {
        let mut digesting = Digesting::default();
        copy(&mut digesting)?;
        self.conclude(digesting)
    }

    fn conclude(&self, digesting: Digesting) -> Result<Output, HostError> {
        let digests = digesting.finish();
        if self.validate && digests.sha256 != self.sha256 {
            let reason = "checksum mismatch: the file changed while it was read";
            return Err(self.failed(reason));
        }
        let checksum = Value::from(digests.sha1);
        let returned = [
            ("checksum", checksum.clone()),
            ("remote_checksum", checksum),
            ("md5sum", digests.md5.into()),
        ];
        let returned = returned.map(|(name, value)| (name.to_owned(), value));
        Ok(Output {
            returned: Box::new(Fields::from_iter(returned)),
            ..Output::default()
        })
    }

    fn failed(&self, reason: &str) -> HostError {
        HostError::Step {
            action: format!("fetch {} to {}", self.from, self.to.display()),
            reason: reason.to_owned(),
        }
    }
}

/// Writes to a file, and makes the digests of what it writes.
struct Both<'a> {
    file: &'a mut fs::File,
    digesting: Digesting,
}

impl Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digesting
            .update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
