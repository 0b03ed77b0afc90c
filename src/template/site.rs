//! What a template can reach besides its variables.

use crate::files::Programs;
use crate::source::LocalPath;

/// What a template can reach besides its variables.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Folders to search for the files that lookups and `include` name, in this order: a role's
    /// `files` and `templates`, the role, the playbook's folder.
    pub folders: Vec<LocalPath>,
    /// Whether to accept what Ansible only warns about, such as a condition that is not a boolean.
    pub lenient: bool,
    /// Runs the commands of lookups.
    pub programs: Programs,
}

impl Site {
    /// Returns the site for files of one kind, such as `vars`: the folder of that name in each
    /// folder of a role or a playbook comes first.
    #[must_use]
    pub fn preferring(&self, kind: &str) -> Self {
        let within = |folder: &LocalPath| {
            let preferred = folder
                .ends_with("templates")
                .then(|| folder.parent().join(kind));
            preferred.into_iter().chain([folder.clone()])
        };
        Self {
            folders: self.folders.iter().flat_map(within).collect(),
            ..self.clone()
        }
    }
}
