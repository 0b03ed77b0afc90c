//! The variables of a host in layers, in Ansible's order of precedence.

use super::{Group, Inventory, Variables, draft::LOCALHOST};
use crate::source::{LocalPath, Problem, Problems, Result, SourceFile, did_you_mean};
use crate::yaml;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Variables with the same origin, and so the same precedence.
#[derive(Debug, Clone)]
pub struct VariableLayer {
    /// Their origin: `group web`, `host web1` (in the inventory), or their file, such as
    /// `group_vars/web/10-main.yml`.
    pub origin: String,
    /// The variables, each node with its own place.
    pub variables: Arc<Variables>,
}

impl Inventory {
    /// Returns the variables of a host, lowest precedence first; a later layer replaces whole
    /// variables of an earlier one. The `group_vars` and `host_vars` next to `playbook_folder`
    /// count too.
    ///
    /// The order is Ansible's: groups of the inventory from `all` to the deepest, `group_vars/all`
    /// next to the inventory and next to the playbook, then `group_vars` of the other groups next
    /// to the inventory and next to the playbook, the host in the inventory, `host_vars` next to
    /// the inventory and next to the playbook.
    ///
    /// Fails if a file of variables is invalid, or if there is no such host.
    pub fn host_variables(
        &self,
        host: &str,
        playbook_folder: Option<&Path>,
    ) -> Result<Vec<VariableLayer>> {
        let own = self.own_layer(host)?;
        let groups: Vec<&str> = match self.hosts.get(host) {
            Some(host) => host.groups.iter().map(|name| &**name).collect(),
            None => vec!["all"],
        };
        let (all, others): (Vec<&str>, Vec<&str>) = groups.iter().partition(|name| **name == "all");
        let inventory: Vec<&Path> = self.folders.iter().map(|path| &**path).collect();
        let playbook = playbook_folder.map(LocalPath::of);
        let playbook: Vec<&Path> = playbook.iter().map(|path| &**path).collect();

        let mut layers: Vec<VariableLayer> = groups
            .iter()
            .filter_map(|name| self.groups.get(*name))
            .map(group_layer)
            .collect();
        self.add_files(&mut layers, &inventory, "group_vars", &all)?;
        self.add_files(&mut layers, &playbook, "group_vars", &all)?;
        self.add_files(&mut layers, &inventory, "group_vars", &others)?;
        self.add_files(&mut layers, &playbook, "group_vars", &others)?;
        layers.push(own);
        self.add_files(&mut layers, &inventory, "host_vars", &[host])?;
        self.add_files(&mut layers, &playbook, "host_vars", &[host])?;
        layers.retain(|layer| !layer.variables.is_empty());
        // A file next to both inventory and playbook only counts in its last position.
        let mut seen = HashSet::new();
        let mut last: Vec<bool> = layers
            .iter()
            .rev()
            .map(|layer| seen.insert(&layer.origin))
            .collect();
        layers.retain(|_| last.pop().unwrap_or(true));
        Ok(layers)
    }

    /// Returns the variables of a group itself, lowest precedence first.
    pub fn group_variables(
        &self,
        group: &Group,
        playbook_folder: Option<&Path>,
    ) -> Result<Vec<VariableLayer>> {
        let playbook = playbook_folder.map(LocalPath::of);
        let folders: Vec<&Path> = self
            .folders
            .iter()
            .chain(&playbook)
            .map(|path| &**path)
            .collect();
        let mut layers = vec![group_layer(group)];
        self.add_files(&mut layers, &folders, "group_vars", &[&group.name])?;
        Ok(layers)
    }

    fn add_files(
        &self,
        layers: &mut Vec<VariableLayer>,
        folders: &[&Path],
        kind: &str,
        names: &[&str],
    ) -> Result<()> {
        let mut problems = Problems::default();
        for folder in folders {
            let folder = folder.join(kind);
            for name in names {
                let found = problems.take(self.vars_files.layers(&folder, name));
                layers.extend(found.iter().flat_map(|found| found.iter().cloned()));
            }
        }
        problems.or(())
    }

    /// Returns the variables set for a host in the inventory.
    pub(super) fn own_layer(&self, name: &str) -> Result<VariableLayer> {
        if let Some(host) = self.hosts.get(name) {
            return Ok(VariableLayer {
                origin: format!("host {name}"),
                variables: host.variables.clone(),
            });
        }
        if !LOCALHOST.contains(&name) {
            let names = self.hosts.keys().map(|name| &**name);
            let problem = Problem::new(format!("no host is named \"{name}\""));
            return Err(problem.help(did_you_mean(name, names)).into());
        }
        let origin = "<implicit localhost>";
        let node = yaml::read(&SourceFile::new(origin, "ansible_connection: local\n"))?;
        let variables = node.get("ansible_connection").cloned();
        Ok(VariableLayer {
            origin: origin.to_owned(),
            variables: Arc::new(
                variables
                    .map(|node| (Arc::from("ansible_connection"), node))
                    .into_iter()
                    .collect(),
            ),
        })
    }
}

fn group_layer(group: &Group) -> VariableLayer {
    VariableLayer {
        origin: format!("group {}", group.name),
        variables: group.variables.clone(),
    }
}
