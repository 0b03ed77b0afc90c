//! Variables that are used and that nothing can have defined.

use super::guards::Guards;
use super::variables_files;
use super::{Unread, ValidateOptions};
use crate::playbook::{
    Around, Loader, Loop, Play, Role, RoleUse, Script, Task, VARIABLE, Visited, search_folders,
};
use crate::source::{Place, Problem, SourceFile, did_you_mean, encrypted};
use crate::template::{Engine, Syntax};
use crate::value::boolean;
use crate::yaml::{Data, Map, Node};
use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// Names used in any case.
    used: Vec<Used>,
    /// What variables are, as far as it is written in keywords and roles.
    written: HashMap<String, Vec<Node>>,
    /// Names that have values which are not written there.
    elsewhere: HashSet<String>,
    /// Names of loop variables.
    of_loops: HashSet<String>,
    /// Whether facts may be gathered.
    facts: bool,
    /// Something that depends on variables may define any name.
    any: bool,
}

/// A name that is used.
struct Used {
    play: usize,
    name: String,
    place: Place,
    /// Whether something around defines it.
    is_defined: bool,
}

/// What is known of variables besides what the playbook says.
pub(super) struct Known<'a> {
    pub(super) options: &'a ValidateOptions,
    /// The names that come from outside the playbook.
    pub(super) variables: &'a BTreeSet<String>,
    pub(super) engine: &'a Engine,
}

/// Facts that a host has once they were gathered, and that nothing else gives a value.
const FACTS: &[&str] = &[
    "all_ipv4_addresses",
    "all_ipv6_addresses",
    "architecture",
    "date_time",
    "default_ipv4",
    "distribution",
    "distribution_major_version",
    "distribution_release",
    "distribution_version",
    "domain",
    "env",
    "fqdn",
    "hostname",
    "interfaces",
    "kernel",
    "machine",
    "memtotal_mb",
    "nodename",
    "os_family",
    "pkg_mgr",
    "processor_vcpus",
    "service_mgr",
    "swaptotal_mb",
    "system",
    "user_dir",
    "user_id",
];

/// Levels of variables within variables that are looked through.
const MOST_LEVELS: usize = 16;

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
        self.write(&play.keywords.vars);
        let gathers = play.gather_facts.as_ref().map(Node::to_value);
        self.facts |= gathers.as_ref().and_then(boolean) != Some(false);
        for prompt in &play.vars_prompt {
            let name = prompt.iter().find(|(key, _)| key.as_text() == Some("name"));
            let name = name.map(|(_, name)| name.to_value().to_string());
            self.elsewhere.extend(name.clone());
            names.extend(name);
        }
        let search = search_folders(None, &play.folder, &play.folder);
        for file in &play.vars_files {
            let one = std::slice::from_ref(file);
            for choice in file.as_list().unwrap_or(one) {
                let name = choice.as_text().unwrap_or_default();
                match variables_files::names(&search, name, loader) {
                    Some(found) => {
                        let found: Vec<_> = found.into_iter().collect();
                        self.elsewhere.extend(found.iter().cloned());
                        names.extend(found);
                    }
                    None => self.any = true,
                }
            }
        }
        self.by_play.push(names);
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
            Visited::Block(_) | Visited::Role(_) | Visited::Script(_) => {}
        }
    }

    /// Notes what is written of variables at something in a play.
    fn write_all(&mut self, visited: Visited<'_>) {
        match visited {
            Visited::Task(task) => {
                self.write(&task.keywords.vars);
                let names = names_of_loop(task.repeat.as_ref());
                self.of_loops.extend(names.into_iter().map(str::to_owned));
                self.facts |= FACTS_COME_WITH.contains(&task.action.module.as_str());
            }
            Visited::Block(block) => self.write(&block.keywords.vars),
            Visited::Include(include) => {
                self.write(&include.keywords.vars);
                self.write(&include.apply.vars);
                let names = names_of_loop(include.repeat.as_ref());
                self.of_loops.extend(names.into_iter().map(str::to_owned));
            }
            Visited::Role(used) => {
                let Role { defaults, vars, .. } = &*used.role;
                for map in [&used.keywords.vars, &used.parameters, defaults, vars] {
                    self.write(map);
                }
            }
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
            let is_fact = |name: &str| FACTS.contains(&name);
            if name.strip_prefix("ansible_").is_none_or(is_fact) || name.contains('.') {
                let is_defined = local.defines(&name);
                self.used.push(Used {
                    play,
                    name,
                    place,
                    is_defined,
                });
            }
        }
    }

    /// Returns the problem of each name that nothing can have defined, and of each variable whose
    /// only value needs such a name, or is encrypted.
    pub(super) fn undefined(&self, known: &Known<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        // A template file may be used by several tasks.
        let mut told = HashSet::new();
        for used in &self.used {
            let Used {
                play, name, place, ..
            } = used;
            let problem = if name.contains('.') {
                self.no_member(name, place, known)
            } else if self.any {
                None
            } else if used.is_defined || self.is_defined(name, Some(*play), known) {
                let mut seen = HashSet::new();
                self.behind(name, place, known, &mut seen)
            } else {
                Some(self.nothing_defines(name, Some(*play), place, known))
            };
            if let Some(problem) = problem
                && told.insert((
                    problem.place.as_ref().map(ToString::to_string),
                    problem.message.clone(),
                ))
            {
                problems.push(problem);
            }
        }
        problems
    }

    /// Returns whether something may define a name: in any play if none is given.
    fn is_defined(&self, name: &str, play: Option<usize>, known: &Known<'_>) -> bool {
        let by_play = match play {
            Some(play) => self
                .by_play
                .get(play)
                .is_some_and(|names| names.contains(name)),
            None => {
                self.written.contains_key(name)
                    || self.of_loops.contains(name)
                    || self.elsewhere.contains(name)
            }
        };
        let is_fact = name.starts_with("ansible_");
        by_play
            || known.variables.contains(name)
            || self.by_tasks.contains(name)
            || self.guards.contains(name)
            || known.options.unread.may_define(name)
            || is_fact && (self.facts || !matches!(known.options.unread, Unread::Nothing))
    }

    fn nothing_defines(
        &self,
        name: &str,
        play: Option<usize>,
        place: &Place,
        known: &Known<'_>,
    ) -> Problem {
        let message = format!("undefined variable \"{name}\"");
        let problem = Problem::at(place, message).label("undefined");
        if name.starts_with("ansible_") {
            return problem.help(NO_FACTS.to_owned());
        }
        let by_play = play.and_then(|play| self.by_play.get(play));
        let names = known
            .variables
            .iter()
            .chain(&self.by_tasks)
            .chain(by_play.into_iter().flatten())
            .map(String::as_str);
        let elsewhere = self.by_play.iter().position(|names| names.contains(name));
        let other_play = elsewhere.map(|_| {
            "it is defined in another play, but variables of a play end with the play".to_owned()
        });
        let in_script = place.file.path.extension().is_some_and(|end| end == "rhai");
        let in_its_place = in_script.then(|| {
            format!("read a variable that may be missing with vars.get(\"{name}\", other)")
        });
        problem.help(did_you_mean(name, names).or(other_play).or(in_its_place))
    }

    /// Returns what is wrong with the value of a variable that is used at a place, if it has one
    /// value only: it needs a name that nothing defines, or is encrypted.
    fn behind(
        &self,
        name: &str,
        place: &Place,
        known: &Known<'_>,
        seen: &mut HashSet<String>,
    ) -> Option<Problem> {
        if seen.len() > MOST_LEVELS || !seen.insert(name.to_owned()) || self.guards.contains(name) {
            return None;
        }
        let used = |problem: Problem| problem.related(place, format!("\"{name}\" is used here"));
        let is_set = self.by_tasks.contains(name) || self.elsewhere.contains(name);
        if is_set || known.options.unread.may_define(name) {
            return None;
        }
        let written = self.written.get(name);
        if known.variables.contains(name) {
            let sealed = known
                .options
                .encrypted
                .get(name)
                .filter(|_| written.is_none())?;
            return Some(used(encrypted(sealed, "this value")));
        }
        let [node] = written?.as_slice() else {
            return None;
        };
        if let Data::Vault(_) = node.data {
            return Some(used(encrypted(&node.place, "this value")));
        }
        if !matches!(node.data, Data::Text(_)) {
            return None;
        }
        known
            .engine
            .names(node)
            .iter()
            .find_map(|(inner, inner_place)| {
                let is_fact = |name: &str| FACTS.contains(&name);
                let problem = if inner.contains('.') {
                    self.no_member(inner, inner_place, known)
                } else if !inner.strip_prefix("ansible_").is_none_or(is_fact)
                // The module `template` gives these to its file.
                || inner.starts_with("template_")
                {
                    None
                } else if self.is_defined(inner, None, known) {
                    return self.behind(inner, place, known, seen);
                } else {
                    Some(self.nothing_defines(inner, None, inner_place, known))
                };
                problem.map(used)
            })
    }

    /// Returns the problem of a group that the inventory lacks, or of a fact if none are gathered.
    fn no_member(&self, name: &str, place: &Place, known: &Known<'_>) -> Option<Problem> {
        let (of, member) = name.split_once('.')?;
        if self.guards.contains(of) || self.guards.contains(member) {
            return None;
        }
        if of != "groups" {
            let may_be = self.is_defined(of, None, known) || self.any;
            return (!may_be).then(|| self.nothing_defines(of, None, place, known));
        }
        let groups = known.options.groups.as_ref()?;
        (!groups.contains(member)).then(|| {
            Problem::at(place, format!("unknown group \"{member}\""))
                .label("not in the inventory")
                .help(did_you_mean(member, groups.iter().map(String::as_str)))
                .help("to allow an empty group, add its name to the inventory".to_owned())
        })
    }
}

/// Modules that tell facts.
const FACTS_COME_WITH: [&str; 3] = ["setup", "gather_facts", "hostname"];

/// What to do about a fact of a host of which none are gathered.
const NO_FACTS: &str = "no play gathers facts: remove `gather_facts: false`, or add a task `setup`";

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
