//! Tasks and roles that are read when a host gets there.

use super::{Keywords, Loop, RoleName};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// `include_tasks` or `include_role`: resolved per host while the play runs, may be looped.
#[derive(Debug, Clone)]
pub struct Include {
    /// Where it starts.
    pub place: Place,
    /// Its name as written.
    pub name: Option<Node>,
    /// The role it stands in.
    pub role: Option<Arc<RoleName>>,
    /// The folder of the file it stands in.
    pub folder: LocalPath,
    /// What is included.
    pub kind: IncludeKind,
    /// Keywords of the include itself; only `vars` and what `apply` gives reach the tasks.
    pub keywords: Keywords,
    /// `apply`: keywords for the included tasks.
    pub apply: Keywords,
    /// `notify` of `apply`: every changed task of what is included notifies these handlers.
    pub apply_notify: Vec<Node>,
    /// `loop`, `with_*`.
    pub repeat: Option<Loop>,
    /// `register`.
    pub register: Option<Node>,
    /// Whether it stands among handlers, so that what it includes are handlers.
    pub handler: bool,
    /// `listen` of an include among handlers.
    pub listen: Vec<Node>,
}

/// What an include reads.
#[derive(Debug, Clone)]
pub enum IncludeKind {
    /// A file of tasks; may hold templates.
    Tasks(Node),
    /// A role.
    Role {
        /// The role's name; may hold templates.
        name: Node,
        /// `tasks_from` and its like, `main` where absent.
        from: Map,
        /// `public`: the role's defaults and vars stay for later tasks.
        public: bool,
        /// Whether it runs though the role ran before with the same parameters.
        allow_duplicates: bool,
        /// Whether the role's arguments are checked against its argument specs.
        rolespec_validate: bool,
    },
}

impl IncludeKind {
    /// Returns where the file or the role is named.
    pub fn place(&self) -> &Place {
        match self {
            Self::Tasks(file) => &file.place,
            Self::Role { name, .. } => &name.place,
        }
    }

    /// Returns the name it has in playbooks.
    pub fn module(&self) -> &'static str {
        match self {
            Self::Tasks(_) => "include_tasks",
            Self::Role { .. } => "include_role",
        }
    }
}
