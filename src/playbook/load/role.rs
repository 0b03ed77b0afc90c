//! A role, read from its folder.

use super::scope::Scope;
use super::{Loader, Reader};
use crate::files::names_in;
use crate::playbook::{Item, Role, RoleName, RoleUse, boolean};
use crate::source::{LocalPath, Place, Problem, did_you_mean};
use crate::yaml::{Data, Map, Node};
use std::path::Path;
use std::sync::Arc;

/// Which of a role's files are used instead of `main`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RoleFiles {
    /// `tasks_from`.
    pub tasks: Option<String>,
    /// `vars_from`.
    pub vars: Option<String>,
    /// `defaults_from`.
    pub defaults: Option<String>,
    /// `handlers_from`.
    pub handlers: Option<String>,
}

impl RoleFiles {
    /// Sets the file that an argument (`tasks_from`, …) names; other arguments are ignored.
    pub fn set(&mut self, argument: &str, file: String) {
        match argument {
            "tasks_from" => self.tasks = Some(file),
            "vars_from" => self.vars = Some(file),
            "defaults_from" => self.defaults = Some(file),
            "handlers_from" => self.handlers = Some(file),
            _ => {}
        }
    }
}

impl Reader<'_> {
    /// Returns the role called `name` in `folder`; `place` is where it, or its files, are named.
    pub(super) fn role(
        &mut self,
        name: &str,
        folder: LocalPath,
        place: &Place,
        files: &RoleFiles,
        scope: &Scope,
    ) -> Option<Arc<Role>> {
        let role_name = RoleName::within(scope.role.as_deref(), name, folder);
        let play_folder = scope.play_folder.clone();
        let key = (role_name.clone(), files.clone(), play_folder);
        let loader = self.loader;
        let result = loader.roles.get(key, || {
            let mut reader = Reader::new(loader);
            let role = reader.read_role(role_name, files, place, scope);
            reader.finish(Arc::new(role))
        });
        self.problems.take(result)
    }

    /// Returns the folder of a role: beside the playbook, in its parent's `roles`, in the further
    /// folders, beside the role that names it, or the path that the name itself is.
    pub(super) fn find_role(
        &mut self,
        name: &str,
        place: &Place,
        scope: &Scope,
    ) -> Option<LocalPath> {
        let mut paths = paths(self.loader, name, scope).into_iter();
        if let Some(folder) = paths.find(|folder| folder.is_dir()) {
            // As in Ansible, a role that a link leads to is where it really is.
            return Some(folder.real());
        }
        let mut folders = folders(self.loader, scope);
        folders.pop();
        let known: Vec<String> = folders.iter().flat_map(|path| names_in(path)).collect();
        let mut shown: Vec<String> = Vec::new();
        for folder in &folders {
            let text = folder.display().to_string();
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        self.lacks_files = true;
        self.report(
            Problem::at(place, format!("there is no role \"{name}\""))
                .label("not found")
                .help(did_you_mean(name, known.iter().map(String::as_str)))
                .help(
                    (name.split('.').count() == 3)
                        .then(|| "roles of collections are not supported".to_owned()),
                )
                .help(format!("searched in {}", shown.join(", "))),
        );
        None
    }

    fn read_role(
        &mut self,
        name: RoleName,
        files: &RoleFiles,
        place: &Place,
        scope: &Scope,
    ) -> Role {
        let name = Arc::new(name);
        let inner = Scope {
            folder: name.folder.join("tasks"),
            role: Some(name.clone()),
            handlers: false,
            ..scope.clone()
        };
        let meta = self.role_document(&name, "meta", None, place);
        let meta_of = |key: &str| meta.as_ref().and_then(|meta| meta.get(key));
        let dependencies = match meta_of("dependencies") {
            Some(list) => self.dependencies(list, &name, place, &inner),
            None => Vec::new(),
        };
        let allow_duplicates = meta_of("allow_duplicates")
            .and_then(boolean)
            .unwrap_or(false);
        let handlers = Scope {
            folder: name.folder.join("handlers"),
            handlers: true,
            ..inner.clone()
        };
        let specs = self.role_document(&name, "meta", Some("argument_specs"), place);
        let specs = specs
            .as_ref()
            .and_then(|specs| specs.get("argument_specs"))
            .or_else(|| meta_of("argument_specs"));
        Role {
            argument_spec: specs.and_then(|specs| argument_spec(specs, files)),
            defaults: self.role_variables(&name, "defaults", files.defaults.as_deref(), place),
            vars: self.role_variables(&name, "vars", files.vars.as_deref(), place),
            dependencies,
            tasks: self.role_tasks(&name, "tasks", files.tasks.as_deref(), place, &inner),
            handlers: self.role_tasks(
                &name,
                "handlers",
                files.handlers.as_deref(),
                place,
                &handlers,
            ),
            allow_duplicates,
            files: files.clone(),
            name,
        }
    }

    /// Returns the roles that run before a role; a role cannot depend on itself.
    fn dependencies(
        &mut self,
        list: &Node,
        role: &RoleName,
        place: &Place,
        scope: &Scope,
    ) -> Vec<Arc<RoleUse>> {
        let entered = scope.enter(&role.folder, place);
        match self.problems.take(entered) {
            Some(scope) => self.role_uses(list, &scope),
            None => Vec::new(),
        }
    }

    fn role_tasks(
        &mut self,
        role: &RoleName,
        subfolder: &str,
        from: Option<&str>,
        place: &Place,
        scope: &Scope,
    ) -> Vec<Item> {
        match self.role_file(role, subfolder, from, place) {
            Some(path) => self.tasks_file(&path, place, scope),
            None => Vec::new(),
        }
    }

    /// Returns the variables of `defaults` or `vars`: a file, or all files of a folder.
    fn role_variables(
        &mut self,
        role: &RoleName,
        subfolder: &str,
        from: Option<&str>,
        place: &Place,
    ) -> Map {
        let Some(path) = self.role_file(role, subfolder, from, place) else {
            return Map::new();
        };
        let mut variables = Map::new();
        for file in files_below(&path) {
            for (key, value) in self.variables_file(&file, place) {
                variables.retain(|(known, _): &(Node, Node)| known.data != key.data);
                variables.push((key, value));
            }
        }
        variables
    }

    fn role_document(
        &mut self,
        role: &RoleName,
        subfolder: &str,
        from: Option<&str>,
        place: &Place,
    ) -> Option<Arc<Node>> {
        let path = existing(&role.folder.join(subfolder), from, DATA)?;
        let document = self.file(&path, Some(place))?;
        if !matches!(document.data, Data::Null | Data::Map(_)) {
            self.report(document.unexpected("a role's meta file", "a mapping"));
        }
        Some(document)
    }

    /// Returns the path of `main` or of the file asked for, which must exist.
    fn role_file(
        &mut self,
        role: &RoleName,
        subfolder: &str,
        from: Option<&str>,
        place: &Place,
    ) -> Option<LocalPath> {
        let folder = role.folder.join(subfolder);
        let endings = match subfolder {
            "tasks" | "handlers" => TASKS,
            _ => DATA,
        };
        let found = existing(&folder, from, endings);
        let script = existing(&folder, from, &[".rhai"]);
        if let (Some(found), Some(script)) = (&found, script.filter(|_| endings == TASKS))
            && *found != script
        {
            let (found, script) = (found.display(), script.display());
            let message = format!("there are both {found} and {script}");
            self.report(Problem::at(place, message).help("keep one of them".to_owned()));
        }
        if let (Some(from), None) = (from, &found) {
            let message = format!(
                "role \"{}\" has no file \"{from}\" in {subfolder}",
                role.name
            );
            let names = names_in(&folder);
            let known = names.iter().map(|name| stem(name));
            self.report(
                Problem::at(place, message)
                    .help(did_you_mean(from, known))
                    .help(format!("searched in {}", folder.display())),
            );
        }
        found
    }
}

/// Endings of files of variables and the like.
const DATA: &[&str] = &[".yml", ".yaml", ".json"];

/// Endings of files of tasks.
const TASKS: &[&str] = &[".yml", ".yaml", ".json", ".rhai"];

/// Returns the file in `folder` that is called `main`, or as asked for, with one of these endings
/// or as it is.
fn existing(folder: &LocalPath, from: Option<&str>, endings: &[&str]) -> Option<LocalPath> {
    let name = from.unwrap_or("main");
    let plain = [""];
    let endings: Vec<&str> = match from {
        Some(_) => plain.iter().chain(endings).copied().collect(),
        None => endings.iter().chain(&plain).copied().collect(),
    };
    let outside = Path::new(name)
        .components()
        .any(|part| matches!(part, std::path::Component::ParentDir));
    if outside {
        return None;
    }
    endings
        .iter()
        .map(|ending| folder.join(format!("{name}{ending}")))
        .find(|path| path.exists())
}

/// Returns a file itself, or the YAML and JSON files of a folder in their order.
fn files_below(path: &LocalPath) -> Vec<LocalPath> {
    if path.is_file() {
        return vec![path.clone()];
    }
    let mut files = Vec::new();
    for name in names_in(path) {
        let inner = path.join(&name);
        let readable = ["yml", "yaml", "json"]
            .iter()
            .any(|ending| inner.extension().is_some_and(|found| found == *ending));
        if inner.is_dir() || readable {
            files.extend(files_below(&inner));
        }
    }
    files
}

fn stem(name: &str) -> &str {
    TASKS
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name)
}

/// Returns the entry point that `tasks_from` names, and what is said of it.
fn argument_spec(specs: &Node, files: &RoleFiles) -> Option<(String, Node)> {
    let entry_point = files.tasks.as_deref().map_or("main", stem);
    Some((entry_point.to_owned(), specs.get(entry_point)?.clone()))
}

/// Returns the folders in which roles are searched.
fn folders(loader: &Loader, scope: &Scope) -> Vec<LocalPath> {
    let mut folders = vec![
        scope.play_folder.join("roles"),
        scope.play_folder.parent().join("roles"),
    ];
    folders.extend(loader.options.roles_path.iter().cloned());
    folders.extend(scope.role.iter().map(|role| role.folder.parent()));
    folders.push(scope.play_folder.clone());
    folders
}

/// Returns where a role is searched, in the order of precedence.
pub(super) fn paths(loader: &Loader, name: &str, scope: &Scope) -> Vec<LocalPath> {
    let folders = folders(loader, scope);
    let found = folders.iter().map(|folder| folder.join(name));
    let by_path = name.contains('/').then(|| LocalPath::of(name));
    found.chain(by_path).collect()
}
