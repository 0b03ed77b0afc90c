//! An inventory as a tree, in the form of `ansible-inventory --graph`.

use super::connection_variables::is_secret;
use super::{Inventory, Variables, list::merged};
use crate::host::MASK;
use crate::source::{Problem, Result, did_you_mean};
use crate::yaml::Node;
use std::path::Path;

/// Returns the tree of a group: its children, each with its tree, then its hosts.
pub fn graph(inventory: &Inventory, group: &str) -> Result<String> {
    let mut tree = Tree {
        inventory,
        variables: None,
        lines: String::new(),
    };
    tree.start(group)?;
    Ok(tree.lines)
}

/// Returns the same with the variables of each group and host as `{name = value}`; `text` formats a
/// value.
pub fn graph_with_variables(
    inventory: &Inventory,
    group: &str,
    playbook_folder: Option<&Path>,
    text: &dyn Fn(&Node) -> String,
) -> Result<String> {
    let variables = Some(Shown {
        playbook_folder,
        text,
    });
    let mut tree = Tree {
        inventory,
        variables,
        lines: String::new(),
    };
    tree.start(group)?;
    Ok(tree.lines)
}

struct Tree<'a> {
    inventory: &'a Inventory,
    variables: Option<Shown<'a>>,
    lines: String,
}

#[derive(Clone, Copy)]
struct Shown<'a> {
    playbook_folder: Option<&'a Path>,
    text: &'a dyn Fn(&Node) -> String,
}

impl Tree<'_> {
    fn start(&mut self, group: &str) -> Result<()> {
        let groups = self.inventory.groups();
        if groups.contains_key(group) {
            return self.add_group(group, 0);
        }
        let names = groups.keys().map(|name| &**name);
        let problem = Problem::new(format!("no group is named \"{group}\""));
        Err(problem.help(did_you_mean(group, names)).into())
    }

    fn add_group(&mut self, name: &str, depth: usize) -> Result<()> {
        let Some(group) = self.inventory.groups().get(name) else {
            return Ok(());
        };
        self.add_line(&format!("@{name}:"), depth);
        for child in &group.children {
            self.add_group(child, depth + 1)?;
        }
        for host in group.hosts.iter().filter(|_| name != "all") {
            self.add_line(host, depth + 1);
            if let Some(shown) = self.variables {
                let layers = self.inventory.host_variables(host, shown.playbook_folder)?;
                self.add_variables(shown, merged(&layers), depth + 2);
            }
        }
        if let Some(shown) = self.variables {
            let layers = self
                .inventory
                .group_variables(group, shown.playbook_folder)?;
            self.add_variables(shown, merged(&layers), depth + 1);
        }
        Ok(())
    }

    fn add_variables(&mut self, shown: Shown<'_>, mut variables: Variables, depth: usize) {
        variables.sort_unstable_keys();
        for (name, value) in &variables {
            let value = if is_secret(name) {
                MASK.to_owned()
            } else {
                (shown.text)(value)
            };
            self.add_line(&format!("{{{name} = {value}}}"), depth);
        }
    }

    fn add_line(&mut self, text: &str, depth: usize) {
        self.lines.push_str(&"  |".repeat(depth));
        self.lines.push_str(if depth == 0 { "" } else { "--" });
        self.lines.push_str(text);
        self.lines.push('\n');
    }
}
