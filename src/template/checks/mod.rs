//! The tests (`is …`), each in the file of its theme; their one list is here.

mod state;

use super::call::{Callable, callable};

/// All tests, sorted by name.
pub(super) const TESTS: &[Callable] = &[
    callable("defined", "?value", state::defined),
    callable("undefined", "?value", state::undefined),
];
