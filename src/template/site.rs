//! What a template may reach besides its variables.

use crate::source::LocalPath;

/// What a template may reach besides its variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Searched in this order for the files that lookups and `include` name: a role's `files` and
    /// `templates`, the role, the playbook's folder.
    pub folders: Vec<LocalPath>,
    /// Whether what Ansible only warns of is accepted, such as a condition that is no boolean.
    pub lenient: bool,
}
