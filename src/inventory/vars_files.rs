//! The files below `group_vars` and `host_vars`, each read once.

use super::{VariableLayer, Variables, connection_variables, entries, variable_name};
use crate::source::{Problem, Problems, Result, SourceFile, shown};
use crate::yaml;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The extensions of files of variables; no extension comes first, so a folder wins over a file.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// The files below `group_vars` and `host_vars`, each read once.
#[derive(Debug, Default)]
pub(super) struct VarsFiles {
    folders: Mutex<HashMap<PathBuf, Arc<BTreeSet<String>>>>,
    layers: Mutex<HashMap<PathBuf, Arc<[VariableLayer]>>>,
}

impl VarsFiles {
    /// Returns the variables of the group or host `name` in `folder` (a `group_vars` or
    /// `host_vars`), lowest precedence first: those of `name`, `name.yml`, `name.yaml` or
    /// `name.json`, or of every such file below the folder `name`.
    pub(super) fn layers(&self, folder: &Path, name: &str) -> Result<Arc<[VariableLayer]>> {
        let path = folder.join(name);
        if let Some(layers) = locked(&self.layers).get(&path) {
            return Ok(layers.clone());
        }
        let files = self.files(folder, name)?;
        if files.is_empty() {
            return Ok(Arc::default());
        }
        let mut problems = Problems::default();
        let layers: Vec<VariableLayer> = files
            .iter()
            .filter_map(|path| problems.take(read(path)))
            .collect();
        let layers: Arc<[VariableLayer]> = problems.or(layers)?.into();
        locked(&self.layers).insert(path, layers.clone());
        Ok(layers)
    }

    fn files(&self, folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
        let present = self.names_in(folder)?;
        let mut found = ENDINGS
            .iter()
            .map(|ending| format!("{name}{ending}"))
            .filter(|file| present.contains(file))
            .map(|file| folder.join(file));
        let Some(path) = found.next() else {
            return Ok(Vec::new());
        };
        for other in found {
            // Ansible is silent here, although the file looks as if it were used.
            let (other, path) = (other.display(), path.display());
            tracing::warn!("{other} is ignored because {path} comes first");
        }
        let mut files = Vec::new();
        if path.is_dir() {
            add_files_below(&path, &mut files)?;
        } else {
            files.push(path);
        }
        Ok(files)
    }

    fn names_in(&self, folder: &Path) -> Result<Arc<BTreeSet<String>>> {
        if let Some(names) = locked(&self.folders).get(folder) {
            return Ok(names.clone());
        }
        let names = Arc::new(if folder.is_dir() {
            names_in(folder)?
        } else {
            BTreeSet::new()
        });
        locked(&self.folders).insert(folder.to_owned(), names.clone());
        Ok(names)
    }
}

/// A panic elsewhere leaves the map intact.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the names in a folder, sorted.
pub(super) fn names_in(folder: &Path) -> Result<BTreeSet<String>> {
    let problem = |error: std::io::Error| {
        Problems::from(Problem::new(format!(
            "cannot read {}: {error}",
            folder.display()
        )))
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(problem)? {
        names.insert(
            entry
                .map_err(problem)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    Ok(names)
}

/// Adds the files of variables below a folder, sorted by name; skips hidden files, backups
/// (`name~`), other extensions and folders with an extension.
fn add_files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for name in names_in(folder)? {
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let path = folder.join(&name);
        let ending = name
            .rfind('.')
            .and_then(|dot| name.get(dot..))
            .unwrap_or_default();
        if path.is_dir() {
            if ending.is_empty() {
                add_files_below(&path, files)?;
            }
        } else if ENDINGS.contains(&ending) {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns the variables of a file.
fn read(path: &Path) -> Result<VariableLayer> {
    let file = SourceFile::read(path)?;
    let node = yaml::read(&file)?;
    let Some(entries) = entries(&node) else {
        return Err(node.unexpected("a file of variables", "a mapping").into());
    };
    let mut problems = Problems::default();
    let mut variables = Variables::new();
    for (name, value) in entries {
        let Some(name) = problems.take(variable_name(name).map_err(Problems::from)) else {
            continue;
        };
        if let Some(meant) = connection_variables::probably_meant(&name) {
            let place = &value.place;
            tracing::warn!("{place}: \"{name}\" is not a connection variable: \"{meant}\"?");
        }
        variables.insert(name, value.clone());
    }
    let origin = shown(path).to_string();
    problems.or(VariableLayer {
        origin,
        variables: Arc::new(variables),
    })
}
