//! A role: tasks, handlers, variables and files under one name.

use super::load::RoleFiles;
use super::{Item, Keywords};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::path::Path;
use std::sync::Arc;

/// The role of a task, and the place of its files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleName {
    /// The name as shown.
    pub name: String,
    /// The role's folder, which contains tasks, files, templates, …
    pub folder: LocalPath,
    /// The roles that depend on it or include it, outermost first.
    pub parents: Vec<String>,
    /// Their folders, in the same order.
    pub parent_folders: Vec<LocalPath>,
}

impl RoleName {
    /// Returns the role `name` in `folder`, used by the role `outer`. If the name is a path, its
    /// last part is shown.
    pub fn within(outer: Option<&RoleName>, name: &str, folder: LocalPath) -> Self {
        let last = Path::new(name).file_name();
        let mut parents = outer.map_or_else(Vec::new, |role| role.parents.clone());
        parents.extend(outer.map(|role| role.name.clone()));
        let mut parent_folders = outer.map_or_else(Vec::new, |role| role.parent_folders.clone());
        parent_folders.extend(outer.map(|role| role.folder.clone()));
        Self {
            name: last.map_or_else(|| name.to_owned(), |last| last.to_string_lossy().into()),
            folder,
            parents,
            parent_folders,
        }
    }
}

/// A role as loaded from its folder.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name and folder.
    pub name: Arc<RoleName>,
    /// Which of its files are used instead of `main`.
    pub files: RoleFiles,
    /// `defaults/main.yml`.
    pub defaults: Map,
    /// `vars/main.yml`.
    pub vars: Map,
    /// The dependencies in `meta/main.yml`, which run before it.
    pub dependencies: Vec<Arc<RoleUse>>,
    /// The entry point used, and its unparsed entry in `meta/argument_specs.yml`.
    pub argument_spec: Option<(String, Node)>,
    /// `tasks/main.yml`.
    pub tasks: Vec<Item>,
    /// `handlers/main.yml`.
    pub handlers: Vec<Item>,
    /// Whether it may run more than once in a play with the same parameters.
    pub allow_duplicates: bool,
}

/// The use of a role by a play, a role's dependencies, `import_role` or `include_role`.
#[derive(Debug, Clone)]
pub struct RoleUse {
    /// Where it is used.
    pub place: Place,
    /// The role.
    pub role: Arc<Role>,
    /// Its keywords (`when`, `tags`, `become`, `vars`, …).
    pub keywords: Keywords,
    /// Other keys of an entry of `roles`: variables that win over `set_fact`.
    pub parameters: Map,
    /// Whether its defaults and vars are visible to the play's other tasks.
    pub public: bool,
    /// Whether it runs even if the role has run with the same parameters.
    pub allow_duplicates: bool,
    /// Whether its arguments are checked against the role's argument specs.
    pub rolespec_validate: bool,
}
