//! Inventories in YAML: groups, each with `hosts`, `vars` and `children`.

use super::{Draft, entries, variable_name};
use crate::source::{Problem, did_you_mean};
use crate::yaml::{Data, Map, Node};
use std::sync::Arc;

const SECTIONS: [&str; 3] = ["hosts", "vars", "children"];

/// Adds the groups of a file to an inventory.
pub(super) fn read(draft: &mut Draft, groups: &Map) {
    if let Some((key, plugin)) = groups
        .iter()
        .find(|(key, _)| key.as_text() == Some("plugin"))
        && plugin.as_text().is_some()
    {
        let message = "inventory plugins are not supported";
        let problem = Problem::at(&key.place, message)
            .help("list the hosts in a file, or use a script to write one".to_owned());
        draft.problems.push(problem);
        return;
    }
    for (name, data) in groups {
        read_group(draft, name, data);
    }
}

/// Adds a group and everything in it. Returns its name, if that is valid.
fn read_group(draft: &mut Draft, key: &Node, data: &Node) -> Option<Arc<str>> {
    let name = match key.as_text() {
        Some(text) if !text.is_empty() => text,
        _ => {
            draft.problems.push(no_name(key, "group"));
            return None;
        }
    };
    let sections = match &data.data {
        Data::Map(sections) => sections.as_slice(),
        Data::Null => &[],
        _ => {
            let what = format!("the group \"{name}\"");
            draft.refuse(data.unexpected(&what, "a mapping with hosts, vars or children"));
            return None;
        }
    };
    let group = draft.add_group(name, &key.place);
    for (key, value) in sections {
        read_section(draft, &group, key, value);
    }
    Some(group)
}

fn read_section(draft: &mut Draft, group: &Arc<str>, key: &Node, value: &Node) {
    let section = key.as_text().unwrap_or_default();
    if !SECTIONS.contains(&section) {
        draft.refuse(unknown_section(group, key));
        return;
    }
    // A single name may be plain text, as in Ansible.
    let alone = [(
        value.clone(),
        Node {
            data: Data::Null,
            place: value.place.clone(),
        },
    )];
    let entries = match &value.data {
        Data::Map(entries) => entries.as_slice(),
        Data::Null => &[],
        Data::Text(_) => {
            if section == "vars" {
                draft.warnings.push(value.unexpected("vars", "a mapping"));
            }
            &alone
        }
        _ => {
            let what = format!("\"{section}\" of the group \"{group}\"");
            let problem = value.unexpected(&what, "a mapping");
            let names = value.as_list().is_some() && section != "vars";
            let advice = names.then(|| "write \"NAME:\" instead of \"- NAME\"".to_owned());
            draft.problems.push(problem.help(advice));
            return;
        }
    };
    for (name, value) in entries {
        match section {
            "hosts" => read_host(draft, group, name, value),
            "vars" => match variable_name(name) {
                Ok(name) => draft.set_group_variable(group, name, value.clone()),
                Err(problem) => draft.problems.push(problem),
            },
            _ => {
                if let Some(child) = read_group(draft, name, value) {
                    draft.add_child(group, &child, &name.place);
                }
            }
        }
    }
}

fn read_host(draft: &mut Draft, group: &Arc<str>, key: &Node, value: &Node) {
    let pattern = match key.as_text() {
        Some(text) if !text.is_empty() => text,
        _ => {
            draft.problems.push(no_name(key, "host"));
            return;
        }
    };
    let Some(entries) = entries(value) else {
        let what = format!("the variables of the host \"{pattern}\"");
        draft.problems.push(value.unexpected(&what, "a mapping"));
        return;
    };
    let mut variables = Vec::new();
    for (name, value) in entries {
        match variable_name(name) {
            Ok(name) => variables.push((name, value.clone())),
            Err(problem) => draft.problems.push(problem),
        }
    }
    draft.add_hosts(pattern, group, &variables, &key.place);
}

fn unknown_section(group: &str, key: &Node) -> Problem {
    let name = key.to_value().to_string();
    let advice = did_you_mean(&name, SECTIONS).unwrap_or_else(|| {
        if SECTIONS.contains(&group) {
            format!("a file starts with groups: put \"all:\" above \"{group}:\"")
        } else {
            format!("a group has hosts, vars and children: is \"{name}\" one of these?")
        }
    });
    Problem::at(
        &key.place,
        format!("the group \"{group}\" has no key \"{name}\""),
    )
    .label("expected hosts, vars or children")
    .help(advice)
}

/// Returns the problem for a name that is empty or not text.
fn no_name(key: &Node, of: &str) -> Problem {
    if key.as_text().is_some() {
        return Problem::at(&key.place, format!("the name of a {of} is empty"));
    }
    key.unexpected(&format!("the name of a {of}"), "text")
        .help("quote it".to_owned())
}
