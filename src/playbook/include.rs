//! Tasks and roles that are read when a host reaches them.

use super::{Keywords, Loop, RoleName};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// `include_tasks` or `include_role`: resolved per host while the play runs, optionally in a loop.
#[derive(Debug, Clone)]
pub struct Include {
    /// Its place.
    pub place: Place,
    /// Its name as written.
    pub name: Option<Node>,
    /// The role that contains it.
    pub role: Option<Arc<RoleName>>,
    /// The folder of the file that contains it.
    pub folder: LocalPath,
    /// What is included.
    pub kind: IncludeKind,
    /// Keywords of the include itself; only `vars` and the contents of `apply` reach the tasks.
    pub keywords: Keywords,
    /// `apply`: keywords for the included tasks.
    pub apply: Keywords,
    /// `notify` of `apply`: every changed task in the include notifies these handlers.
    pub apply_notify: Vec<Node>,
    /// `loop`, `with_*`.
    pub repeat: Option<Loop>,
    /// `register`.
    pub register: Option<Node>,
    /// Whether it is among handlers, so that it includes handlers.
    pub handler: bool,
    /// `listen` of an include among handlers.
    pub listen: Vec<Node>,
}

/// What an include reads.
#[derive(Debug, Clone)]
pub enum IncludeKind {
    /// A file of tasks; may contain templates.
    Tasks(Node),
    /// A role.
    Role {
        /// The role's name; may contain templates.
        name: Node,
        /// `tasks_from` and the like; `main` if missing.
        from: Map,
        /// `public`: the role's defaults and vars are kept for later tasks.
        public: bool,
        /// Whether it runs even if the role has run with the same parameters.
        allow_duplicates: bool,
        /// Whether the role's arguments are checked against its argument specs.
        rolespec_validate: bool,
    },
}

impl IncludeKind {
    /// Returns the place of the file's or role's name.
    pub fn place(&self) -> &Place {
        match self {
            Self::Tasks(file) => &file.place,
            Self::Role { name, .. } => &name.place,
        }
    }

    /// Returns its module name in playbooks.
    pub fn module(&self) -> &'static str {
        match self {
            Self::Tasks(_) => "include_tasks",
            Self::Role { .. } => "include_role",
        }
    }
}
