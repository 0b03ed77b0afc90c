//! Checks of one task or include: module, arguments, templates, variables.

use super::Validator;
use super::names::{Local, names_of_loop};
use crate::module::Entry;
use crate::playbook::walk::is_unconditional;
use crate::playbook::{
    Action, Around, Include, IncludeKind, Loop, Play, Task, Until, VARIABLE, boolean,
};
use crate::yaml::Node;

impl Validator<'_> {
    pub(super) fn task(&mut self, task: &Task, around: &Around<'_>, play: &Play) {
        self.tags.extend(task.keywords.tags.iter().cloned());
        self.keywords(&task.keywords);
        self.arguments(task, around);
        let others = task.name.iter().chain(&task.notify);
        let repeated = task.repeat.iter().flat_map(Loop::values);
        let tried = task.until.iter().flat_map(Until::values);
        for node in others.chain(repeated).chain(tried) {
            self.template(node);
        }
        for condition in conditions(task) {
            self.condition(condition);
        }
        if around.can_run(&task.keywords) {
            self.uses(task, around);
            self.files(task, around, play);
        }
    }

    fn arguments(&mut self, task: &Task, around: &Around<'_>) {
        let action = &task.action;
        if action.module.contains("{{") {
            self.all_literal = false;
            return;
        }
        let variable = |(key, _): &(Node, Node)| key.as_text() == Some(VARIABLE);
        let certain = around.is_certain() && is_unconditional(&task.keywords);
        if !certain && self.is_for_another_system(action) {
            return;
        }
        if !action.arguments.iter().any(variable) {
            let arguments = &action.arguments;
            let problems = self
                .registry
                .check(&action.module, &action.place, arguments);
            self.problems.0.extend(problems);
            if let Some(doubts) = &mut self.doubts {
                let (name, place) = (&action.module, &action.place);
                doubts.extend(self.registry.doubt(name, place, arguments));
            }
        }
        let entry = self.registry.get(&action.module).cloned();
        for (key, value) in &action.arguments {
            let name = key.as_text().unwrap_or_default();
            let raw = entry
                .as_ref()
                .is_some_and(|entry| entry.raw.contains(&entry.canonical(name)));
            if raw {
                self.condition(value);
            } else {
                self.template(value);
            }
        }
    }

    /// Records an unknown module if a condition may keep the task from running, as with those of
    /// other systems: it is only an error once the task runs.
    fn is_for_another_system(&mut self, action: &Action) -> bool {
        let name = &action.module;
        if self.registry.get(name).is_some() || self.registry.is_misspelt(name) {
            return false;
        }
        let unknown = || self.registry.unknown(name, &action.place);
        self.missing_modules
            .entry(name.clone())
            .or_insert_with(unknown);
        true
    }

    /// Records the variables that a task always needs, unless it is expected to fail.
    fn uses(&mut self, task: &Task, around: &Around<'_>) {
        let own = own_names(task);
        let engine = self.engine;
        let local = Local { around, own: &own };
        let certain = around.is_certain() && is_unconditional(&task.keywords);
        if let (Some(ignores), true) = (&task.keywords.ignore_errors, certain && !around.rescued) {
            self.names.uses(ignores, &local, engine);
        }
        if expects_failure(task, around) {
            return;
        }
        // The first condition is always evaluated, the rest only if it is true.
        if let (Some(condition), true) = (task.keywords.when.first(), around.is_certain()) {
            self.names.uses_of_condition(condition, &local, engine);
        }
        if !certain {
            return;
        }
        let entry = self.registry.get(&task.action.module).cloned();
        let defaults = entry
            .as_ref()
            .map_or_else(Vec::new, |entry| defaults(task, entry, around));
        for (key, value) in task.action.arguments.iter().chain(defaults) {
            let name = key.as_text().unwrap_or_default();
            let raw = entry
                .as_ref()
                .is_some_and(|entry| entry.raw.contains(&entry.canonical(name)));
            // A fact may stay unused.
            if entry.as_ref().is_some_and(|entry| !entry.any_argument) {
                self.opened(value);
            }
            match (raw, task.action.module.as_str()) {
                (false, _) => self.names.uses(value, &local, engine),
                (true, "assert") => self.names.uses_of_condition(value, &local, engine),
                // The module itself handles undefined values, like debug.
                (true, _) => {}
            }
        }
        let repeated = task.repeat.iter().flat_map(Loop::values);
        let tried = task.until.iter().flat_map(Until::values);
        let environment = around
            .layers()
            .flat_map(|layer| &layer.keywords.environment);
        let kept = task.keywords.values().chain(environment).chain(repeated);
        for node in kept.chain(tried) {
            self.opened(node);
            self.names.uses(node, &local, engine);
        }
        for condition in conditions(task) {
            self.names.uses_of_condition(condition, &local, engine);
        }
    }

    pub(super) fn include(&mut self, include: &Include, around: &Around<'_>) {
        self.keywords(&include.keywords);
        self.keywords(&include.apply);
        let named: Vec<&Node> = match &include.kind {
            IncludeKind::Tasks(file) => vec![file],
            IncludeKind::Role { name, from, .. } => {
                let files = from.iter().map(|(_, file)| file);
                files.chain([name]).collect()
            }
        };
        let mut own: Vec<&str> = names_of_loop(include.repeat.as_ref());
        own.extend(
            include
                .keywords
                .vars
                .iter()
                .filter_map(|(key, _)| key.as_text()),
        );
        let engine = self.engine;
        let local = Local { around, own: &own };
        let repeated = include.repeat.iter().flat_map(Loop::values);
        let certain = around.is_certain();
        let runs = certain && is_unconditional(&include.keywords);
        for node in named.into_iter().chain(repeated) {
            self.template(node);
            if runs {
                self.names.uses(node, &local, engine);
            }
        }
        if let (Some(condition), true) = (include.keywords.when.first(), certain) {
            self.names.uses_of_condition(condition, &local, engine);
        }
    }
}

/// Returns the arguments that `module_defaults` around a task gives it.
fn defaults<'a>(task: &'a Task, entry: &Entry, around: &'a Around<'a>) -> Vec<&'a (Node, Node)> {
    let given = |key: &Node| {
        let name = key.as_text().map(|name| entry.canonical(name));
        let mut own = task.action.arguments.iter();
        own.any(|(key, _)| key.as_text().map(|name| entry.canonical(name)) == name)
    };
    let mut found: Vec<&(Node, Node)> = Vec::new();
    let layers = around.layers().map(|layer| layer.keywords);
    for keywords in std::iter::once(&task.keywords).chain(layers) {
        for (name, arguments) in &keywords.module_defaults {
            let name = name.as_text().unwrap_or_default();
            let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
            if short == task.action.module {
                let map = arguments.as_map().into_iter().flatten();
                let is_new = |(key, _): &&(Node, Node)| {
                    !given(key) && !found.iter().any(|(known, _)| known.data == key.data)
                };
                let new: Vec<_> = map.filter(is_new).collect();
                found.extend(new);
            }
        }
    }
    found
}

/// Returns whether a task is expected to fail: the failure is ignored, or rescued.
pub(super) fn expects_failure(task: &Task, around: &Around<'_>) -> bool {
    let ignored = |value: &Option<Node>| {
        value
            .as_ref()
            .is_some_and(|value| boolean(value) != Some(false))
    };
    around.rescued
        || ignored(&task.keywords.ignore_errors)
        || around
            .layers()
            .any(|layer| ignored(&layer.keywords.ignore_errors))
}

/// Returns the variables that a task itself defines.
pub(super) fn own_names(task: &Task) -> Vec<&str> {
    let vars = task.keywords.vars.iter();
    let mut own = names_of_loop(task.repeat.as_ref());
    own.extend(vars.filter_map(|(key, _)| key.as_text()));
    own
}

/// Returns the conditions of a task besides `when`.
fn conditions(task: &Task) -> impl Iterator<Item = &Node> {
    let changed = task.changed_when.iter().flatten();
    let failed = task.failed_when.iter().flatten();
    let until = task.until.iter().flat_map(|until| &until.conditions);
    let repeat = task.repeat.iter();
    let breaks = repeat.flat_map(|repeat| &repeat.control.break_when);
    changed.chain(failed).chain(until).chain(breaks)
}
