//! `ansible_failed_task`: the failed task, as seen by `rescue`.

use crate::playbook::Task;
use crate::value::{self, Fields, Value};
use crate::vars::Scope;
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// Returns the failed task: its name (empty if unnamed), its module and arguments, rendered if
/// possible, and its keywords as written.
pub(super) fn of(task: &Task, scope: Option<&Arc<Scope>>) -> Value {
    let mut fields = named(task.name.as_ref(), scope);
    fields.insert("action".to_owned(), task.action.module.clone().into());
    fields.insert("args".to_owned(), arguments(&task.action.arguments, scope));
    let tags = task.keywords.tags.iter().cloned().collect();
    fields.insert("tags".to_owned(), tags);
    let when = task.keywords.when.iter().map(Node::to_value).collect();
    fields.insert("when".to_owned(), when);
    let keywords = [
        ("register", &task.register),
        ("delegate_to", &task.keywords.delegate_to),
        ("ignore_errors", &task.keywords.ignore_errors),
        ("run_once", &task.keywords.run_once),
    ];
    for (name, node) in keywords {
        let value = node.as_ref().map_or(Value::from(()), Node::to_value);
        fields.insert(name.to_owned(), value);
    }
    value::map(fields)
}

/// Returns the value for a failed include or script, which has no module.
pub(super) fn without_module(name: Option<&Node>) -> Value {
    value::map(named(name, None))
}

fn named(name: Option<&Node>, scope: Option<&Arc<Scope>>) -> Fields {
    let name = name.map_or_else(|| Value::from(""), |name| rendered(name, scope));
    Fields::from([("name".to_owned(), name)])
}

fn arguments(arguments: &Map, scope: Option<&Arc<Scope>>) -> Value {
    let entries = arguments.iter();
    let rendered = entries.map(|(key, node)| (key.to_value().to_string(), rendered(node, scope)));
    value::map(rendered.collect())
}

/// Returns the value of a node, or as written if it cannot be rendered, which may be why the task
/// failed.
fn rendered(node: &Node, scope: Option<&Arc<Scope>>) -> Value {
    let value = scope.and_then(|scope| scope.render(node).ok());
    let known = value.filter(value::can_be_shown);
    known.unwrap_or_else(|| node.to_value())
}
