//! The context in which tasks are read.

use crate::files::NotFound;
use crate::playbook::{Include, RoleName, Script, search_folders};
use crate::source::{LocalPath, Place, Problem, Result};
use std::sync::Arc;

/// What names a file of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// `include_tasks`.
    ByInclude,
    /// `import_tasks` or a role.
    ByImport,
}

/// The context of tasks: their role, folders, and the files that led to them.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// The folder of the playbook that contains the play.
    pub(super) play_folder: LocalPath,
    /// The folder of the file being read.
    pub(super) folder: LocalPath,
    /// The role the tasks belong to.
    pub(super) role: Option<Arc<RoleName>>,
    /// Whether the tasks are handlers.
    pub(super) handlers: bool,
    /// The files and roles being read, and where each was named.
    pub(super) chain: Vec<(LocalPath, Place)>,
}

impl Scope {
    pub(super) fn of_include(include: &Include, play_folder: &LocalPath) -> Self {
        Self {
            play_folder: play_folder.clone(),
            folder: include.folder.clone(),
            role: include.role.clone(),
            handlers: include.handler,
            chain: Vec::new(),
        }
    }

    pub(super) fn of_folder(folder: &LocalPath) -> Self {
        Self {
            play_folder: folder.clone(),
            folder: folder.clone(),
            role: None,
            handlers: false,
            chain: Vec::new(),
        }
    }

    pub(super) fn of_script(script: &Script, play_folder: &LocalPath) -> Self {
        Self {
            play_folder: play_folder.clone(),
            folder: script.folder.clone(),
            role: script.role.clone(),
            handlers: script.handlers,
            chain: Vec::new(),
        }
    }

    /// Returns the scope for reading `path`, named at `place`, or a problem if `path` is already
    /// being read.
    pub(super) fn enter(&self, path: &LocalPath, place: &Place) -> Result<Self> {
        if let Some(start) = self.chain.iter().position(|(other, _)| other == path) {
            let mut problem = Problem::at(place, format!("{} imports itself", path.display()))
                .label("imported again here");
            for (path, place) in self.chain.iter().skip(start) {
                problem = problem.related(place, format!("{} is imported here", path.display()));
            }
            return Err(problem.into());
        }
        let mut scope = self.clone();
        scope.chain.push((path.clone(), place.clone()));
        Ok(scope)
    }

    /// Returns the path of the tasks file `name`, searched next to the file that names it, in the
    /// role and next to the playbook.
    pub(super) fn find_tasks(&self, name: &str, place: &Place, named: Named) -> Result<LocalPath> {
        let searched = self.paths_of_tasks(name, named);
        match searched.iter().find(|path| path.is_file()) {
            Some(path) => Ok(path.clone()),
            None => {
                let missing = NotFound {
                    name: name.to_owned(),
                    searched,
                    not_known: None,
                };
                Err(missing_file("tasks file", place, &missing).into())
            }
        }
    }

    /// Returns where the tasks file `name` is searched. As in Ansible, a file that a role includes is
    /// first searched in the role's `tasks` or `handlers`, and one that it imports beside the file
    /// that imports it.
    pub(super) fn paths_of_tasks(&self, name: &str, named: Named) -> Vec<LocalPath> {
        let files = search_folders(self.role.as_deref(), &self.folder, &self.play_folder);
        let kind = if self.handlers { "handlers" } else { "tasks" };
        let of_role = self
            .role
            .as_ref()
            .filter(|_| named == Named::ByInclude)
            .map(|role| role.folder.join(kind).join(name));
        let beside = self.folder.join(name);
        let handlers = self.handlers.then(|| files.candidates("handlers", name));
        let mut paths: Vec<_> = of_role.into_iter().chain([beside]).collect();
        paths.extend(handlers.into_iter().flatten());
        paths.extend(files.candidates("tasks", name));
        let mut once = Vec::new();
        for path in paths {
            if !once.contains(&path) {
                once.push(path);
            }
        }
        once
    }
}

/// Returns the problem for a missing file named at `place`.
pub(in crate::playbook) fn missing_file(what: &str, place: &Place, missing: &NotFound) -> Problem {
    let mut folders: Vec<String> = Vec::new();
    for path in &missing.searched {
        let shown = path.parent().to_string();
        if !folders.contains(&shown) {
            folders.push(shown);
        }
    }
    Problem::at(place, format!("there is no {what} \"{}\"", missing.name))
        .label("not found")
        .help(format!("searched in {}", folders.join(", ")))
}
