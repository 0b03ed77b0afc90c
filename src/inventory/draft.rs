//! An inventory while its sources are read.

use super::{Group, Host, Inventory, Strictness, address, range};
use crate::source::{Place, Problem, Problems, Result};
use crate::yaml::{Data, Node};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// The names that stand for this machine even where no inventory has them.
pub(super) const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// An inventory while its sources are read: groups and hosts so far, and what is wrong with them.
pub(super) struct Draft {
    pub(super) groups: IndexMap<Arc<str>, Group>,
    pub(super) hosts: IndexMap<Arc<str>, Host>,
    /// The file being read, for the hosts it names first.
    pub(super) file: Option<PathBuf>,
    pub(super) strictness: Strictness,
    pub(super) problems: Problems,
    pub(super) warnings: Vec<Problem>,
}

impl Draft {
    /// Returns a draft with the groups that every inventory has.
    pub(super) fn new(strictness: Strictness) -> Self {
        let mut groups: IndexMap<Arc<str>, Group> = ["all", "ungrouped"]
            .into_iter()
            .map(|name| (Arc::from(name), Group::new(Arc::from(name), None)))
            .collect();
        if let Some(all) = groups.get_mut("all") {
            all.children.insert(Arc::from("ungrouped"));
        }
        Self {
            groups,
            hosts: IndexMap::new(),
            file: None,
            strictness,
            problems: Problems::default(),
            warnings: Vec::new(),
        }
    }

    /// Notes what Ansible only warns of: a problem, or a warning where Ansible's way is asked for.
    pub(super) fn refuse(&mut self, problem: Problem) {
        match self.strictness {
            Strictness::Strict => self.problems.push(problem),
            Strictness::Ansible => self.warnings.push(problem),
        }
    }

    /// Adds a group, or keeps the one there is.
    pub(super) fn add_group(&mut self, name: &str, place: &Place) -> Arc<str> {
        let name: Arc<str> = Arc::from(name);
        self.groups
            .entry(name.clone())
            .or_insert_with(|| Group::new(name.clone(), None))
            .place
            .get_or_insert_with(|| place.clone());
        name
    }

    /// Puts a group into another; one that is above the other already is refused.
    pub(super) fn add_child(&mut self, parent: &Arc<str>, child: &Arc<str>, place: &Place) {
        if self.is_above(child, parent) {
            let message = if parent == child {
                format!("the group \"{child}\" cannot be a child of itself")
            } else {
                format!("the groups \"{parent}\" and \"{child}\" would each be above the other")
            };
            let problem = Problem::at(place, message).label("this closes a loop of children");
            let first = self.groups.get(child).and_then(|group| group.place.clone());
            self.problems.push(match first {
                Some(first) if first != *place => {
                    problem.related(&first, format!("\"{child}\" is named first here"))
                }
                _ => problem,
            });
        } else if let Some(group) = self.groups.get_mut(parent) {
            group.children.insert(child.clone());
        }
    }

    /// Returns whether `lower` is `upper` or below it.
    fn is_above(&self, upper: &Arc<str>, lower: &Arc<str>) -> bool {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut open: Vec<&str> = vec![upper];
        while let Some(name) = open.pop() {
            if name == &**lower {
                return true;
            }
            if seen.insert(name)
                && let Some(group) = self.groups.get(name)
            {
                open.extend(group.children.iter().map(|child| &**child));
            }
        }
        false
    }

    /// Adds the hosts that a pattern such as `web[1:3]:2222` stands for to a group, each with
    /// these variables.
    pub(super) fn add_hosts(
        &mut self,
        pattern: &str,
        group: &Arc<str>,
        variables: &[(Arc<str>, Node)],
        place: &Place,
    ) {
        // What is no address at all is taken as it is written, as Ansible does.
        let (names, port) = address::parse(pattern).unwrap_or((pattern, None));
        let names = match range::expand(names) {
            Ok(names) => names,
            Err(message) => {
                let message = format!("\"{pattern}\" is no host name: {message}");
                self.problems.push(Problem::at(place, message));
                return;
            }
        };
        if names.is_empty() {
            let message = format!("\"{pattern}\" stands for no host: the range runs backwards");
            self.warnings.push(Problem::at(place, message));
        }
        for name in names {
            self.add_host(&Arc::from(name), port, group, variables, place);
        }
    }

    fn add_host(
        &mut self,
        name: &Arc<str>,
        port: Option<u16>,
        group: &Arc<str>,
        variables: &[(Arc<str>, Node)],
        place: &Place,
    ) {
        if !self.hosts.contains_key(name) {
            let port = port.map(|port| Node {
                data: Data::Integer(i64::from(port)),
                place: place.clone(),
            });
            let host = Host {
                name: name.clone(),
                groups: Vec::new(),
                variables: Arc::new(
                    port.map(|port| (Arc::from("ansible_port"), port))
                        .into_iter()
                        .collect(),
                ),
                file: self.file.clone(),
                place: place.clone(),
            };
            self.hosts.insert(name.clone(), host);
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.insert(name.clone());
        }
        // Where a group has the host's name Ansible sets the variables of the group.
        let target = match self.groups.get_mut(name) {
            Some(group) => Some(&mut group.variables),
            None => self.hosts.get_mut(name).map(|host| &mut host.variables),
        };
        if let Some(target) = target
            && !variables.is_empty()
        {
            Arc::make_mut(target).extend(variables.iter().cloned());
        }
    }

    /// Sets a variable of a group; `ansible_group_priority` sets its priority.
    pub(super) fn set_group_variable(&mut self, group: &Arc<str>, name: Arc<str>, value: Node) {
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        if &*name != "ansible_group_priority" {
            Arc::make_mut(&mut group.variables).insert(name, value);
            return;
        }
        let priority = match &value.data {
            Data::Integer(number) => Some(*number),
            Data::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match priority {
            Some(priority) => group.priority = priority,
            None => self.problems.push(
                Problem::at(
                    &value.place,
                    "ansible_group_priority must be a whole number",
                )
                .label("expected a whole number"),
            ),
        }
    }

    /// Returns the inventory, every group below `all` and every host in a group.
    pub(super) fn finish(mut self, folders: Vec<PathBuf>) -> Result<Inventory> {
        self.connect_groups();
        if !self.problems.0.is_empty() {
            return Err(self.problems);
        }
        self.set_depths();
        let parents = self.parents();
        self.settle_ungrouped();
        self.set_host_groups(&parents);
        self.warn_of_shared_names();
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
            vars_files: super::VarsFiles::default(),
        })
    }

    /// Puts every group that is in no other into `all`.
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

    /// Returns the groups that each group is directly in.
    fn parents(&self) -> HashMap<Arc<str>, Vec<Arc<str>>> {
        let mut parents: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for (name, group) in &self.groups {
            for child in &group.children {
                parents.entry(child.clone()).or_default().push(name.clone());
            }
        }
        parents
    }

    /// Sets each group's depth, visiting a group after all that it is in.
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

    /// Takes hosts that are in a group out of `ungrouped`, and puts all others into it.
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

    /// Gives each host the groups it is in, in the order of precedence.
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

    fn warn_of_shared_names(&mut self) {
        for (name, host) in &self.hosts {
            if self.groups.contains_key(name) {
                let message = format!("\"{name}\" is a host and a group");
                let advice = "as in Ansible, variables given with the host are the group's; \
                              give one of them another name";
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
