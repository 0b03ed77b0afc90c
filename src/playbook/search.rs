//! Where the files that tasks name are searched.

use super::{Include, RoleName, Task};
use crate::files::{Files, NotFound};
use crate::source::LocalPath;
use crate::yaml::Node;

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

/// Returns the file that an entry of a play's `vars_files` names, of a list the first one that is there;
/// `None` if its name is not certain.
pub fn variables_file(
    entry: &Node,
    play_folder: &LocalPath,
) -> Option<Result<LocalPath, NotFound>> {
    let choices = entry.as_list().unwrap_or(std::slice::from_ref(entry));
    let names: Option<Vec<_>> = choices.iter().map(Node::as_text).collect();
    let names = names.filter(|names| !names.is_empty() && !entry.has_template())?;
    let search = search_folders(None, play_folder, play_folder);
    let mut missing = None;
    for name in &names {
        match search.find("vars", name) {
            Ok(path) => return Some(Ok(path)),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    let name = names.join("\", \"");
    missing.map(|first| Err(NotFound { name, ..first }))
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
