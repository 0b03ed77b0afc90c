//! Where the files that tasks name are looked for.

use super::RoleName;
use std::path::{Path, PathBuf};

/// From where a file is looked for.
#[derive(Debug, Clone, Copy)]
pub struct SearchFrom<'a> {
    /// The role the task stands in.
    pub role: Option<&'a RoleName>,
    /// The folder of the file the task stands in.
    pub folder: &'a Path,
    /// The folder of the playbook the play stands in.
    pub play_folder: &'a Path,
}

impl SearchFrom<'_> {
    /// Returns where the file `name` may be, in Ansible's order: the role, the roles that brought
    /// it in (the nearest first), the task's own folder, the playbook's; in each first below
    /// `subfolder` (`files`, `templates`, `vars`, `tasks`), then directly.
    ///
    /// An absolute path is its only candidate.
    pub fn candidates(&self, subfolder: &str, name: &str) -> Vec<PathBuf> {
        let name = Path::new(name);
        if name.is_absolute() {
            return vec![name.to_owned()];
        }
        let roles = self.role.iter().flat_map(|role| {
            let parents = role.parent_folders.iter().rev();
            std::iter::once(&role.folder).chain(parents)
        });
        let folders = roles
            .map(PathBuf::as_path)
            .chain([self.folder, self.play_folder]);
        let mut found = Vec::new();
        for folder in folders {
            let below = folder.join(subfolder).join(name);
            let direct = folder.join(name);
            let named = name.starts_with(subfolder);
            for path in (!named).then_some(below).into_iter().chain([direct]) {
                if !found.contains(&path) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Returns the first candidate that exists on this machine.
    pub fn find(&self, subfolder: &str, name: &str) -> Option<PathBuf> {
        self.candidates(subfolder, name)
            .into_iter()
            .find(|path| path.exists())
    }
}

/// Returns the folder that holds `folder`; `..` where the path does not tell.
pub(super) fn parent(folder: &Path) -> PathBuf {
    match folder.file_name() {
        Some(_) => folder.parent().unwrap_or(Path::new("")).to_owned(),
        None if folder.has_root() => folder.to_owned(),
        None => folder.join(".."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_in_the_role_first_and_beside_the_playbook_last() {
        let role = RoleName {
            name: "web".into(),
            folder: "roles/web".into(),
            parents: vec!["site".into()],
            parent_folders: vec!["roles/site".into()],
        };
        let from = SearchFrom {
            role: Some(&role),
            folder: Path::new("roles/web/tasks"),
            play_folder: Path::new("books"),
        };
        let shown = |name| {
            let candidates = from.candidates("files", name);
            candidates
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            shown("a"),
            "roles/web/files/a roles/web/a roles/site/files/a roles/site/a \
             roles/web/tasks/files/a roles/web/tasks/a books/files/a books/a"
        );
        assert_eq!(shown("/a"), "/a");
        assert_eq!(
            shown("files/a"),
            "roles/web/files/a roles/site/files/a roles/web/tasks/files/a books/files/a"
        );
    }

    #[test]
    fn the_parent_of_a_folder_keeps_the_path_as_the_user_wrote_it() {
        for (folder, expected) in [
            ("a/b", "a"),
            ("a", ""),
            ("", ".."),
            (".", ".."),
            ("..", "../.."),
            ("/a", "/"),
            ("/", "/"),
        ] {
            let components: PathBuf = parent(Path::new(folder)).components().collect();
            let shown = components.display().to_string();
            assert_eq!(shown.trim_start_matches("./"), expected, "{folder}");
        }
    }
}
