//! What a template may reach besides its variables.

use crate::files::Programs;
use crate::source::LocalPath;

/// What a template may reach besides its variables.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Searched in this order for the files that lookups and `include` name: a role's `files` and
    /// `templates`, the role, the playbook's folder.
    pub folders: Vec<LocalPath>,
    /// Whether what Ansible only warns of is accepted, such as a condition that is no boolean.
    pub lenient: bool,
    /// Runs the commands of lookups.
    pub programs: Programs,
}
