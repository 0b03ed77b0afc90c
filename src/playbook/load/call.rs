//! The key and the arguments of an import or include.

use super::Reader;
use super::action::{RAW, short_name};
use super::item::Keys;
use super::keywords::{Entry, unknown_keyword};
use super::scope::Scope;
use crate::playbook::{Level, boolean};
use crate::source::{Problem, did_you_mean};
use crate::yaml::{Map, Node};

/// Keys that look like modules but bring in tasks of other files.
pub(super) const NAMES: &[&str] = &[
    "import_role",
    "import_tasks",
    "include",
    "include_role",
    "include_tasks",
];

const TASKS_ARGUMENTS: &[&str] = &["file", RAW, "apply"];
pub(super) const ROLE_ARGUMENTS: &[&str] = &[
    "name",
    "role",
    "tasks_from",
    "vars_from",
    "defaults_from",
    "handlers_from",
    "apply",
    "public",
    "allow_duplicates",
    "rolespec_validate",
];

/// The key of an import or include, and its arguments.
pub(super) struct Call<'a> {
    pub(super) module: &'a str,
    pub(super) entry: Entry<'a>,
    pub(super) arguments: Map,
}

impl Call<'_> {
    /// Returns the first argument with one of these names.
    pub(super) fn get(&self, names: &[&str]) -> Option<&Node> {
        self.arguments
            .iter()
            .find(|(key, _)| key.as_text().is_some_and(|name| names.contains(&name)))
            .map(|(_, value)| value)
    }

    /// Returns `tasks_from` and the like.
    pub(super) fn role_files(&self) -> Map {
        let is_from = |key: &Node| key.as_text().is_some_and(|name| name.ends_with("_from"));
        let arguments = self.arguments.iter();
        arguments.filter(|(key, _)| is_from(key)).cloned().collect()
    }
}

impl Reader<'_> {
    /// Returns the import or include of a task, after checking the names of its arguments.
    pub(super) fn call<'a>(&mut self, keys: &Keys<'a>) -> Option<Call<'a>> {
        let is_call = |entry: &&Entry<'a>| NAMES.contains(&short_name(entry.name));
        let entry = *keys.others.iter().find(is_call)?;
        let module = short_name(entry.name);
        for other in keys.others.iter().filter(|other| other.name != entry.name) {
            let level = if module.starts_with("import") {
                Level::Import
            } else {
                Level::Include
            };
            self.report(unknown_keyword(other.key, other.name, level));
        }
        let args = keys.entries.iter().find(|entry| entry.name == "args");
        let arguments = self.arguments(module, entry.value, args.map(|entry| entry.value));
        let known = if module.ends_with("tasks") {
            TASKS_ARGUMENTS
        } else {
            ROLE_ARGUMENTS
        };
        for (key, _) in &arguments {
            let name = key.to_value().to_string();
            // A role's name as bare text is reported as its missing name.
            if name != RAW && !known.contains(&name.as_str()) {
                let message = format!("{module} has no argument \"{name}\"");
                let shown = known.iter().copied().filter(|name| *name != RAW);
                self.report(Problem::at(&key.place, message).help(did_you_mean(&name, shown)));
            }
        }
        Some(Call {
            module,
            entry,
            arguments,
        })
    }

    pub(super) fn refuse_handler(&mut self, call: &Call<'_>, scope: &Scope) -> Option<()> {
        if !scope.handlers {
            return Some(());
        }
        let message = format!("{} cannot be a handler", call.module);
        self.report(Problem::at(&call.entry.key.place, message));
        None
    }

    pub(super) fn file_argument<'c>(&mut self, call: &'c Call<'_>) -> Option<&'c Node> {
        let file = call.get(&[RAW, "file"]);
        let good = file.filter(|file| file.as_text().is_some_and(|text| !text.is_empty()));
        if good.is_none() {
            let message = format!("{} has no file", call.module);
            let place = file.map_or(&call.entry.key.place, |file| &file.place);
            self.report(Problem::at(place, message));
        }
        good
    }

    pub(super) fn role_argument<'c>(&mut self, call: &'c Call<'_>) -> Option<&'c Node> {
        let name = call.get(&["name", "role"]);
        let good = name.filter(|name| name.as_text().is_some_and(|text| !text.is_empty()));
        if good.is_none() {
            let message = format!("{} has no role", call.module);
            let place = name.map_or(&call.entry.key.place, |name| &name.place);
            let advice = format!("write \"{}: {{name: …}}\"", call.module);
            self.report(Problem::at(place, message).help(advice));
        }
        for (key, value) in call.role_files() {
            if value.as_text().is_none() {
                let name = key.to_value().to_string();
                self.report(value.unexpected(&name, "the name of a file"));
            }
        }
        good
    }

    pub(super) fn flag(&mut self, call: &Call<'_>, name: &str, default: bool) -> bool {
        let Some(value) = call.get(&[name]) else {
            return default;
        };
        boolean(value).unwrap_or_else(|| {
            self.report(value.unexpected(name, "a boolean"));
            default
        })
    }
}
