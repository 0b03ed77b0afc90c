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
    /// The groups directly in it, in the order they were given.
    pub children: IndexSet<Arc<str>>,
    /// The hosts directly in it, in the order they were given.
    pub hosts: IndexSet<Arc<str>>,
    /// The variables of its `vars`, templates unrendered; its `group_vars` files are not among them.
    pub variables: Arc<Variables>,
    /// `ansible_group_priority`: of groups equally deep, one of a higher priority wins.
    pub priority: i64,
    /// How many groups are above it, by the longest way to `all`; a deeper group wins.
    pub depth: usize,
    /// Where it is named first; none for `all` and `ungrouped` where no file names them.
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
