//! A file of the controller that tasks send to hosts.

use crate::host::{Body, Digesting, Digests, Limits};
use crate::source::regular;
use std::collections::HashMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

/// Files up to this size in bytes are kept in memory; larger ones are streamed.
const IN_MEMORY: u64 = 1024 * 1024;

/// Why a file of the controller cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {} on this machine: {source}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub source: std::io::Error,
}

/// A file of the controller that tasks send to hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// The content.
    pub body: Body,
    /// Its permission bits.
    pub mode: u32,
    /// Digests of the content.
    pub digests: Digests,
}

impl SentFile {
    /// Returns the bytes as content to send.
    pub fn of(content: Vec<u8>, mode: u32) -> Self {
        Self {
            digests: Digests::of(&content),
            body: Body::Bytes(content.into()),
            mode,
        }
    }

    /// Reads a file, following links. The digests of a large one are computed once for all hosts.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let failed = |source| ReadError {
            path: path.to_owned(),
            source,
        };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.len() <= IN_MEMORY {
            return Ok(Self::of(read(path)?, mode));
        }
        let digests = large(path, metadata.len(), metadata.modified().ok()).map_err(failed)?;
        Ok(Self {
            body: Body::File {
                path: path.to_owned(),
                size: metadata.len(),
                sha256: digests.sha256.clone(),
            },
            mode,
            digests,
        })
    }
}

/// Returns the content of a file of the controller.
pub fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    regular::read(path).map_err(|source| ReadError {
        path: path.to_owned(),
        source,
    })
}

/// Computed digests, by path, length and modification time of the file.
type Known = Mutex<HashMap<(PathBuf, u64, Option<SystemTime>), Digests>>;

fn large(path: &Path, size: u64, modified: Option<SystemTime>) -> std::io::Result<Digests> {
    static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);
    let key = (path.to_owned(), size, modified);
    // Held while the file is read, so that many hosts do not read it at the same time.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(digests) = known.get(&key) {
        return Ok(digests.clone());
    }
    let mut making = Digesting::default();
    let mut file = regular::open(path)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        Limits::look().map_err(std::io::Error::other)?;
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        making.update(buffer.get(..read).unwrap_or_default());
    }
    let digests = making.finish();
    known.insert(key, digests.clone());
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_streamed_and_digested_like_a_small_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let content = b"0123456789abcdef".repeat(100_000);
        std::fs::write(&path, &content).unwrap();
        let sent = SentFile::read(&path).unwrap();
        assert_eq!(sent.digests, Digests::of(&content));
        assert_eq!(sent.body.size(), 1_600_000);
        assert!(matches!(&sent.body, Body::File { .. }));
        assert_eq!(sent.body.sha256(), sent.digests.sha256);
        let missing = SentFile::read(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().ends_with("(os error 2)"), "{missing}");
    }
}
