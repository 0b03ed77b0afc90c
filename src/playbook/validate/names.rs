//! Variables that are used and that nothing can have defined.

use super::Unread;
use super::guards::Guards;
use super::variables_files;
use crate::playbook::{
    Around, Loader, Loop, Play, RoleUse, Script, Task, VARIABLE, Visited, search_folders,
};
use crate::source::{Place, Problem, SourceFile, did_you_mean};
use crate::template::{Engine, Syntax};
use crate::yaml::{Map, Node};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What is known of variables.
#[derive(Default)]
pub(super) struct Names {
    /// Names asked for before they are used.
    pub(super) guards: Guards,
    /// Names that tasks give a value, for all plays that follow.
    by_tasks: HashSet<String>,
    /// Names that each play gives a value.
    by_play: Vec<HashSet<String>>,
    /// Names used where nothing around defines them: the play, the name and the place.
    used: Vec<(usize, String, Place)>,
    /// Something that depends on variables may define any name.
    any: bool,
}

/// What stands around a use of names, and the names that its own task defines.
pub(super) struct Local<'a> {
    pub(super) around: &'a Around<'a>,
    pub(super) own: &'a [&'a str],
}

impl Local<'_> {
    fn defines(&self, name: &str) -> bool {
        let in_map = |map: &Map| map.iter().any(|(key, _)| key.as_text() == Some(name));
        self.own.contains(&name)
            || self.around.layers().any(|layer| {
                let of_role = |role: &RoleUse| {
                    in_map(&role.parameters)
                        || in_map(&role.role.defaults)
                        || in_map(&role.role.vars)
                };
                in_map(&layer.keywords.vars)
                    || layer.role.is_some_and(of_role)
                    || layer.include.is_some_and(|include| {
                        names_of_loop(include.repeat.as_ref()).contains(&name)
                    })
            })
    }
}

impl Names {
    pub(super) fn start_play(&mut self, play: &Play, loader: &Loader) {
        let mut names: HashSet<String> = keys(&play.keywords.vars).collect();
        for prompt in &play.vars_prompt {
            let name = prompt.iter().find(|(key, _)| key.as_text() == Some("name"));
            names.extend(name.map(|(_, name)| name.to_value().to_string()));
        }
        let search = search_folders(None, &play.folder, &play.folder);
        for file in &play.vars_files {
            let one = std::slice::from_ref(file);
            for choice in file.as_list().unwrap_or(one) {
                let name = choice.as_text().unwrap_or_default();
                match variables_files::names(&search, name, loader) {
                    Some(found) => names.extend(found),
                    None => self.any = true,
                }
            }
        }
        self.by_play.push(names);
    }

    /// Notes the names that something in a play gives a value beyond itself.
    pub(super) fn define(&mut self, visited: Visited<'_>, play: &Play, loader: &Loader) {
        match visited {
            Visited::Task(task) => {
                self.register(task.register.as_ref());
                self.define_by_module(task, play, loader);
            }
            Visited::Include(include) => {
                self.register(include.register.as_ref());
                self.any |= !include.is_literal();
            }
            Visited::Role(role) if role.public => {
                let names = keys(&role.role.defaults).chain(keys(&role.role.vars));
                if let Some(play) = self.by_play.last_mut() {
                    play.extend(names);
                }
            }
            Visited::Block(_) | Visited::Role(_) | Visited::Script(_) => {}
        }
    }

    fn register(&mut self, name: Option<&Node>) {
        self.by_tasks
            .extend(name.and_then(Node::as_text).map(str::to_owned));
    }

    fn define_by_module(&mut self, task: &Task, play: &Play, loader: &Loader) {
        let arguments = &task.action.arguments;
        match task.action.module.as_str() {
            "set_fact" | "add_host" => {
                let open =
                    |(key, _): &(Node, Node)| key.has_template() || key.as_text() == Some(VARIABLE);
                self.any |= arguments.iter().any(open);
                self.by_tasks.extend(keys(arguments));
            }
            "include_vars" => self.include_vars(task, play, loader),
            "package_facts" => self.by_tasks.extend(["packages".to_owned()]),
            "service_facts" => self.by_tasks.extend(["services".to_owned()]),
            module => self.any |= module == "getent" || module.contains("{{"),
        }
    }

    fn include_vars(&mut self, task: &Task, play: &Play, loader: &Loader) {
        let argument = |names: &[&str]| {
            let arguments = &task.action.arguments;
            let is_named =
                |(key, _): &&(Node, Node)| key.as_text().is_some_and(|key| names.contains(&key));
            arguments.iter().find(is_named).map(|(_, value)| value)
        };
        if let Some(name) = argument(&["name"]) {
            self.by_tasks.extend(name.as_text().map(str::to_owned));
            self.any |= name.has_template();
            return;
        }
        let file = argument(&["file", "_raw_params"]).and_then(Node::as_text);
        let search = task.files(&play.folder);
        match file.and_then(|file| variables_files::names(&search, file, loader)) {
            Some(names) => self.by_tasks.extend(names),
            None => self.any = true,
        }
    }

    /// Notes the names that the templates in `node` need.
    pub(super) fn uses(&mut self, node: &Node, local: &Local<'_>, engine: &Engine) {
        self.note(engine.names(node), local);
    }

    /// Notes the names that a condition needs.
    pub(super) fn uses_of_condition(&mut self, node: &Node, local: &Local<'_>, engine: &Engine) {
        self.note(engine.names_of_expression(node), local);
    }

    /// Notes the names that a template file needs.
    pub(super) fn uses_of_template(
        &mut self,
        file: &Arc<SourceFile>,
        local: &Local<'_>,
        engine: &Engine,
    ) {
        let mut names = engine.names_of_file(file, &Syntax::default());
        // The module gives these to the template itself.
        names.retain(|(name, _)| !name.starts_with("template_"));
        self.note(names, local);
    }

    /// Notes the names that a script needs.
    pub(super) fn uses_of_script(&mut self, script: &Script, around: &Around<'_>) {
        let local = Local { around, own: &[] };
        self.note(script.outline.variables.clone(), &local);
    }

    fn note(&mut self, names: Vec<(String, Place)>, local: &Local<'_>) {
        let play = self.by_play.len().saturating_sub(1);
        for (name, place) in names {
            if !name.starts_with("ansible_") && !local.defines(&name) {
                self.used.push((play, name, place));
            }
        }
    }

    /// Returns the problem of each name that nothing can have defined; `elsewhere` are the names
    /// that come from outside the playbook, and `unread` may define others.
    pub(super) fn undefined(&self, elsewhere: &BTreeSet<String>, unread: &Unread) -> Vec<Problem> {
        if self.any {
            return Vec::new();
        }
        let mut problems = Vec::new();
        // A template file may be used by several tasks.
        let mut told = HashSet::new();
        for (play, name, place) in &self.used {
            let by_play = self.by_play.get(*play);
            let defined = elsewhere.contains(name)
                || self.by_tasks.contains(name)
                || by_play.is_some_and(|names| names.contains(name))
                || self.guards.contains(name)
                || unread.may_define(name);
            if defined || !told.insert((place.to_string(), name)) {
                continue;
            }
            let known = elsewhere
                .iter()
                .chain(&self.by_tasks)
                .chain(by_play.into_iter().flatten())
                .map(String::as_str);
            let elsewhere = self.by_play.iter().position(|names| names.contains(name));
            let other_play = elsewhere.map(|_| {
                "it is defined in another play, but variables of a play end with the play"
                    .to_owned()
            });
            let in_script = place.file.path.extension().is_some_and(|end| end == "rhai");
            let in_its_place = in_script.then(|| {
                format!("read a variable that may be missing with vars.get(\"{name}\", other)")
            });
            problems.push(
                Problem::at(place, format!("undefined variable \"{name}\""))
                    .label("undefined")
                    .help(did_you_mean(name, known).or(other_play).or(in_its_place)),
            );
        }
        problems
    }
}

fn keys(map: &Map) -> impl Iterator<Item = String> + '_ {
    map.iter()
        .filter_map(|(key, _)| key.as_text().map(str::to_owned))
}

/// Returns the variables that a loop sets.
pub(super) fn names_of_loop(repeat: Option<&Loop>) -> Vec<&str> {
    let Some(repeat) = repeat else {
        return Vec::new();
    };
    let control = &repeat.control;
    let mut names = vec![control.loop_var.as_deref().unwrap_or("item")];
    names.extend(control.index_var.as_deref());
    names
}
