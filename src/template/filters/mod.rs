//! The filters, each in the file of its theme; their one list is here.

mod choice;

use super::call::{Callable, callable};

/// All filters, sorted by name.
pub(super) const FILTERS: &[Callable] = &[
    callable("d", "?value default_value boolean", choice::default),
    callable("default", "?value default_value boolean", choice::default),
    callable("mandatory", "?value msg", choice::mandatory),
    callable(
        "ternary",
        "value true_val false_val none_val",
        choice::ternary,
    ),
];
