//! Hosts and groups, patterns that select them, and their variables.

mod address;
pub mod connection_variables;
mod draft;
mod finish;
#[doc(hidden)]
pub mod foreign;
mod graph;
mod group;
mod grow;
mod host;
mod ini_file;
mod list;
mod origins;
mod pattern;
mod python_literal;
mod python_text;
mod range;
mod script_file;
mod sources;
mod variable_layer;
mod vars_files;
mod words;
mod yaml_file;

use crate::source::{LocalPath, Problem, Result};
use crate::yaml::{Data, Node};
use draft::Draft;
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;
use vars_files::VarsFiles;

pub use graph::{graph, graph_with_variables};
pub use group::Group;
pub use host::Host;
pub use list::{host_json, json_text, list_json};
pub use origins::{Definition, origins, origins_table};
pub use pattern::Meant;
pub use sources::sources_in;
pub use variable_layer::VariableLayer;

/// Variables by name, with unrendered templates.
pub type Variables = IndexMap<Arc<str>, Node>;

/// How to treat mistakes that Ansible only warns about.
#[derive(Debug, Clone, Copy)]
enum Strictness {
    /// As problems.
    Strict,
    /// As warnings.
    Ansible,
}

/// The hosts and groups of a run.
#[derive(Debug)]
pub struct Inventory {
    groups: IndexMap<Arc<str>, Group>,
    hosts: IndexMap<Arc<str>, Host>,
    /// The host of the inventory that every name of this machine refers to.
    localhost: Option<Arc<str>>,
    /// The folders of the sources, whose `group_vars` and `host_vars` are used.
    folders: Vec<LocalPath>,
    strictness: Strictness,
    warnings: Vec<Problem>,
    vars_files: VarsFiles,
    /// Why there is no inventory, as a hint.
    missing: Option<String>,
    /// Whether tasks may add hosts and groups.
    grows: bool,
}

impl Inventory {
    /// Returns the combined inventory of these sources: files, folders of files, and lists such as
    /// `host1,host2,`. Mistakes that Ansible only warns about are problems.
    pub fn load(sources: &[String]) -> Result<Self> {
        sources::load(sources, Strictness::Strict)
    }

    /// Returns the same in Ansible's mode: an unknown key below a group, and a pattern that matches
    /// nothing, are warnings.
    pub fn load_as_ansible(sources: &[String]) -> Result<Self> {
        sources::load(sources, Strictness::Ansible)
    }

    /// Returns the inventory used if there is none: only this machine, by its names. Requests for
    /// other hosts fail with this hint.
    pub fn missing(why: String) -> Result<Self> {
        let mut inventory = Self::load(&[])?;
        inventory.missing = Some(why);
        Ok(inventory)
    }

    /// Fails if there is no inventory.
    pub fn is_there(&self) -> Result<()> {
        match &self.missing {
            None => Ok(()),
            Some(why) => Err(Problem::new("no inventory was given")
                .help(why.clone())
                .into()),
        }
    }

    /// Returns all groups, `all` and `ungrouped` first, then in the order they are named.
    pub fn groups(&self) -> &IndexMap<Arc<str>, Group> {
        &self.groups
    }

    /// Returns all hosts in the order they are named.
    pub fn hosts(&self) -> &IndexMap<Arc<str>, Host> {
        &self.hosts
    }

    /// Returns the host that a name refers to: if the inventory contains this machine, all of its
    /// names refer to that host.
    pub fn host_named<'a>(&'a self, name: &'a str) -> &'a str {
        match &self.localhost {
            Some(own) if self.is_implicit(name) => own,
            _ => name,
        }
    }

    /// Returns whether a name refers to this machine by convention, not because of the inventory.
    pub fn is_implicit(&self, name: &str) -> bool {
        draft::LOCALHOST.contains(&name) && !self.hosts.contains_key(name)
    }

    /// Returns warnings about what is allowed but probably a mistake.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Returns the hosts of each group, including those of its children (the variable `groups`).
    pub fn hosts_of_groups(&self) -> IndexMap<Arc<str>, Vec<Arc<str>>> {
        self.groups
            .keys()
            .map(|name| (name.clone(), self.members(name)))
            .collect()
    }

    /// Returns the sorted names of a host's groups, without `all` (the variable `group_names`).
    pub fn groups_of(&self, host: &str) -> Vec<Arc<str>> {
        let groups = self.hosts.get(host).map(|host| host.groups.clone());
        let mut names = groups.unwrap_or_default();
        names.retain(|name| &**name != "all");
        names.sort_unstable();
        names
    }

    /// Returns the hosts of a group, without duplicates: first its own, then those of its children,
    /// then those of theirs.
    pub fn members(&self, group: &str) -> Vec<Arc<str>> {
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut seen: IndexSet<&str> = IndexSet::from([group]);
        let mut at = 0;
        while let Some(group) = seen.get_index(at).and_then(|name| self.groups.get(*name)) {
            hosts.extend(group.hosts.iter().cloned());
            seen.extend(group.children.iter().map(|name| &**name));
            at += 1;
        }
        if group == "all" {
            hosts.retain(|name| !self.hosts.get(name).is_some_and(|host| host.implicit));
        }
        hosts.into_iter().collect()
    }
}

/// Returns the entries of a mapping; nothing for an empty value. Fails for anything else.
fn entries(node: &Node) -> Option<&[(Node, Node)]> {
    match &node.data {
        Data::Map(entries) => Some(entries),
        Data::Null => Some(&[]),
        Data::Text(text) if text.is_empty() => Some(&[]),
        Data::List(items) if items.is_empty() => Some(&[]),
        _ => None,
    }
}

/// Returns the name of a variable; a number becomes its digits, as in Ansible.
fn variable_name(key: &Node) -> std::result::Result<Arc<str>, Problem> {
    match &key.data {
        Data::Text(text) | Data::Unsafe(text) => Ok(text.clone()),
        Data::Integer(number) => Ok(Arc::from(number.to_string())),
        _ => Err(key
            .unexpected("the name of a variable", "text")
            .help("quote it".to_owned())),
    }
}
