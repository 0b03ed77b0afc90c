//! A host of an inventory.

use super::Variables;
use crate::source::{LocalPath, Place};
use std::sync::Arc;

/// A host of an inventory.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name (`inventory_hostname`).
    pub name: Arc<str>,
    /// The groups it is in, directly or through child groups, including `all`, in the order in
    /// which their variables are merged: by depth, priority and name.
    pub groups: Vec<Arc<str>>,
    /// Its own variables, with unrendered templates; those of its `host_vars` files are separate.
    pub variables: Arc<Variables>,
    /// The file that first names it (`inventory_file`); `None` for a host of a comma list.
    pub file: Option<LocalPath>,
    /// The comma list that names it first, as written; none for a host of a file.
    pub list: Option<Arc<str>>,
    /// Whether it is this machine, which no source names: then it is not one of `all`.
    pub implicit: bool,
    /// Where it is first named.
    pub place: Place,
}
