//! Missing files of this machine that tasks name.

use super::Validator;
use super::names::Local;
use super::task::{expects_failure, own_names};
use crate::playbook::load::missing_file;
use crate::playbook::walk::is_unconditional;
use crate::playbook::{Around, Play, Task, boolean, variables_file};
use crate::source::{LocalPath, Problem, SourceFile, decrypted, is_encrypted};
use crate::template::Syntax;
use crate::yaml::{Data, Node};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Modules that create files where they run.
const MAKERS: &[&str] = &[
    "archive",
    "assemble",
    "blockinfile",
    "command",
    "copy",
    "file",
    "get_url",
    "lineinfile",
    "raw",
    "script",
    "shell",
    "symlink",
    "template",
    "unarchive",
    "untar",
    "uri",
];

impl Validator<'_> {
    /// Records the files of `vars_files` that do not exist.
    pub(super) fn variables_files(&mut self, play: &Play) {
        for entry in &play.vars_files {
            if let Some(Err(missing)) = variables_file(entry, &play.folder) {
                let problem = missing_file("file", &entry.place, &missing);
                self.missing_files.push(problem);
            }
        }
    }

    /// Records a file that the task needs and that does not exist, and checks a template file.
    pub(super) fn files(&mut self, task: &Task, around: &Around<'_>, play: &Play) {
        let module = task.action.module.as_str();
        self.makes_files |= module == "fetch"
            || (MAKERS.contains(&module) && acts_on_this_machine(task, around, play));
        let Some((kind, name, node)) = source_file(task) else {
            return;
        };
        match task.files(&play.folder).find(kind, &name) {
            Ok(path) if kind == "templates" => self.template_file(&path, task, around, play),
            Ok(path) => {
                let runs = around.is_certain() && is_unconditional(&task.keywords);
                let opens = runs && !expects_failure(task, around) && !is_kept_sealed(task);
                if opens && path.is_file() && is_encrypted(&path) {
                    let failed = decrypted(&path).err();
                    self.problems.0.extend(failed.map(|problem| Problem {
                        place: Some(node.place.clone()),
                        ..problem
                    }));
                }
            }
            Err(missing) => {
                let what = if kind == "templates" {
                    "template"
                } else {
                    "file"
                };
                let problem = missing_file(what, &node.place, &missing);
                self.missing_files.push(problem);
            }
        }
    }

    fn template_file(&mut self, path: &Path, task: &Task, around: &Around<'_>, play: &Play) {
        // The task sets delimiters other than the default ones.
        let own_syntax = task.action.arguments.iter().any(|(key, _)| {
            key.as_text()
                .is_some_and(|name| name.ends_with("_string") || name.ends_with("_blocks"))
        });
        if own_syntax || !path.is_file() {
            return;
        }
        let runs = around.is_certain()
            && is_unconditional(&task.keywords)
            && !expects_failure(task, around);
        let own = own_names(task);
        let local = runs.then_some(Local { around, own: &own });
        let folders = task.files(&play.folder).folders;
        self.template_text(path, &folders, &mut Vec::new(), local.as_ref());
    }

    /// Checks a template file, and those that it includes in any case; `local` is where it is
    /// certainly used, and `outer` what leads to it.
    fn template_text(
        &mut self,
        path: &Path,
        folders: &[LocalPath],
        outer: &mut Vec<(PathBuf, HashSet<String>)>,
        local: Option<&Local<'_>>,
    ) {
        let is_new = self.files_read.insert(path.to_owned());
        let file = match SourceFile::read(path) {
            Ok(file) => file,
            Err(problems) if is_new => return self.problems.0.extend(problems.0),
            Err(_) => return,
        };
        if is_new {
            self.problems
                .take(self.engine.check_text(&file, &Syntax::default()));
            self.names.guards.read_text(&file.text);
        }
        let Some(local) = local else { return };
        let assigned = outer.iter().flat_map(|(_, names)| names).cloned().collect();
        let engine = self.engine;
        self.names.uses_of_template(&file, &assigned, local, engine);
        let included = engine.included_by(&file, &Syntax::default());
        outer.push((path.to_owned(), included.assigned));
        for name in &included.names {
            let beside = file.folder();
            let mut tried = folders
                .iter()
                .flat_map(|folder| ["templates", ""].map(|kind| folder.join(kind).join(name)));
            let found = tried.find(|path| path.is_file());
            let beside = Some(beside.join(name)).filter(|path| path.is_file());
            // Whichever of two it is would depend on more than is known here.
            let found = match (found, beside) {
                (Some(one), Some(other)) if one.real() != other.real() => None,
                (one, other) => one.or(other),
            };
            if let Some(found) = found
                && !outer.iter().any(|(path, _)| *path == *found)
            {
                self.template_text(&found, folders, outer, Some(local));
            }
        }
        outer.pop();
    }
}

/// Returns the file of this machine that a task needs, if its name is not a template: the subfolder
/// to search, its name, and the place of the name.
fn source_file(task: &Task) -> Option<(&'static str, String, &Node)> {
    let argument = |names: &[&str]| {
        let arguments = &task.action.arguments;
        arguments
            .iter()
            .find(|(key, _)| key.as_text().is_some_and(|key| names.contains(&key)))
            .map(|(_, value)| value)
    };
    let on_host = argument(&["remote_src"]).is_some_and(|value| boolean(value) != Some(false));
    let (kind, node) = match task.action.module.as_str() {
        "template" => ("templates", argument(&["src"])?),
        "copy" | "unarchive" | "untar" if !on_host => ("files", argument(&["src"])?),
        "script" => ("files", argument(&["_raw_params", "cmd"])?),
        "include_vars" => ("vars", argument(&["_raw_params", "file"])?),
        _ => return None,
    };
    let Data::Text(text) = &node.data else {
        return None;
    };
    let name = match task.action.module.as_str() {
        "script" => text.split_whitespace().next()?,
        _ => text,
    };
    let fixed = !node.has_template()
        && !name.contains("://")
        && !name.starts_with('~')
        && !name.contains(['"', '\'']);
    (fixed && !name.is_empty()).then(|| (kind, name.to_owned(), node))
}

/// Returns whether a task may copy an encrypted file as it is.
fn is_kept_sealed(task: &Task) -> bool {
    let mut arguments = task.action.arguments.iter();
    arguments.any(|(key, value)| key.as_text() == Some("decrypt") && boolean(value) != Some(true))
}

/// Returns whether a task runs, or may run, on the machine that runs rmqplay.
fn acts_on_this_machine(task: &Task, around: &Around<'_>, play: &Play) -> bool {
    let local = |node: &Node| {
        node.has_template()
            || node
                .as_text()
                .is_some_and(|text| ["localhost", "127.0.0.1", "::1", "local"].contains(&text))
    };
    let layers = || around.layers().map(|layer| layer.keywords);
    let all = || std::iter::once(&task.keywords).chain(layers());
    all().any(|keywords| keywords.delegate_to.as_ref().is_some_and(local))
        || all().any(|keywords| keywords.connection.as_ref().is_some_and(local))
        || local(&play.hosts)
}
