//! An archive and its entries, with digests.

use super::entry::Visit;
use super::{ArchiveError, Entry, EntryKind, Format, tar, zip};
use crate::source::regular;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// An archive whose every byte has been read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// How many bytes any archive may unpack to.
const ALWAYS_ALLOWED: u64 = 16 << 30;

/// How many times its own size a larger one may unpack to; text rarely exceeds 20.
const ALLOWED_GROWTH: u64 = 100;

/// The most entries of an archive: a Linux source tree has 90,000.
const MOST_ENTRIES: usize = 2_000_000;

impl Archive {
    /// Reads the whole archive at `path`, whatever its format.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let mut archive = Self {
            path: path.to_owned(),
            format: Format::detect(path)?,
            entries: Vec::new(),
        };
        let mut entries = Vec::new();
        archive.walk(&mut |mut entry, content| {
            if entry.kind == EntryKind::File {
                let sha256 = copy(path, &entry, content, &mut |_| Ok(()))?;
                entry.sha256 = Some(sha256);
            }
            if entries.len() == MOST_ENTRIES {
                return Err(damaged(path, "it has more than 2,000,000 entries"));
            }
            entries.push(entry);
            Ok(())
        })?;
        archive.entries = entries;
        Ok(archive)
    }

    /// Returns the file's name, for messages.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Calls `visit` with each entry in order, without its digest, and its content.
    pub(super) fn walk(&self, visit: &mut Visit) -> Result<(), ArchiveError> {
        let path = &self.path;
        let unreadable = |source| ArchiveError::Read {
            path: path.clone(),
            source,
        };
        let file = regular::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let mut left = ALWAYS_ALLOWED.max(size.saturating_mul(ALLOWED_GROWTH));
        let mut visit = |entry: Entry, content: &mut dyn Read| {
            left = left
                .checked_sub(entry.size)
                .ok_or_else(|| damaged(path, "it unpacks to far more than its size explains"))?;
            visit(entry, content)
        };
        if self.format == Format::Zip {
            return zip::walk(path, file, &mut visit);
        }
        let mut reader = self.format.open_tar(file);
        tar::walk(path, &mut reader, &mut visit)?;
        // The checksum of compressed content comes after its last byte.
        std::io::copy(&mut reader.take(ALWAYS_ALLOWED), &mut std::io::sink())
            .map_err(|error| damaged(path, &error.to_string()))?;
        Ok(())
    }
}

pub(super) fn damaged(path: &Path, reason: &str) -> ArchiveError {
    ArchiveError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Gives an entry's content to `sink` piece by piece and returns its SHA-256.
pub(super) fn copy(
    archive: &Path,
    entry: &Entry,
    content: &mut dyn Read,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), ArchiveError>,
) -> Result<String, ArchiveError> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let read = content
            .read(&mut buffer)
            .map_err(|error| damaged(archive, &format!("{:?}: {error}", entry.path)))?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        total += piece.len() as u64;
        digest.update(piece);
        sink(piece)?;
    }
    if total != entry.size {
        return Err(damaged(
            archive,
            &format!("it is truncated within {:?}", entry.path),
        ));
    }
    Ok(format!("{:x}", digest.finalize()))
}
