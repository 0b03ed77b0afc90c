//! Completes a draft to an inventory: every group below `all`, every host in a group, the order of
//! precedence.

use super::draft::{Draft, LOCALHOST};
use super::{Group, Host, Inventory, VarsFiles, connection_variables};
use crate::source::{LocalPath, Problem, Result};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Draft {
    /// Returns the inventory, every group below `all` and every host in a group.
    pub(super) fn finish(mut self, folders: Vec<LocalPath>) -> Result<Inventory> {
        self.connect_groups();
        if !self.problems.0.is_empty() {
            return Err(self.problems);
        }
        set_depths(&mut self.groups);
        self.settle_ungrouped();
        set_host_groups(&self.groups, &mut self.hosts);
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
            grows: false,
            vars_files: VarsFiles::default(),
            missing: None,
        })
    }

    /// Puts every group without a parent into `all`.
    fn connect_groups(&mut self) {
        let parents = parents(&self.groups);
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

/// Returns the direct parents of each group.
pub(super) fn parents(groups: &IndexMap<Arc<str>, Group>) -> HashMap<Arc<str>, Vec<Arc<str>>> {
    let mut parents: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
    for (name, group) in groups {
        for child in &group.children {
            parents.entry(child.clone()).or_default().push(name.clone());
        }
    }
    parents
}

/// Sets each group's depth, visiting a group after all its parents.
pub(super) fn set_depths(groups: &mut IndexMap<Arc<str>, Group>) {
    let mut open: HashMap<Arc<str>, usize> = parents(groups)
        .into_iter()
        .map(|(name, parents)| (name, parents.len()))
        .collect();
    let mut ready: Vec<Arc<str>> = vec![Arc::from("all")];
    while let Some(name) = ready.pop() {
        let Some(group) = groups.get(&name) else {
            continue;
        };
        let depth = group.depth + 1;
        for child in group.children.clone() {
            if let Some(group) = groups.get_mut(&child) {
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

/// Sets each host's groups, in order of precedence.
pub(super) fn set_host_groups(
    groups: &IndexMap<Arc<str>, Group>,
    hosts: &mut IndexMap<Arc<str>, Host>,
) {
    let parents = parents(groups);
    let mut of_host: HashMap<Arc<str>, IndexSet<Arc<str>>> = HashMap::new();
    for (name, group) in groups {
        let mut above = above(name, &parents);
        above.insert(name.clone());
        for host in &group.hosts {
            of_host
                .entry(host.clone())
                .or_default()
                .extend(above.iter().cloned());
        }
    }
    for (name, host) in hosts {
        let found = of_host.remove(name).unwrap_or_default();
        host.groups = by_precedence(groups, found);
    }
}

/// Returns groups in order of precedence.
pub(super) fn by_precedence(
    groups: &IndexMap<Arc<str>, Group>,
    names: IndexSet<Arc<str>>,
) -> Vec<Arc<str>> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|name| {
        let group = groups.get(name);
        (
            group.map(|group| (group.depth, group.priority)),
            name.clone(),
        )
    });
    names
}

/// Returns all groups above a group.
pub(super) fn above(
    name: &Arc<str>,
    parents: &HashMap<Arc<str>, Vec<Arc<str>>>,
) -> IndexSet<Arc<str>> {
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
