//! Files of the controller that tasks refer to, and where they are searched.

mod about_template;
mod confined;
pub mod download;
mod folder;
mod programs;
mod sent_file;
mod temporary_folder;

pub use crate::host::Digests;
pub use about_template::about_template;
pub use confined::confined;
pub use folder::{FolderEntry, FolderKind, folder};
pub use programs::{ProgramError, Programs};
pub use sent_file::{ReadError, SentFile, read};
pub use temporary_folder::TemporaryFolder;

use crate::host::unchanged_here;
use crate::source::LocalPath;
use crate::value::NotKnown;
use std::path::Path;

/// The folders in which a task's files are searched, nearest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The folders: of the role, of the tasks file, of the playbook.
    pub folders: Vec<LocalPath>,
}

impl Files {
    /// Returns the first existing path of `FOLDER/KIND/NAME` and `FOLDER/NAME` over all folders;
    /// `kind` is `files`, `templates` or `vars`. An absolute name is used as is. For `files` the
    /// working directory comes last, since paths on the command line (`-e archive=release.tar.gz`)
    /// are relative to it.
    pub fn find(&self, kind: &str, name: &str) -> Result<LocalPath, NotFound> {
        let searched = self.candidates(kind, name);
        let missing = |not_known| NotFound {
            name: name.to_owned(),
            searched: searched.clone(),
            not_known,
        };
        for path in &searched {
            unchanged_here(path).map_err(|reason| missing(Some(reason)))?;
            if path.exists() {
                return Ok(path.clone());
            }
        }
        Err(missing(None))
    }

    /// Returns where a task keeps something on this machine: a relative name counts from the
    /// playbook's folder.
    pub fn kept_at(&self, name: &str) -> LocalPath {
        let playbook = self.folders.last().cloned();
        of_home(name).unwrap_or_else(|| playbook.unwrap_or_else(LocalPath::start).join(name))
    }

    /// Returns the paths that [`Self::find`] tries.
    pub fn candidates(&self, kind: &str, name: &str) -> Vec<LocalPath> {
        if let Some(path) = of_home(name) {
            return vec![path];
        }
        let name = Path::new(name);
        if name.is_absolute() {
            return vec![LocalPath::of(name)];
        }
        let mut paths = Vec::new();
        for folder in &self.folders {
            for path in [folder.join(kind).join(name), folder.join(name)] {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        if kind == "files" {
            paths.push(LocalPath::of(name));
        }
        paths
    }
}

/// Returns the path that a name with `~` means.
fn of_home(name: &str) -> Option<LocalPath> {
    let below = Path::new(name).strip_prefix("~").ok()?;
    Some(LocalPath::of(std::env::home_dir()?).join(below))
}

/// Returns the names in a folder, sorted, without hidden ones; empty if it cannot be read.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// A file that was not found in any of the folders.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no file {name}; searched: {}", searched.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))]
pub struct NotFound {
    /// The name that was searched.
    pub name: String,
    /// Where.
    pub searched: Vec<LocalPath>,
    /// Why it is not known, in check mode, whether it is there.
    pub not_known: Option<NotKnown>,
}

impl NotFound {
    /// Returns what Ansible says of it, which playbooks for Ansible test for.
    pub fn in_words_of_ansible(&self) -> String {
        let searched = self.searched.iter();
        let searched: Vec<_> = searched
            .map(|path| format!("\t{}", path.display()))
            .collect();
        format!(
            "Could not find or access '{}'\nSearched in:\n{} on the Ansible Controller.\nIf you are \
             using a module and expect the file to exist on the remote, see the remote_src option",
            self.name,
            searched.join("\n")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_in_the_folder_of_the_start_after_all_others() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            folders: vec![folder.path().into()],
        };
        let found = |kind: &str| files.find(kind, "Cargo.toml").ok();
        assert_eq!(found("files"), Some("Cargo.toml".into()));
        assert_eq!(found("templates"), None);
        let nearer = LocalPath::of(folder.path().join("Cargo.toml"));
        std::fs::write(&nearer, "").unwrap();
        assert_eq!(found("files"), Some(nearer));
    }
}
