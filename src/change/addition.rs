//! What a task adds to the run itself instead of changing a host.

use crate::value::Fields;

/// What a task adds to the run itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Addition {
    /// A host of the inventory, or more groups and variables of one that is there (`add_host`).
    Host {
        /// Its name.
        name: String,
        /// Groups it is put into, created if they do not exist.
        groups: Vec<String>,
        /// Its variables, as of the inventory; values are data, not templates.
        variables: Fields,
    },
    /// A group that the task's host is put into, created if it does not exist (`group_by`).
    Group {
        /// Its name.
        name: String,
        /// Groups above it, created if they do not exist.
        parents: Vec<String>,
    },
    /// Values shown after the recap (`set_stats`).
    Stats {
        /// The values by name.
        values: Fields,
        /// Whether they are kept for each host, not once for the run.
        per_host: bool,
        /// Whether they are added to earlier values of the same names, instead of replacing them.
        aggregate: bool,
    },
}
