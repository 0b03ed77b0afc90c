//! Completes a draft to an inventory: every group below `all`, every host in a group, the order of
//! precedence.

use super::draft::{Draft, LOCALHOST};
use super::{Inventory, VarsFiles, connection_variables};
use crate::source::{LocalPath, Problem, Result};
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Draft {
    /// Returns the inventory, every group below `all` and every host in a group.
    pub(super) fn finish(mut self, folders: Vec<LocalPath>) -> Result<Inventory> {
        self.connect_groups();
        if !self.problems.0.is_empty() {
            return Err(self.problems);
        }
        self.set_depths();
        let parents = self.parents();
        self.settle_ungrouped();
        self.set_host_groups(&parents);
        self.warn_of_slips();
        let localhost = self
            .hosts
            .keys()
            .find(|name| LOCALHOST.contains(&&***name))
            .cloned();
        Ok(Inventory {
            groups: self.groups,
            hosts: self.hosts,
            localhost,
            folders,
            strictness: self.strictness,
            warnings: self.warnings,
            vars_files: VarsFiles::default(),
            missing: None,
        })
    }

    /// Puts every group without a parent into `all`.
    fn connect_groups(&mut self) {
        let parents = self.parents();
        let alone: Vec<Arc<str>> = self
            .groups
            .keys()
            .filter(|name| &***name != "all" && !parents.contains_key(*name))
            .cloned()
            .collect();
        let all: Arc<str> = Arc::from("all");
        for name in alone {
            match self.groups.get(&name).and_then(|group| group.place.clone()) {
                Some(place) => self.add_child(&all, &name, &place),
                None => {
                    self.groups.entry(all.clone()).and_modify(|group| {
                        group.children.insert(name);
                    });
                }
            }
        }
    }

    /// Returns the direct parents of each group.
    fn parents(&self) -> HashMap<Arc<str>, Vec<Arc<str>>> {
        let mut parents: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for (name, group) in &self.groups {
            for child in &group.children {
                parents.entry(child.clone()).or_default().push(name.clone());
            }
        }
        parents
    }

    /// Sets each group's depth, visiting a group after all its parents.
    fn set_depths(&mut self) {
        let mut open: HashMap<Arc<str>, usize> = self
            .parents()
            .into_iter()
            .map(|(name, parents)| (name, parents.len()))
            .collect();
        let mut ready: Vec<Arc<str>> = vec![Arc::from("all")];
        while let Some(name) = ready.pop() {
            let Some(group) = self.groups.get(&name) else {
                continue;
            };
            let depth = group.depth + 1;
            for child in group.children.clone() {
                if let Some(group) = self.groups.get_mut(&child) {
                    group.depth = group.depth.max(depth);
                }
                let left = open.entry(child.clone()).or_insert(1);
                *left -= 1;
                if *left == 0 {
                    ready.push(child);
                }
            }
        }
    }

    /// Removes hosts that are in a group from `ungrouped`, and adds all others to it.
    fn settle_ungrouped(&mut self) {
        let grouped: HashSet<Arc<str>> = self
            .groups
            .values()
            .filter(|group| !["all", "ungrouped"].contains(&&*group.name))
            .flat_map(|group| group.hosts.iter().cloned())
            .collect();
        let free: Vec<Arc<str>> = self
            .hosts
            .keys()
            .filter(|name| !grouped.contains(*name))
            .cloned()
            .collect();
        if let Some(ungrouped) = self.groups.get_mut("ungrouped") {
            ungrouped.hosts.retain(|name| !grouped.contains(name));
            ungrouped.hosts.extend(free);
        }
    }

    /// Sets each host's groups, in order of precedence.
    fn set_host_groups(&mut self, parents: &HashMap<Arc<str>, Vec<Arc<str>>>) {
        let mut of_host: HashMap<Arc<str>, IndexSet<Arc<str>>> = HashMap::new();
        for (name, group) in &self.groups {
            let mut groups = above(name, parents);
            groups.insert(name.clone());
            for host in &group.hosts {
                of_host
                    .entry(host.clone())
                    .or_default()
                    .extend(groups.iter().cloned());
            }
        }
        for (name, host) in &mut self.hosts {
            let mut groups: Vec<_> = of_host
                .remove(name)
                .unwrap_or_default()
                .into_iter()
                .collect();
            groups.sort_by_key(|name| {
                let group = self.groups.get(name);
                (
                    group.map(|group| (group.depth, group.priority)),
                    name.clone(),
                )
            });
            host.groups = groups;
        }
    }

    fn warn_of_slips(&mut self) {
        let groups = self.groups.values().map(|group| &group.variables);
        let hosts = self.hosts.values().map(|host| &host.variables);
        for (name, value) in groups.chain(hosts).flat_map(|variables| variables.iter()) {
            if let Some(meant) = connection_variables::probably_meant(name) {
                let message = format!("\"{name}\" is not a connection variable");
                let problem = Problem::at(&value.place, message);
                let problem = problem.help(format!("did you mean \"{meant}\"?"));
                if !self.warnings.contains(&problem) {
                    self.warnings.push(problem);
                }
            }
        }

        for (name, host) in &self.hosts {
            if self.groups.contains_key(name) {
                let message = format!("\"{name}\" is both a host and a group");
                let advice = "as in Ansible, variables set for the host become the group's; rename \
                              one of them";
                self.warnings
                    .push(Problem::at(&host.place, message).help(advice.to_owned()));
            }
        }
    }
}

/// Returns all groups above a group.
fn above(name: &Arc<str>, parents: &HashMap<Arc<str>, Vec<Arc<str>>>) -> IndexSet<Arc<str>> {
    let mut found: IndexSet<Arc<str>> = IndexSet::new();
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        for parent in parents.get(name).into_iter().flatten() {
            if found.insert(parent.clone()) {
                open.push(parent);
            }
        }
    }
    found
}
