//! An inventory in the form of `ansible-inventory`: `--list` and `--host`.

use super::connection_variables::is_secret;
use super::{Inventory, VariableLayer, Variables};
use crate::host::MASK;
use crate::source::Result;
use crate::yaml::{Data, Node};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Returns the output of `ansible-inventory --list` for these hosts: each group's hosts and
/// children, and the variables of each host.
pub fn list_json(
    inventory: &Inventory,
    hosts: &[Arc<str>],
    playbook_folder: Option<&Path>,
) -> Result<Value> {
    let shown: HashSet<&str> = hosts.iter().map(|host| &**host).collect();
    let mut variables = BTreeMap::new();
    for host in hosts {
        let of_host = host_json(inventory, host, playbook_folder)?;
        if of_host.as_object().is_some_and(|object| !object.is_empty()) {
            variables.insert(host.to_string(), of_host);
        }
    }
    let mut output: BTreeMap<String, Value> = BTreeMap::new();
    let meta = json!({ "hostvars": sorted(variables), "profile": "inventory_legacy" });
    output.insert("_meta".to_owned(), meta);
    for (name, group) in inventory.groups() {
        let mut entry = BTreeMap::new();
        if !group.children.is_empty() {
            entry.insert("children".to_owned(), json!(names(group.children.iter())));
        }
        let hosts = names(group.hosts.iter().filter(|host| shown.contains(&***host)));
        if &**name != "all" && !hosts.is_empty() {
            entry.insert("hosts".to_owned(), json!(hosts));
        }
        if !entry.is_empty() {
            output.insert(name.to_string(), sorted(entry));
        }
    }
    Ok(sorted(output))
}

/// Returns the output of `ansible-inventory --host`: the variables of a host.
pub fn host_json(
    inventory: &Inventory,
    host: &str,
    playbook_folder: Option<&Path>,
) -> Result<Value> {
    let variables = merged(&inventory.host_variables(host, playbook_folder)?);
    let entries = variables
        .iter()
        .map(|(name, node)| (name.to_string(), shown(name, node)));
    Ok(sorted(entries.collect()))
}

/// Formats the JSON like Ansible, indented by four spaces.
pub fn json_text(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    // Writing a JSON value into memory does not fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    String::from_utf8_lossy(&text).into_owned() + "\n"
}

/// Returns the merged variables of the layers.
pub(super) fn merged(layers: &[VariableLayer]) -> Variables {
    let mut variables = Variables::new();
    for layer in layers {
        let entries = layer.variables.iter();
        variables.extend(entries.map(|(name, node)| (name.clone(), node.clone())));
    }
    variables
}

fn names<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Vec<&'a str> {
    names.map(|name| &**name).collect()
}

fn sorted(entries: BTreeMap<String, Value>) -> Value {
    Value::Object(entries.into_iter().collect::<Map<_, _>>())
}

/// Returns the value of a variable as JSON; a password is masked.
fn shown(name: &str, node: &Node) -> Value {
    match &node.data {
        Data::Vault(_) => to_json(node),
        _ if is_secret(name) => json!(MASK),
        _ => to_json(node),
    }
}

pub(super) fn to_json(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Integer(value) => json!(value),
        // JSON has no infinities; Python writes them as these words.
        Data::Float(value) if value.is_nan() => json!("NaN"),
        Data::Float(value) if value.is_infinite() => {
            json!(if *value > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            })
        }
        Data::Float(value) => json!(value),
        Data::Text(text) => json!(**text),
        // Only needed if it would otherwise be read as a template: a script's texts are all unsafe.
        Data::Unsafe(text) if ["{{", "{%", "{#"].iter().any(|open| text.contains(open)) => {
            json!({ "__ansible_unsafe": **text })
        }
        Data::Unsafe(text) => json!(**text),
        Data::Vault(text) => json!({ "__ansible_vault": **text }),
        Data::List(items) => items.iter().map(to_json).collect(),
        Data::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key_text(key), to_json(value)));
            sorted(entries.collect())
        }
        Data::Computed(value) => crate::value::to_json(value),
    }
}

/// Returns a key in JSON's form: always text.
fn key_text(key: &Node) -> String {
    match key.as_text() {
        Some(text) => text.to_owned(),
        None => to_json(key).to_string(),
    }
}
