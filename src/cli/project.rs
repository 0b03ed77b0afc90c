//! A project's extensions: scripts beside its playbooks, in its roles and in the user's
//! configuration.

use super::registry;
use crate::files::names_in;
use crate::module::{Entry, Registry};
use crate::playbook::{Level, keyword_names};
use crate::script;
use crate::source::{LocalPath, Problem, Problems, Result, shown};
use crate::template::{Engine, Extension, Extensions};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folders that may contain `library`, `facts` and `filters`, nearest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    roots: Vec<LocalPath>,
}

impl Project {
    /// Returns the project of playbooks in these folders, with the roles beside them and in the
    /// additional folders, and the user's own extensions.
    pub fn of(
        playbooks: impl IntoIterator<Item = impl Into<LocalPath>>,
        roles_path: &[LocalPath],
        user: Option<LocalPath>,
    ) -> Self {
        let mut playbook_folders: Vec<LocalPath> = Vec::new();
        for folder in playbooks {
            let folder = folder.into();
            if !playbook_folders.contains(&folder) {
                playbook_folders.push(folder);
            }
        }
        let mut roles: Vec<LocalPath> = Vec::new();
        for folder in &playbook_folders {
            roles.push(folder.join("roles"));
            roles.push(folder.parent().join("roles"));
        }
        roles.extend(roles_path.iter().cloned());
        let mut seen = BTreeSet::new();
        let mut roots = playbook_folders;
        for folder in roles {
            // Of two roles with the same name, the first one is used.
            for name in names_in(&folder) {
                if seen.insert(name.clone()) {
                    roots.push(folder.join(name));
                }
            }
        }
        roots.extend(user);
        Self { roots }
    }

    /// Returns all modules: built-in ones, and those of the project.
    pub fn registry(&self) -> Result<Registry> {
        let mut registry = registry();
        let mut problems = Problems::default();
        for root in &self.roots {
            for path in scripts(&root.join("library")) {
                if let Some(entry) = problems.take(script::module::read(&path, root)) {
                    problems.0.extend(add(&mut registry, entry, &path));
                }
            }
        }
        let scripts = self.facts(&mut problems);
        if let (false, Some(setup)) = (scripts.is_empty(), registry.get("setup").cloned()) {
            registry.insert(script::module::facts::gathered(setup, scripts));
        }
        problems.or(registry)
    }

    /// Reads the facts; of files with the same name, the nearest wins.
    fn facts(&self, problems: &mut Problems) -> Vec<Arc<script::Program>> {
        let mut seen = BTreeSet::new();
        let mut read = Vec::new();
        for root in &self.roots {
            for path in scripts(&root.join("facts")) {
                if seen.insert(path.file_name().map(ToOwned::to_owned)) {
                    read.extend(problems.take(script::module::facts::read(&path, root)));
                }
            }
        }
        read
    }

    /// Returns the files with cases of `rmqplay test`.
    pub fn cases(&self) -> Vec<LocalPath> {
        let folders = self.roots.iter().map(|root| root.join("tests"));
        let files = folders.flat_map(|folder| {
            let names = names_in(&folder).into_iter();
            names.map(move |name| folder.join(name))
        });
        let is_yaml = |path: &LocalPath| {
            path.extension()
                .is_some_and(|end| end == "yml" || end == "yaml")
        };
        files.filter(is_yaml).collect()
    }

    /// Returns the filters and tests of the project; of files with the same name, the nearest wins.
    pub fn extensions(&self) -> Result<Extensions> {
        let mut all = Extensions::default();
        let mut problems = Problems::default();
        for root in &self.roots {
            for path in scripts(&root.join("filters")) {
                let Some(read) = problems.take(script::filters::read(&path, root)) else {
                    continue;
                };
                let mut add = |list: &mut Vec<Extension>,
                               new: Vec<Extension>,
                               what,
                               known: fn(&str) -> bool| {
                    for extension in new {
                        let name = &extension.name;
                        if known(name) {
                            let path = path.display();
                            let message = format!("{path}: there is a built-in {what} \"{name}\"");
                            problems.push(Problem::new(message));
                        } else if !list.iter().any(|known| known.name == *name) {
                            list.push(extension);
                        }
                    }
                };
                add(&mut all.filters, read.filters, "filter", Engine::has_filter);
                add(&mut all.tests, read.tests, "test", Engine::has_test);
            }
        }
        problems.or(all)
    }
}

/// Returns the folder of the user's own configuration.
pub fn user_folder() -> Option<LocalPath> {
    let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let usual = || Some(std::env::home_dir()?.join(".config"));
    Some(LocalPath::of(given.or_else(usual)?).join("rmqplay"))
}

/// Returns the given folder of playbooks, which must exist.
pub(super) fn playbook_folder(given: &LocalPath) -> Result<&LocalPath> {
    if given.is_dir() {
        return Ok(given);
    }
    Err(Problem::new(format!("there is no folder {given}")).into())
}

/// Returns the folders that contain the playbooks.
pub fn folders_of(playbooks: &[LocalPath]) -> impl Iterator<Item = LocalPath> {
    playbooks.iter().map(LocalPath::parent)
}

/// Returns the folder of the first playbook.
pub(super) fn first_folder(playbooks: &[LocalPath]) -> LocalPath {
    folders_of(playbooks)
        .next()
        .unwrap_or_else(LocalPath::start)
}

/// Returns the scripts in a folder, sorted by name.
fn scripts(folder: &LocalPath) -> Vec<LocalPath> {
    let names = names_in(folder).into_iter();
    let paths = names.map(|name| folder.join(name));
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "rhai"))
        .collect()
}

/// Returns why a module cannot have this name, because tasks or scripts use it otherwise.
pub(super) fn reserved(name: &str) -> Option<&'static str> {
    if keyword_names(Level::Task).any(|keyword| keyword == name) {
        return Some("that is a keyword of tasks");
    }
    let is_function =
        script::role::FUNCTIONS.contains(&name) || script::built_in_functions().contains(name);
    is_function.then_some("that is a function of scripts")
}

/// Adds a module; a nearer one with the same name wins, and none may silently hide another one of
/// the project.
fn add(registry: &mut Registry, entry: Entry, path: &Path) -> Option<Problem> {
    let name = &entry.name;
    let refused = |why: String| {
        let message = format!(
            "{}: the module cannot be called \"{name}\": {why}",
            path.display()
        );
        Some(Problem::new(message).help("rename the file".to_owned()))
    };
    if let Some(why) = reserved(name) {
        return refused(why.to_owned());
    }
    let known = registry.get(name).map(|known| known.file.clone());
    match known {
        None => registry.insert(entry),
        Some(None) => return refused("there is a built-in module of that name".to_owned()),
        Some(Some(_)) if user_folder().is_some_and(|user| path.starts_with(user)) => {}
        Some(Some(other)) => return refused(format!("{} has that name", shown(&other))),
    }
    None
}
