//! Archives on the controller: read in any format, checked, and sent as plain tar.
//!
//! ```text
//!  file ─► Format::detect ─► Archive (entries with digests) ─► select ─► [what is missing] ─► stream
//! ```
//!
//! [`Store`] keeps the results for all hosts of a run.

mod entry;
mod error;
mod format;
mod index;
mod once;
mod select;
mod store;
mod stream;
mod tar;
mod zip;
mod zstd;

#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryKind};
pub use error::ArchiveError;
pub use format::Format;
pub use index::Archive;
pub use select::{Choice, Selected};
pub use store::Store;
pub use stream::Stream;
