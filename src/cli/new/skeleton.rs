//! The files that `rmqplay new` creates.

use super::name::Name;
use crate::source::{Problem, Result};
use std::fs::{OpenOptions, create_dir_all};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The placeholder for the name in paths and contents.
const NAME: &str = "newname";

/// Files with their paths below a folder; [`NAME`] is replaced in both.
pub(super) struct Skeleton(&'static [(&'static str, &'static str)]);

macro_rules! files {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        Skeleton(&[$(($path, include_str!(concat!($folder, "/", $path)))),+])
    };
}

/// A project, without the file that git would treat as part of this repository.
pub(super) const PROJECT: Skeleton = files!(
    "project":
    "README.md",
    "gitignore",
    "site.yml",
    "inventory.yml",
    "hosts.rhai",
    "roles/newname/defaults/main.yml",
    "roles/newname/tasks/main.rhai",
    "roles/newname/handlers/main.rhai",
    "roles/newname/tests/newname.yml",
    "library/property.rhai",
    "filters/megabytes.rhai",
    "facts/release.rhai",
    "tests/property.yml",
    "tests/megabytes.yml",
);

/// A role.
pub(super) const ROLE: Skeleton = files!(
    "role": "defaults/main.yml", "tasks/main.rhai", "tests/newname.yml",
);

/// A module.
pub(super) const MODULE: Skeleton = files!("module": "library/newname.rhai", "tests/newname.yml");

/// A filter.
pub(super) const FILTER: Skeleton = files!("filter": "filters/newname.rhai", "tests/newname.yml");

impl Skeleton {
    /// Returns the paths of its files in a folder.
    pub(super) fn paths(&self, folder: &Path, name: &Name) -> Vec<PathBuf> {
        let paths = self.0.iter();
        paths
            .map(|(path, _)| in_folder(folder, path, name))
            .collect()
    }

    /// Creates its files in a folder, and returns their paths; an existing file is not changed and
    /// is a problem.
    pub(super) fn make(&self, folder: &Path, name: &Name) -> Result<Vec<PathBuf>> {
        for (path, content) in self.0 {
            let path = in_folder(folder, path, name);
            write(&path, &content.replace(NAME, name.as_str())).map_err(|error| {
                Problem::new(format!("cannot make {}: {error}", path.display()))
            })?;
        }
        Ok(self.paths(folder, name))
    }
}

fn in_folder(folder: &Path, path: &str, name: &Name) -> PathBuf {
    match path {
        "gitignore" => folder.join(".gitignore"),
        path => folder.join(path.replace(NAME, name.as_str())),
    }
}

fn write(path: &Path, content: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(content.as_bytes())
}
