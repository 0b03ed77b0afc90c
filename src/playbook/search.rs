//! Where the files that tasks name are searched.

use super::{Include, RoleName, Task};
use crate::files::Files;
use crate::source::LocalPath;

/// Returns where files named in `folder` are searched, in Ansible's order: the role, the roles that
/// use it (nearest first), `folder` itself, the playbook's folder.
pub fn search_folders(
    role: Option<&RoleName>,
    folder: &LocalPath,
    play_folder: &LocalPath,
) -> Files {
    let mut folders: Vec<LocalPath> = Vec::new();
    if let Some(role) = role {
        folders.push(role.folder.clone());
        folders.extend(role.parent_folders.iter().rev().cloned());
    }
    folders.extend([folder.to_owned(), play_folder.to_owned()]);
    let mut seen: Vec<LocalPath> = Vec::new();
    folders.retain(|folder| {
        let new = !seen.contains(folder);
        seen.push(folder.clone());
        new
    });
    Files { folders }
}

impl Task {
    /// Returns where the task's files are searched.
    pub fn files(&self, play_folder: &LocalPath) -> Files {
        search_folders(self.role.as_deref(), &self.folder, play_folder)
    }
}

impl Include {
    /// Returns where the files of the include's own keywords are searched.
    pub fn files(&self, play_folder: &LocalPath) -> Files {
        search_folders(self.role.as_deref(), &self.folder, play_folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_in_the_role_first_and_beside_the_playbook_last() {
        let outer = RoleName::within(None, "site", "roles/site".into());
        let role = RoleName::within(Some(&outer), "web", "roles/web".into());
        let files = search_folders(Some(&role), &"roles/web/tasks".into(), &"books".into());
        let shown: Vec<_> = files
            .folders
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            shown,
            ["roles/web", "roles/site", "roles/web/tasks", "books"]
        );
    }
}
