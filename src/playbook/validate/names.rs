//! Which variables a playbook gives a value, and which it uses.

use super::guards::Guards;
use super::variables_files;
use crate::playbook::{
    Around, Loader, Loop, Play, RoleUse, Script, Serial, Task, VARIABLE, Visited, search_folders,
};
use crate::source::{Place, SourceFile};
use crate::template::{Engine, Syntax};
use crate::value::boolean;
use crate::yaml::{Map, Node};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is known of variables.
#[derive(Default)]
pub(super) struct Names {
    /// Names asked for before they are used.
    pub(super) guards: Guards,
    /// Names that tasks give a value, for all plays that follow.
    pub(super) by_tasks: HashSet<String>,
    /// Names that tasks register, as far as tasks were read.
    pub(super) registered: HashSet<String>,
    /// Whether a script was read, which may set any of them before.
    scripted: bool,
    /// Names that each play gives a value.
    pub(super) by_play: Vec<HashSet<String>>,
    /// Names used in any case.
    pub(super) used: Vec<Used>,
    /// What variables are, as far as it is written in keywords and roles.
    pub(super) written: HashMap<String, Vec<Node>>,
    /// Names that have values which are not written there.
    pub(super) elsewhere: HashSet<String>,
    /// Names of loop variables.
    pub(super) of_loops: HashSet<String>,
    /// Whether facts may be gathered.
    pub(super) facts: bool,
    /// Something that depends on variables may define any name.
    pub(super) any: bool,
    /// Whether what is used now is used before anything may define any name.
    before_any: bool,
}

/// A name that is used.
pub(super) struct Used {
    pub(super) play: usize,
    pub(super) name: String,
    pub(super) place: Place,
    /// Whether something around defines it.
    pub(super) is_defined: bool,
    /// Whether it is used before anything may define any name.
    pub(super) before_any: bool,
    /// Whether it is used before a task may have registered it.
    pub(super) before_registered: bool,
}

/// Names that begin like those of facts, and that the run itself gives a value at times, besides
/// reserved ones and those of connections.
const OF_THE_RUN: &[&str] = &[
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_delegated_vars",
    "ansible_facts",
    "ansible_index_var",
    "ansible_inventory_sources",
    "ansible_loop",
    "ansible_loop_var",
    "ansible_managed",
    "ansible_playbook_python",
];

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
    pub(super) fn start_play(&mut self, play: &Play, loader: &Loader, engine: &Engine) {
        let mut names: HashSet<String> = keys(&play.keywords.vars).collect();
        self.write(&play.keywords.vars);
        let gathers = play.gather_facts.as_ref().map(Node::to_value);
        self.facts |= gathers.as_ref().and_then(boolean) != Some(false);
        for prompt in &play.vars_prompt {
            let name = prompt.iter().find(|(key, _)| key.as_text() == Some("name"));
            let name = name.map(|(_, name)| name.to_value().to_string());
            self.elsewhere.extend(name.clone());
            names.extend(name);
        }
        self.by_play.push(names);
        let around = Around::play(play);
        let local = Local {
            around: &around,
            own: &[],
        };
        for serial in &play.serial {
            if let Serial::Template(node) = serial {
                self.uses(node, &local, engine);
            }
        }
        let search = search_folders(None, &play.folder, &play.folder);
        for file in &play.vars_files {
            // Only what was read before the file may define what its name needs.
            let before = std::mem::replace(&mut self.before_any, !self.any);
            self.uses(file, &local, engine);
            self.before_any = before;
            let one = std::slice::from_ref(file);
            for choice in file.as_list().unwrap_or(one) {
                let name = choice.as_text().unwrap_or_default();
                match variables_files::names(&search, name, loader) {
                    Some(found) => {
                        let found: Vec<_> = found.into_iter().collect();
                        self.elsewhere.extend(found.iter().cloned());
                        self.by_play.last_mut().into_iter().for_each(|names| {
                            names.extend(found.iter().cloned());
                        });
                    }
                    None => self.any = true,
                }
            }
        }
    }

    /// Notes the names that something in a play gives a value beyond itself.
    pub(super) fn define(&mut self, visited: Visited<'_>, play: &Play, loader: &Loader) {
        self.write_all(visited);
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
            Visited::Script(_) => self.scripted = true,
            Visited::Block(_) | Visited::Role(_) => {}
        }
    }

    /// Notes what is written of variables at something in a play.
    fn write_all(&mut self, visited: Visited<'_>) {
        for map in visited.variables() {
            self.write(map);
        }
        match visited {
            Visited::Task(task) => {
                let names = names_of_loop(task.repeat.as_ref());
                self.of_loops.extend(names.into_iter().map(str::to_owned));
                self.facts |= FACTS_COME_WITH.contains(&task.action.module.as_str());
            }
            Visited::Include(include) => {
                let names = names_of_loop(include.repeat.as_ref());
                self.of_loops.extend(names.into_iter().map(str::to_owned));
            }
            Visited::Block(_) | Visited::Role(_) => {}
            // It may gather facts.
            Visited::Script(_) => self.facts = true,
        }
    }

    fn write(&mut self, map: &Map) {
        for (key, value) in map {
            let Some(name) = key.as_text() else { continue };
            let known = self.written.entry(name.to_owned()).or_default();
            if !known.iter().any(|node| node.place == value.place) {
                known.push(value.clone());
            }
        }
    }

    /// Notes the names in the text of a module that sets facts: some of them are variables then.
    pub(super) fn facts_of_module(&mut self, text: &str) {
        self.facts = true;
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        self.by_tasks
            .extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }

    fn register(&mut self, name: Option<&Node>) {
        self.registered
            .extend(name.and_then(Node::as_text).map(str::to_owned));
    }

    fn define_by_module(&mut self, task: &Task, play: &Play, loader: &Loader) {
        let arguments = &task.action.arguments;
        match task.action.module.as_str() {
            "set_fact" | "add_host" => {
                let open =
                    |(key, _): &(Node, Node)| key.has_template() || key.as_text() == Some(VARIABLE);
                self.any |= arguments.iter().any(open);
                let cacheable = |(key, _): &(Node, Node)| key.as_text() == Some("cacheable");
                self.facts |= arguments.iter().any(cacheable);
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

    /// Notes the names that a template file needs, but not those that `assigned` has: templates
    /// that include it give them a value.
    pub(super) fn uses_of_template(
        &mut self,
        file: &Arc<SourceFile>,
        assigned: &HashSet<String>,
        local: &Local<'_>,
        engine: &Engine,
    ) {
        let mut names = engine.names_of_file(file, &Syntax::default());
        names.retain(|(name, _)| !assigned.contains(name.split('.').next().unwrap_or(name)));
        // The module gives these to the template itself.
        names.retain(|(name, _)| !name.starts_with("template_"));
        self.note(names, local);
    }

    /// Notes the names that a script needs.
    pub(super) fn uses_of_script(&mut self, script: &Script, around: &Around<'_>, engine: &Engine) {
        let local = Local { around, own: &[] };
        let outline = &script.outline;
        self.note(outline.variables.clone(), &local);
        let certain = outline
            .templates
            .iter()
            .filter(|written| written.is_certain);
        for written in certain {
            let node = &written.node;
            let mut names = if written.is_expression {
                // Of several conditions only the first is evaluated in any case.
                let first = node.as_list().map_or(Some(node), |items| items.first());
                first.map_or_else(Vec::new, |first| engine.names_of_expression(first))
            } else {
                engine.names(node)
            };
            names.retain(|(name, _)| !outline.asks_for(name));
            self.note(names, &local);
        }
    }

    fn note(&mut self, names: Vec<(String, Place)>, local: &Local<'_>) {
        let play = self.by_play.len().saturating_sub(1);
        for (name, place) in names {
            if is_judged(&name) || name.contains('.') {
                let is_defined = local.defines(&name);
                // Handlers are written after tasks that run after them.
                let before_registered =
                    !self.scripted && !local.around.handlers && !self.registered.contains(&name);
                self.used.push(Used {
                    play,
                    name,
                    place,
                    is_defined,
                    before_any: self.before_any,
                    before_registered,
                });
            }
        }
    }
}

/// Modules that tell facts.
const FACTS_COME_WITH: [&str; 3] = ["setup", "gather_facts", "hostname"];

/// Returns whether nothing but a playbook, an inventory, a connection or gathered facts gives a name
/// its value.
pub(super) fn is_judged(name: &str) -> bool {
    !OF_THE_RUN.contains(&name)
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
