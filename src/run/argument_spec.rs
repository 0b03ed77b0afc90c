//! `meta/argument_specs.yml`: the variables of a role, checked before its first task.

use super::failed_task;
use super::frame::Frame;
use super::outcome::Outcome;
use super::position::Position;
use super::tell::Called;
use super::walk::{Flow, Walk};
use crate::playbook::RoleUse;
use crate::report::Status;
use crate::source::{Problem, did_you_mean};
use crate::value::{self, Value};
use crate::vars::Scope;
use crate::yaml::Node;
use minijinja::value::ValueKind;
use std::sync::Arc;

impl Walk<'_, '_> {
    /// Checks a role's variables as a task of its own, as Ansible does.
    pub(super) fn argument_spec(
        &mut self,
        used: &RoleUse,
        inner: &Frame<'_>,
        scope: &Arc<Scope>,
        position: &Position,
    ) -> Flow {
        let Some((entry_point, spec)) = used
            .role
            .argument_spec
            .as_ref()
            .filter(|_| used.rolespec_validate)
        else {
            return Flow::Next;
        };
        let problem = spec
            .get("options")
            .and_then(|options| first_problem(options, scope));
        let outcome = match problem {
            None => Outcome::new(Status::Ok),
            Some(problem) => problem.into(),
        };
        let description = spec
            .get("short_description")
            .map(|node| node.to_value().to_string());
        let description = description.map_or(String::new(), |text| format!(" - {text}"));
        let written = format!("Validating arguments against arg spec '{entry_point}'{description}");
        let name = Called {
            name: written.clone(),
            role: Some(&used.role.name),
            action: "validate_argument_spec".to_owned(),
            handler: false,
        };
        let task = self.play.named(name, &spec.place, &written, position);
        self.play.tell_made(self.host, &task, &outcome);
        if outcome.counts_as_failed() {
            return self.fails(
                failed_task::without_module(None),
                outcome,
                self.is_fatal_in(inner),
            );
        }
        Flow::Next
    }
}

fn first_problem(options: &Node, scope: &Arc<Scope>) -> Option<Problem> {
    let options = options.as_map()?;
    options.iter().find_map(|(key, spec)| {
        let name = key.as_text()?;
        let value = scope.get(name);
        let what = format!("the variable \"{name}\"");
        let sealed = scope.place(name).and_then(|node| node.undecrypted(&what));
        if sealed.is_some() {
            return sealed;
        }
        // A value that cannot be rendered is reported where it is used.
        let value = value.filter(|value| value.kind() != ValueKind::Invalid);
        let problem = check(name, key, spec, value)?;
        // What somebody wrote is shown where it is written.
        match scope.place(name) {
            Some(node) => Some(Problem {
                place: Some(node.place.clone()),
                label: "set here".to_owned(),
                ..problem
            }),
            None => Some(problem),
        }
    })
}

/// Returns what is wrong with one variable.
fn check(name: &str, key: &Node, spec: &Node, given: Option<Value>) -> Option<Problem> {
    let required = spec
        .get("required")
        .is_some_and(|node| value::boolean(&node.to_value()) == Some(true));
    let value = match given {
        Some(value) if !value.is_undefined() && !value.is_none() => value,
        _ if required => {
            let problem = Problem::at(
                &key.place,
                format!("the role needs the variable \"{name}\""),
            );
            return Some(problem.label("required here"));
        }
        _ => return None,
    };
    if value::unknown_in(&value).is_some() {
        return None;
    }
    let wanted = spec
        .get("type")
        .map_or_else(|| "str".to_owned(), |node| node.to_value().to_string());
    if !is_of_type(&value, &wanted) {
        let message = format!(
            "the variable \"{name}\" must be {}, not {value}",
            article(&wanted)
        );
        return Some(Problem::at(&key.place, message).label("declared here"));
    }
    if let Some(choices) = spec.get("choices").and_then(Node::as_list) {
        let choices: Vec<_> = choices
            .iter()
            .map(|node| node.to_value().to_string())
            .collect();
        let items: Vec<Value> = match value.try_iter() {
            Ok(items) if value.kind() == ValueKind::Seq => items.collect(),
            _ => vec![value.clone()],
        };
        let wrong = items
            .iter()
            .map(ToString::to_string)
            .find(|item| !choices.contains(item));
        if let Some(wrong) = wrong {
            let message = format!(
                "the variable \"{name}\" must be one of {}, not {wrong}",
                choices.join(", ")
            );
            return Some(
                Problem::at(&key.place, message)
                    .label("declared here")
                    .help(did_you_mean(&wrong, choices.iter().map(String::as_str))),
            );
        }
    }
    nested(name, spec, &value)
}

/// Checks the entries of a mapping, or of each mapping of a list.
fn nested(name: &str, spec: &Node, value: &Value) -> Option<Problem> {
    let options = spec.get("options")?.as_map()?;
    let maps: Vec<Value> = match value.kind() {
        ValueKind::Seq => value.try_iter().ok()?.collect(),
        _ => vec![value.clone()],
    };
    maps.iter().find_map(|map| {
        options.iter().find_map(|(key, spec)| {
            let own = key.as_text()?;
            check(&format!("{name}.{own}"), key, spec, map.get_attr(own).ok())
        })
    })
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    let text = value.to_string();
    match wanted {
        "bool" => value::boolean(value).is_some(),
        "int" => text.parse::<i64>().is_ok(),
        "float" => text.parse::<f64>().is_ok(),
        "list" => matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::Iterable | ValueKind::String
        ),
        "dict" => value.kind() == ValueKind::Map,
        "str" | "path" => !matches!(value.kind(), ValueKind::Map | ValueKind::Seq),
        _ => true,
    }
}

fn article(wanted: &str) -> &str {
    match wanted {
        "bool" => "a boolean",
        "int" => "a whole number",
        "float" => "a number",
        "list" => "a list",
        "dict" => "a mapping",
        _ => "text",
    }
}
