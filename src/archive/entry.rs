//! An entry of an archive, unchecked.

use super::ArchiveError;
use camino::Utf8PathBuf;
use std::io::Read;

/// Called for each entry of an archive, with its content.
pub(super) type Visit<'a> = dyn FnMut(Entry, &mut dyn Read) -> Result<(), ArchiveError> + 'a;

/// An entry of an archive, unchecked: nothing here can be trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as written, which may be absolute or lead upwards.
    pub path: String,
    /// Its kind.
    pub kind: EntryKind,
    /// Permission bits as written, including set-user-ID and the like.
    pub mode: u32,
    /// Bytes of a file's content.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub modified: i64,
    /// SHA-256 of a file's content in lower-case hexadecimal.
    pub sha256: Option<String>,
}

/// The kind of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its target, as written.
        target: Utf8PathBuf,
    },
    /// A hard link to an earlier entry.
    Hardlink {
        /// That entry's path, as written.
        target: String,
    },
    /// Anything that is never unpacked, with a word for it, such as `a device`.
    Special(&'static str),
}
