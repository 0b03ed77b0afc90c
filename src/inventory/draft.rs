//! An inventory under construction.

use super::{Group, Host, Strictness, address, range};
use crate::source::{LocalPath, Place, Problem, Problems};
use crate::yaml::{Data, Node};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;

/// The names of this machine, which work even if no inventory contains them.
pub(super) const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// An inventory under construction: the groups, hosts and problems found so far.
pub(super) struct Draft {
    pub(super) groups: IndexMap<Arc<str>, Group>,
    pub(super) hosts: IndexMap<Arc<str>, Host>,
    /// The file being read, recorded for the hosts it names first.
    pub(super) file: Option<LocalPath>,
    pub(super) list: Option<Arc<str>>,
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
            list: None,
            strictness,
            problems: Problems::default(),
            warnings: Vec::new(),
        }
    }

    /// Reports what Ansible only warns about: as a problem, or as a warning in Ansible's mode.
    pub(super) fn refuse(&mut self, problem: Problem) {
        match self.strictness {
            Strictness::Strict => self.problems.push(problem),
            Strictness::Ansible => self.warnings.push(problem),
        }
    }

    /// Adds a group, unless it exists.
    pub(super) fn add_group(&mut self, name: &str, place: &Place) -> Arc<str> {
        let name: Arc<str> = Arc::from(name);
        self.groups
            .entry(name.clone())
            .or_insert_with(|| Group::new(name.clone(), None))
            .place
            .get_or_insert_with(|| place.clone());
        name
    }

    /// Puts a group into another one; a cycle is an error.
    pub(super) fn add_child(&mut self, parent: &Arc<str>, child: &Arc<str>, place: &Place) {
        if is_above(&self.groups, child, parent) {
            let message = if parent == child {
                format!("the group \"{child}\" cannot be a child of itself")
            } else {
                format!("the groups \"{parent}\" and \"{child}\" would contain each other")
            };
            let problem = Problem::at(place, message).label("this closes a cycle of children");
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

    /// Adds the hosts that a pattern such as `web[1:3]:2222` expands to to a group, each with these
    /// variables.
    pub(super) fn add_hosts(
        &mut self,
        pattern: &str,
        group: &Arc<str>,
        variables: &[(Arc<str>, Node)],
        place: &Place,
    ) {
        // Text that is not an address at all is taken literally, as in Ansible.
        let (names, port) = address::parse(pattern).unwrap_or((pattern, None));
        let names = match range::expand(names) {
            Ok(names) => names,
            Err(message) => {
                let message = format!("\"{pattern}\" is not a host name: {message}");
                self.problems.push(Problem::at(place, message));
                return;
            }
        };
        if names.is_empty() {
            let message = format!("\"{pattern}\" matches no host: the range runs backwards");
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
                list: self.list.clone(),
                implicit: false,
                place: place.clone(),
            };
            self.hosts.insert(name.clone(), host);
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.insert(name.clone());
        }
        // If a group has the host's name, Ansible sets the variables of the group.
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
}

/// Returns whether the group `lower` is `upper` or below it.
pub(super) fn is_above(groups: &IndexMap<Arc<str>, Group>, upper: &str, lower: &str) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut open: Vec<&str> = vec![upper];
    while let Some(name) = open.pop() {
        if name == lower {
            return true;
        }
        if seen.insert(name)
            && let Some(group) = groups.get(name)
        {
            open.extend(group.children.iter().map(|child| &**child));
        }
    }
    false
}
