//! Why an archive cannot be used.

use crate::host::HostError;
use std::path::PathBuf;

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It could not be opened.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The archive.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// It has no known format.
    #[error("{} is not a supported archive (expected tar, plain or with gzip, bzip2, xz or zstd, or zip)", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// It is truncated or contradicts itself.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// An entry is dangerous, or of a kind that is not unpacked.
    #[error("{archive} is refused: its entry {entry:?} {reason}")]
    Refused {
        /// The archive's name.
        archive: String,
        /// The entry's path as written in the archive.
        entry: String,
        /// What is wrong with it, such as `is a device`.
        reason: String,
    },
    /// A limit of the task was reached while reading it.
    #[error(transparent)]
    Limit(#[from] HostError),
    /// The stream for the hosts could not be written on the controller.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}
