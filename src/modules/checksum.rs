//! The checksum of a file.

use crate::host::{Command, Content, Node, Probe};
use crate::module::ModuleError;
use camino::Utf8Path;
use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use std::fmt::Write as _;
use std::io::Write;

/// Files up to this size in bytes are sent with the first answer instead of hashed on the host.
const AT_ONCE: u64 = 256 * 1024;

/// A checksum algorithm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Algorithm {
    Md5,
    #[default]
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// Returns how much of a file's content to ask for first.
    pub(super) fn content(self) -> Content {
        match self {
            Algorithm::Sha256 => Content::Digest,
            _ => Content::UpTo(AT_ONCE),
        }
    }

    /// Returns the checksum of a file requested with [`Algorithm::content`].
    pub(super) fn checksum(
        self,
        host: &Probe,
        path: &Utf8Path,
        node: &Node,
    ) -> Result<String, ModuleError> {
        let mut sink = Sink(self.digest());
        match (&node.content, node.digest()) {
            (_, Some(digest)) if self == Algorithm::Sha256 => return Ok(digest),
            (Some(content), _) => sink.0.update(content),
            (None, digest) => {
                if let Some(checksum) = self.made_by_host(host, path, digest.as_deref()) {
                    return Ok(checksum);
                }
                host.fetch(path, &mut sink)?;
            }
        }
        Ok(sink.finish())
    }

    /// Returns the checksum computed by a program of the host. In check mode the host may have a
    /// different file at the path, so its SHA-256 must match the known one.
    fn made_by_host(self, host: &Probe, path: &Utf8Path, sha256: Option<&str>) -> Option<String> {
        let is_same = printed(host, "sha256sum", path)?.as_str() == sha256?;
        is_same.then(|| printed(host, self.program(), path))?
    }

    fn program(self) -> &'static str {
        match self {
            Algorithm::Md5 => "md5sum",
            Algorithm::Sha1 => "sha1sum",
            Algorithm::Sha224 => "sha224sum",
            Algorithm::Sha256 => "sha256sum",
            Algorithm::Sha384 => "sha384sum",
            Algorithm::Sha512 => "sha512sum",
        }
    }

    fn digest(self) -> Box<dyn DynDigest> {
        match self {
            Algorithm::Md5 => Box::new(Md5::default()),
            Algorithm::Sha1 => Box::new(Sha1::default()),
            Algorithm::Sha224 => Box::new(Sha224::default()),
            Algorithm::Sha256 => Box::new(Sha256::default()),
            Algorithm::Sha384 => Box::new(Sha384::default()),
            Algorithm::Sha512 => Box::new(Sha512::default()),
        }
    }
}

/// Returns the checksum printed by a program, if the host has that program.
fn printed(host: &Probe, program: &str, path: &Utf8Path) -> Option<String> {
    let output = host.query(&Command::new([program, path.as_str()])).ok()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    // `sha256sum` starts the line with a backslash if it prints the path with escapes.
    let word = printed.split_whitespace().next()?;
    (output.status == 0).then(|| word.trim_start_matches('\\').to_owned())
}

/// Feeds everything written to it into the checksum.
struct Sink(Box<dyn DynDigest>);

impl Sink {
    fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
