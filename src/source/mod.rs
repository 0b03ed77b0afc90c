//! Where things were written: files, places in them, and problems that point at a place.

mod file;
mod place;
mod problem;
mod suggest;

pub use file::{SourceFile, VAULT, encrypted};
pub use place::Place;
pub use problem::{Problem, Problems, Result};
pub use suggest::did_you_mean;
