//! Reads tar: ustar, GNU's long names and pax.
//!
//! The headers of long names are read here instead of by the tar crate, which would load names of
//! any length into memory.

use super::entry::Visit;
use super::{ArchiveError, Entry, EntryKind};
use camino::Utf8PathBuf;
use std::io::Read;
use std::path::Path;
use tar::{EntryType, Header};

/// The longest name, or set of pax headers of one entry, in bytes. Linux's limit for paths is 4
/// KiB.
const LONGEST_NAME: u64 = 1024 * 1024;

/// Calls `visit` for each entry in order, with its content.
pub(super) fn walk(
    path: &Path,
    reader: &mut dyn Read,
    visit: &mut Visit,
) -> Result<(), ArchiveError> {
    let damaged = |error: std::io::Error| damaged(path, &error.to_string());
    let mut archive = tar::Archive::new(reader);
    let mut ahead = Ahead::default();
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let header = entry.header().clone();
        match header.entry_type() {
            EntryType::GNULongName => ahead.path = Some(long_name(path, &mut entry)?),
            EntryType::GNULongLink => ahead.link = Some(long_name(path, &mut entry)?),
            EntryType::XHeader => ahead.read_pax(path, &mut entry)?,
            // A comment such as git's commit, or the label of a tape.
            EntryType::XGlobalHeader => {}
            kind if kind.as_byte() == b'V' => {}
            _ => {
                let found = std::mem::take(&mut ahead).entry(path, &header)?;
                visit(found, &mut entry)?;
            }
        }
    }
    Ok(())
}

fn damaged(path: &Path, reason: &str) -> ArchiveError {
    ArchiveError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

fn bounded(path: &Path, reader: &mut dyn Read) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    let read = reader.take(LONGEST_NAME + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(damaged(path, &error.to_string())),
        Ok(length) if length as u64 > LONGEST_NAME => {
            Err(damaged(path, "a name of more than 1 MiB"))
        }
        Ok(_) => Ok(bytes),
    }
}

fn long_name(path: &Path, reader: &mut dyn Read) -> Result<Vec<u8>, ArchiveError> {
    let mut name = bounded(path, reader)?;
    let end = name.iter().position(|byte| *byte == 0);
    name.truncate(end.unwrap_or(name.len()));
    Ok(name)
}

/// The contents of special headers that precede their entry.
#[derive(Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    modified: Option<i64>,
    size: Option<u64>,
    sparse: bool,
}

impl Ahead {
    fn read_pax(&mut self, path: &Path, reader: &mut dyn Read) -> Result<(), ArchiveError> {
        let bytes = bounded(path, reader)?;
        for extension in tar::PaxExtensions::new(&bytes) {
            let extension = extension.map_err(|error| damaged(path, &error.to_string()))?;
            let value = extension.value_bytes();
            let text = String::from_utf8_lossy(value);
            match extension.key_bytes() {
                b"path" => self.path = Some(value.to_owned()),
                b"linkpath" => self.link = Some(value.to_owned()),
                b"size" => self.size = text.parse().ok(),
                b"mtime" => {
                    let seconds = text.split('.').next().unwrap_or_default();
                    self.modified = seconds.parse().ok();
                }
                key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn entry(self, archive: &Path, header: &Header) -> Result<Entry, ArchiveError> {
        let unreadable = |error: std::io::Error| damaged(archive, &error.to_string());
        let utf8 = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|error| {
                let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
                damaged(archive, &format!("the name {name:?} is not UTF-8"))
            })
        };
        let size = header.entry_size().map_err(unreadable)?;
        let path = utf8(
            self.path
                .unwrap_or_else(|| header.path_bytes().into_owned()),
        )?;
        let link = self
            .link
            .or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
        let target = utf8(link.unwrap_or_default())?;
        // Otherwise the content's length would be misread, and everything after it.
        if self.sparse || header.entry_type() == EntryType::GNUSparse {
            return Err(damaged(
                archive,
                &format!("{path:?} is a sparse file, which is not supported"),
            ));
        }
        if self.size.is_some_and(|said| said != size) {
            return Err(damaged(archive, &format!("{path:?} has two sizes")));
        }
        Ok(Entry {
            kind: kind(header.entry_type(), &path, target),
            mode: header.mode().map_err(unreadable)? & 0o7777,
            size,
            modified: self
                .modified
                .or_else(|| i64::try_from(header.mtime().ok()?).ok())
                .unwrap_or_default(),
            sha256: None,
            path,
        })
    }
}

fn kind(of: EntryType, path: &str, target: String) -> EntryKind {
    match of {
        // Before directories had a type of their own, a trailing slash marked them.
        EntryType::Regular | EntryType::Continuous if path.ends_with('/') => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => EntryKind::File,
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => EntryKind::Symlink {
            target: Utf8PathBuf::from(target),
        },
        EntryType::Link => EntryKind::Hardlink { target },
        EntryType::Char | EntryType::Block => EntryKind::Special("a device"),
        EntryType::Fifo => EntryKind::Special("a pipe"),
        _ => EntryKind::Special("of an unknown type"),
    }
}
