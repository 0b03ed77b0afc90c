//! Loads files into plays, tasks and roles; reports every mistake, not only the first.

mod action;
mod cache;
mod call;
mod import;
mod include;
mod item;
mod key_value;
mod keywords;
mod play;
mod playbook;
mod repeat;
mod role;
mod role_use;
mod scope;
mod script;
mod script_options;
mod task;
mod tasks_file;
mod variables_file;

use super::{Include, Item, Playbook, Role, RoleName, Unread};
use crate::source::{LocalPath, Place, Problem, Problems, Result, SourceFile};
use crate::yaml::{self, Node};
pub use action::VARIABLE;
pub(super) use action::short_name;
use cache::Cache;
pub use role::RoleFiles;
pub(super) use scope::missing_file;
use scope::{Named, Scope};
pub use script_options::TaskOptions;
use std::path::Path;
use std::sync::Arc;

/// Returns the pairs of `key=value` text, parsed as in Ansible; `None` if anything in it is not a
/// pair, or if a quote is never closed.
pub fn key_values(text: &str) -> Option<Vec<(String, String)>> {
    let parsed = key_value::parse(text, |_| true)?;
    parsed.rest.trim().is_empty().then_some(parsed.pairs)
}

/// Options for loading.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Accept what Ansible accepts, even if it is probably a mistake.
    pub compat: bool,
    /// Further folders with roles, searched after those next to the playbook.
    pub roles_path: Vec<LocalPath>,
}

/// Loads playbooks, and what they include while they run; shared by all hosts' threads.
///
/// Every file is read once, and the same include gives the same tasks to every host.
#[derive(Debug, Default)]
pub struct Loader {
    options: LoadOptions,
    files: Cache<LocalPath, Arc<Node>>,
    tasks: Cache<TasksKey, Vec<Item>>,
    roles: Cache<RoleKey, Arc<Role>>,
}

/// A tasks file, its role, whether its tasks are handlers, and the playbook's folder.
type TasksKey = (LocalPath, Option<Arc<RoleName>>, bool, LocalPath);

/// A role, the files used instead of `main`, and the playbook's folder.
type RoleKey = (RoleName, RoleFiles, LocalPath);

impl Loader {
    /// Returns a loader that has not read anything yet.
    pub fn new(options: LoadOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Returns the options for loading.
    pub fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// Loads the playbook at `path`, with everything it imports and the roles it uses.
    pub fn playbook(&self, path: &Path) -> Result<Playbook> {
        let (playbook, problems, _) = self.readable(path);
        problems.or(playbook)
    }

    /// Loads as much as possible of the playbook at `path`, and returns the problems with the rest
    /// and its places.
    pub fn readable(&self, path: &Path) -> (Playbook, Problems, Unread) {
        let mut reader = Reader::new(self);
        let plays = reader.playbook(&LocalPath::of(path));
        let playbook = Playbook {
            path: LocalPath::of(path),
            plays,
        };
        let problems = reader.problems.once();
        let unread = match (problems.0.is_empty(), reader.lacks_files) {
            (true, _) => Unread::Nothing,
            (false, true) => Unread::Files,
            (false, false) => {
                let places = problems
                    .0
                    .iter()
                    .filter_map(|problem| problem.place.as_ref());
                Unread::Parts(places.map(|place| place.file.clone()).collect())
            }
        };
        (playbook, problems, unread)
    }

    /// Loads a playbook from a text, such as one made for a single task.
    pub fn playbook_in(&self, file: &Arc<SourceFile>) -> Result<Playbook> {
        self.playbook_of(&file.path, &yaml::read(file)?)
    }

    /// Loads a playbook from a document, as if it were at `path`.
    pub fn playbook_of(&self, path: &Path, document: &Node) -> Result<Playbook> {
        let mut reader = Reader::new(self);
        let plays = reader.plays(&LocalPath::of(path), document, &Vec::new());
        reader.finish(Playbook {
            path: LocalPath::of(path),
            plays,
        })
    }

    /// Returns where `include_tasks` looks for a file, first where it is taken from if it is there.
    pub fn paths_of_tasks(
        &self,
        include: &Include,
        file: &str,
        play_folder: &LocalPath,
    ) -> Vec<LocalPath> {
        Scope::of_include(include, play_folder).paths_of_tasks(file, Named::ByInclude)
    }

    /// Returns where `include_role` looks for a role, in the order of precedence.
    pub fn paths_of_role(
        &self,
        include: &Include,
        name: &str,
        play_folder: &LocalPath,
    ) -> Vec<LocalPath> {
        role::paths(self, name, &Scope::of_include(include, play_folder))
    }

    /// Returns the tasks that `include_tasks` includes; `file` is its rendered argument.
    pub fn include_tasks(
        &self,
        include: &Include,
        file: &str,
        play_folder: &LocalPath,
    ) -> Result<Vec<Item>> {
        let scope = Scope::of_include(include, play_folder);
        let place = include.kind.place();
        let path = scope.find_tasks(file, place, Named::ByInclude)?;
        let role = include.role.clone();
        let key = (path.clone(), role, include.handler, play_folder.clone());
        self.tasks.get(key, || {
            let mut reader = Reader::new(self);
            let items = reader.tasks_file(&path, place, &scope);
            reader.finish(items)
        })
    }

    /// Returns the role that `include_role` includes; `name` and `files` are its rendered
    /// arguments.
    pub fn include_role(
        &self,
        include: &Include,
        name: &str,
        files: &RoleFiles,
        play_folder: &LocalPath,
    ) -> Result<Arc<Role>> {
        let scope = Scope::of_include(include, play_folder);
        let mut reader = Reader::new(self);
        let place = include.kind.place();
        let folder = reader.find_role(name, place, &scope);
        match folder.and_then(|folder| reader.role(name, folder, place, files, &scope)) {
            Some(role) => reader.finish(role),
            None => Err(reader.problems),
        }
    }

    /// Returns the document of a YAML file, which is read only once.
    pub fn file(&self, path: &LocalPath) -> Result<Arc<Node>> {
        self.files.get(path.clone(), || {
            let file = SourceFile::read(path)?;
            let node = if self.options.compat {
                yaml::read_lenient(&file)
            } else {
                yaml::read(&file)
            };
            Ok(Arc::new(node?))
        })
    }
}

/// Reads one playbook, tasks file or role, and collects the problems.
struct Reader<'a> {
    loader: &'a Loader,
    problems: Problems,
    /// Whether a named file or role cannot be read at all.
    lacks_files: bool,
}

impl<'a> Reader<'a> {
    fn new(loader: &'a Loader) -> Self {
        Self {
            loader,
            problems: Problems::default(),
            lacks_files: false,
        }
    }

    /// Returns `value`, or the problems found without duplicates: a role may be read several times.
    fn finish<T>(self, value: T) -> Result<T> {
        self.problems.once().or(value)
    }

    fn report(&mut self, problem: impl Into<Option<Problem>>) {
        self.problems.0.extend(problem.into());
    }

    /// Reports what Ansible accepts silently or with a warning.
    fn report_unless_compat(&mut self, problem: Problem) {
        if !self.loader.options.compat {
            self.report(problem);
        }
    }

    /// Returns the document of a YAML file; `place` is where the file is named.
    fn file(&mut self, path: &LocalPath, place: Option<&Place>) -> Option<Arc<Node>> {
        let result = self.loader.file(path).map_err(|mut problems| {
            for problem in &mut problems.0 {
                if problem.place.is_none() {
                    problem.place = place.cloned();
                }
            }
            problems
        });
        self.lacks_files |= result.is_err();
        self.problems.take(result)
    }
}
