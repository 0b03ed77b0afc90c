//! One entry of an archive, as the archive has it.

use super::ArchiveError;
use camino::Utf8PathBuf;
use std::io::Read;

/// What is called for each entry of an archive, with its content.
pub(super) type Visit<'a> = dyn FnMut(Entry, &mut dyn Read) -> Result<(), ArchiveError> + 'a;

/// One entry of an archive, as the archive has it: nothing here is trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as written, which may be absolute or lead upwards.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits as written, set-user-id and the like included.
    pub mode: u32,
    /// Bytes of a file's content.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub modified: i64,
    /// SHA-256 of a file's content in lower-case hexadecimal.
    pub sha256: Option<String>,
}

/// What an entry of an archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it points, as written.
        target: Utf8PathBuf,
    },
    /// Another name of an earlier entry.
    Hardlink {
        /// That entry's path, as written.
        target: String,
    },
    /// Something that is never unpacked, with the word for it, such as `a device`.
    Special(&'static str),
}
