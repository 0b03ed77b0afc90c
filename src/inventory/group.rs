//! A group of hosts.

use super::Variables;
use crate::source::Place;
use indexmap::IndexSet;
use std::sync::Arc;

/// A group of hosts.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Its direct child groups, in the order they were given.
    pub children: IndexSet<Arc<str>>,
    /// Its direct hosts, in the order they were given.
    pub hosts: IndexSet<Arc<str>>,
    /// The variables of its `vars`, with unrendered templates; those of its `group_vars` files are
    /// separate.
    pub variables: Arc<Variables>,
    /// `ansible_group_priority`: of groups with the same depth, the one with the higher priority
    /// wins.
    pub priority: i64,
    /// The length of the longest path to `all`; a deeper group wins.
    pub depth: usize,
    /// Where it is first named; `None` for `all` and `ungrouped` if no file names them.
    pub place: Option<Place>,
}

impl Group {
    /// Returns an empty group.
    pub(super) fn new(name: Arc<str>, place: Option<Place>) -> Self {
        Self {
            name,
            children: IndexSet::new(),
            hosts: IndexSet::new(),
            variables: Arc::default(),
            priority: 1,
            depth: 0,
            place,
        }
    }
}
