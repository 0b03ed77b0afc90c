//! A role: tasks, handlers, variables and files under one name.

use super::{Item, Keywords};
use crate::source::Place;
use crate::yaml::{Map, Node};
use std::path::PathBuf;
use std::sync::Arc;

/// Which role a task belongs to, and where its files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName {
    /// The name as shown.
    pub name: String,
    /// The role's folder: holds tasks, files, templates, …
    pub folder: PathBuf,
    /// The roles that brought it in, the outermost first.
    pub parents: Vec<String>,
}

/// A role as read from its folder.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name and folder.
    pub name: Arc<RoleName>,
    /// `defaults/main.yml`.
    pub defaults: Map,
    /// `vars/main.yml`.
    pub vars: Map,
    /// `meta/main.yml`'s dependencies, which run before it.
    pub dependencies: Vec<Arc<RoleUse>>,
    /// The options of `meta/argument_specs.yml` for the entry point used, as written.
    pub argument_spec: Option<Node>,
    /// `tasks/main.yml`.
    pub tasks: Vec<Item>,
    /// `handlers/main.yml`.
    pub handlers: Vec<Item>,
    /// Whether it may run more than once in a play with the same parameters.
    pub allow_duplicates: bool,
}

/// A role as a play, a role's dependencies, `import_role` or `include_role` use it.
#[derive(Debug, Clone)]
pub struct RoleUse {
    /// Where it is used.
    pub place: Place,
    /// The role.
    pub role: Arc<Role>,
    /// Keywords given to it (`when`, `tags`, `become`, …); parameters are in `vars`.
    pub keywords: Keywords,
    /// Whether its defaults and vars stay visible to the play's other tasks.
    pub public: bool,
}
