//! The module of a task and its arguments, in all of Ansible's forms.

use super::Reader;
use super::key_value;
use super::keywords::{Entry, unknown_keyword};
use crate::playbook::{Action, Level, keyword_names};
use crate::source::{Place, Problem, did_you_mean};
use crate::yaml::{Data, Map, Node};

/// Modules whose free text is a command; only these keys in it are arguments.
const COMMANDS: &[&str] = &["command", "raw", "script", "shell"];
const COMMAND_KEYS: &[&str] = &[
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
];

/// Modules whose free text may be a single template anyway.
const TAKES_TEMPLATE: &[&str] = &["import_tasks", "include_tasks", "include_vars", "meta"];

/// The key of the arguments that holds free text which is not `key=value`.
pub(super) const RAW: &str = "_raw_params";

/// The key of the arguments that holds a template with further ones.
pub const VARIABLE: &str = "_variable_params";

/// Returns the name of a module or plugin without the prefix of Ansible's own collections.
pub(in crate::playbook) fn short_name(name: &str) -> &str {
    ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

/// A task's module, and where to run it if the form says so.
pub(super) struct Found {
    pub(super) action: Action,
    /// The place of `local_action`.
    pub(super) local: Option<Place>,
}

impl Reader<'_> {
    /// Returns the module of a task: the only key of `others`, or `action` or `local_action`.
    pub(super) fn action(
        &mut self,
        task: &Node,
        entries: &[Entry<'_>],
        others: &[Entry<'_>],
        level: Level,
    ) -> Option<Found> {
        let named = |name: &str| entries.iter().find(|entry| entry.name == name);
        let forms: Vec<&Entry<'_>> = ["action", "local_action"]
            .iter()
            .filter_map(|name| named(name))
            .collect();
        let modules: Vec<&Entry<'_>> = forms
            .iter()
            .copied()
            .chain(self.without_misspelt(others, forms.len(), level))
            .collect();
        let args = named("args").map(|entry| entry.value);
        match modules.as_slice() {
            [] => {
                self.report(no_module(task));
                None
            }
            [entry] if forms.is_empty() => {
                let module = short_name(entry.name).to_owned();
                let arguments = self.arguments(&module, entry.value, args);
                Some(Found {
                    action: Action {
                        module,
                        place: entry.key.place.clone(),
                        arguments,
                    },
                    local: None,
                })
            }
            [entry] => {
                let local = (entry.name == "local_action").then(|| entry.key.place.clone());
                let action = self.action_form(entry, args)?;
                Some(Found { action, local })
            }
            [first, second, ..] => {
                self.report(two_modules(first, second));
                None
            }
        }
    }

    /// Treats keys similar to a keyword as misspelt, if several keys could be modules.
    fn without_misspelt<'e, 'a>(
        &mut self,
        others: &'e [Entry<'a>],
        forms: usize,
        level: Level,
    ) -> Vec<&'e Entry<'a>> {
        if others.len() + forms < 2 {
            return others.iter().collect();
        }
        let mut modules = Vec::new();
        for entry in others {
            let old = ["sudo", "sudo_user", "su", "su_user", "static"].contains(&entry.name);
            if old || did_you_mean(entry.name, keyword_names(level)).is_some() {
                self.report(unknown_keyword(entry.key, entry.name, level));
            } else {
                modules.push(entry);
            }
        }
        modules
    }

    /// `action: copy src=a dest=b`, or a mapping with the module under `module`.
    fn action_form(&mut self, entry: &Entry<'_>, args: Option<&Node>) -> Option<Action> {
        let value = entry.value;
        let text = match value.get("module") {
            Some(module) => module,
            None => value,
        };
        let tokens = text.as_text().and_then(|text| {
            let tokens = key_value::split(text)?;
            let (name, rest) = tokens.split_first()?;
            Some((name.trim().to_owned(), rest.join(" ")))
        });
        let Some((name, rest)) = tokens else {
            let problem = Problem::at(&text.place, format!("{} has no module", entry.name));
            self.report(problem.help(format!("such as \"{}: copy src=a dest=b\"", entry.name)));
            return None;
        };
        let module = short_name(&name).to_owned();
        let mut given: Map = Vec::new();
        for (key, value) in value.as_map().into_iter().flatten() {
            match (key.as_text(), value.as_map()) {
                (Some("module"), _) => {}
                (Some("args"), Some(further)) => merge(&mut given, further),
                _ => given.push((key.clone(), value.clone())),
            }
        }
        let text = text_node(&rest, &text.place);
        let mut arguments = self.arguments(&module, &text, args);
        merge(&mut arguments, &given);
        Some(Action {
            module,
            place: entry.value.place.clone(),
            arguments,
        })
    }

    /// Returns the arguments of a module: those after its name, on top of those of `args`.
    pub(super) fn arguments(&mut self, module: &str, value: &Node, args: Option<&Node>) -> Map {
        let mut arguments = args.and_then(Node::as_map).cloned().unwrap_or_default();
        if let Some(template) = args.filter(|args| args.as_text().is_some()) {
            self.refuse_variable_arguments(module, template);
            arguments.push((text_node(VARIABLE, &template.place), template.clone()));
        }
        match &value.data {
            Data::Null => {}
            Data::Map(map) => {
                merge(&mut arguments, map);
                for (key, _) in map.iter().filter(|(key, _)| key.as_text().is_none()) {
                    self.report(key.unexpected(&format!("an argument of {module}"), "a name"));
                }
            }
            Data::Text(text) => {
                let own = self.text_arguments(module, text, value);
                merge(&mut arguments, &own);
            }
            Data::Unsafe(_) | Data::Vault(_) => {
                arguments.push((text_node(RAW, &value.place), value.clone()));
            }
            _ => {
                let takes = if COMMANDS.contains(&module) {
                    "text or a mapping"
                } else {
                    "a mapping"
                };
                let message = format!("{module} takes {takes}, not {}", value.kind());
                let problem = Problem::at(&value.place, message);
                let advice = match (&value.data, COMMANDS.contains(&module)) {
                    (Data::List(_), true) => Some("a list belongs under argv"),
                    (Data::Bool(_) | Data::Integer(_) | Data::Float(_), true) => {
                        Some("put the command in quotes")
                    }
                    _ => None,
                };
                self.report(problem.help(advice.map(str::to_owned)));
            }
        }
        arguments
    }

    fn text_arguments(&mut self, module: &str, text: &str, value: &Node) -> Map {
        let command = COMMANDS.contains(&module);
        let is_key = |key: &str| {
            if command {
                COMMAND_KEYS.contains(&key)
            } else {
                is_argument_name(key.trim())
            }
        };
        let Some(parsed) = key_value::parse(text, is_key) else {
            let message = "a quote or a template brace is never closed";
            self.report(
                Problem::at(&value.place, message)
                    .help("write arguments that contain quotes as a mapping".to_owned()),
            );
            return Map::new();
        };
        let mut arguments: Map = Vec::new();
        for (key, value_text) in &parsed.pairs {
            let place = place_within(value, key).unwrap_or_else(|| value.place.clone());
            let entry = (text_node(key, &place), text_node(value_text, &place));
            merge(&mut arguments, &[entry]);
        }
        if parsed.rest.trim().is_empty() {
            return arguments;
        }
        let rest = parsed.rest.trim();
        let alone = parsed.pairs.is_empty() && rest.starts_with("{{") && rest.ends_with("}}");
        let key = if alone && !command && !TAKES_TEMPLATE.contains(&module) {
            self.refuse_variable_arguments(module, value);
            VARIABLE
        } else {
            RAW
        };
        let raw = text_node(&parsed.rest, &value.place);
        arguments.push((text_node(key, &value.place), raw));
        arguments
    }

    /// Arguments from a template cannot be checked before it is rendered; `set_fact` takes
    /// anything.
    fn refuse_variable_arguments(&mut self, module: &str, value: &Node) {
        if module != "set_fact" {
            let message = format!("the arguments of {module} cannot come from one template");
            let advice = "write a mapping with the arguments' names".to_owned();
            self.report_unless_compat(Problem::at(&value.place, message).help(advice));
        }
    }
}

fn no_module(task: &Node) -> Problem {
    Problem::at(&task.place, "this task has no module")
        .label("no module")
        .help("such as \"command: ls\"".to_owned())
}

fn two_modules(first: &Entry<'_>, second: &Entry<'_>) -> Problem {
    let (one, other) = (first.name, second.name);
    let message = format!("this task has two modules: {one} and {other}");
    let advice = format!("write them as two tasks, or correct \"{other}\" if it is a keyword");
    Problem::at(&second.key.place, message)
        .label("a second module")
        .related(&first.key.place, "the first module")
        .help(advice)
}

/// Whether text before `=` is the name of an argument, or a template that evaluates to one
/// (`set_fact: "{{ name }}=x"`).
fn is_argument_name(key: &str) -> bool {
    if key.starts_with("{{") && key.ends_with("}}") {
        return true;
    }
    key.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && key
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

/// Adds `further` to `map`, replacing existing keys.
fn merge(map: &mut Map, further: &[(Node, Node)]) {
    for (key, value) in further {
        match map.iter_mut().find(|(known, _)| known.data == key.data) {
            Some(entry) => *entry = (key.clone(), value.clone()),
            None => map.push((key.clone(), value.clone())),
        }
    }
}

pub(super) fn text_node(text: &str, place: &Place) -> Node {
    Node {
        data: Data::Text(text.into()),
        place: place.clone(),
    }
}

/// Returns the place of `key=…` in a text, if it occurs exactly once.
fn place_within(value: &Node, key: &str) -> Option<Place> {
    let needle = format!("{key}=");
    let text = value.place.text();
    let mut found = text.match_indices(&needle).map(|(at, _)| at);
    let (Some(at), None) = (found.next(), found.next()) else {
        return None;
    };
    let start = value.place.range.start + at;
    let tail = text.get(at..)?;
    let length = tail.find([' ', '\n']).unwrap_or(tail.len());
    Some(Place::new(&value.place.file, start..start + length))
}
