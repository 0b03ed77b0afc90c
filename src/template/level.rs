//! Limits on nesting: of values, and of templates rendered within each other.

use crate::value::{MAX_DEPTH, too_deep};
use minijinja::{Error, ErrorKind};
use std::cell::Cell;
use std::thread::LocalKey;

/// The maximum number of nested templates: variables that refer to others, and lookups of template
/// files.
pub(super) const MAX_TEMPLATES: usize = 100;

/// Returns the error for more templates within each other.
pub(super) fn too_many_templates() -> Error {
    let message = format!("templates are nested more than {MAX_TEMPLATES} levels deep");
    Error::new(ErrorKind::InvalidOperation, message)
}

thread_local! {
    static VALUES: Cell<usize> = const { Cell::new(0) };
    static TEMPLATES: Cell<usize> = const { Cell::new(0) };
}

/// A nesting level of this thread. Recursive code enters each level: a namespace may contain
/// itself, and a template may render itself.
pub(super) struct Level(&'static LocalKey<Cell<usize>>);

impl Level {
    /// Enters a list or a map; fails if the nesting is too deep.
    pub(super) fn enter() -> Result<Self, Error> {
        // A walk may start within another one, as for an error message.
        let deep = || Error::new(ErrorKind::InvalidOperation, too_deep());
        Self::within(&VALUES, 2 * MAX_DEPTH, deep)
    }

    /// Enters a template; fails if the nesting is too deep.
    pub(super) fn of_template() -> Result<Self, Error> {
        Self::within(&TEMPLATES, MAX_TEMPLATES, too_many_templates)
    }

    fn within(
        depth: &'static LocalKey<Cell<usize>>,
        limit: usize,
        error: impl Fn() -> Error,
    ) -> Result<Self, Error> {
        if depth.get() >= limit {
            return Err(error());
        }
        depth.set(depth.get() + 1);
        Ok(Self(depth))
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
