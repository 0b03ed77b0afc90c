//! A host of an inventory.

use super::Variables;
use crate::source::{LocalPath, Place};
use std::sync::Arc;

/// A host of an inventory.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name (`inventory_hostname`).
    pub name: Arc<str>,
    /// The groups it is in, directly or by their children, `all` included, in the order in which
    /// their variables are merged: by depth, priority and name.
    pub groups: Vec<Arc<str>>,
    /// The variables given with it, templates unrendered; its `host_vars` files are not among them.
    pub variables: Arc<Variables>,
    /// The file that names it first (`inventory_file`); none for a host of a comma list.
    pub file: Option<LocalPath>,
    /// Where it is named first.
    pub place: Place,
}
