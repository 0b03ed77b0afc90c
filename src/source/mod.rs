//! Source texts: files, places in them, and problems that point to a place.

mod file;
mod local_path;
mod place;
mod printable;
mod problem;
pub mod regular;
mod replacement;
mod suggest;

pub use file::{SourceFile, decrypted, is_encrypted, undecrypted};
pub use local_path::{LocalPath, shown};
pub use place::Place;
pub use printable::{indented, on_one_line, printable};
pub use problem::{Problem, Problems, Result};
pub use replacement::Replacement;
pub use suggest::did_you_mean;

/// A parser of bytes from outside, with its name: tests call it with arbitrary ones.
pub type Reader = (&'static str, fn(&[u8]));
