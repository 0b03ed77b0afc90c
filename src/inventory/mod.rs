//! Hosts and groups, what patterns pick of them, and the variables that belong to them.

mod address;
pub mod connection_variables;
mod draft;
mod finish;
#[doc(hidden)]
pub mod foreign;
mod graph;
mod group;
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

/// Variables by name, templates in them unrendered.
pub type Variables = IndexMap<Arc<str>, Node>;

/// What becomes of slips that Ansible only warns of.
#[derive(Debug, Clone, Copy)]
enum Strictness {
    /// They are problems.
    Strict,
    /// They are warnings.
    Ansible,
}

/// The hosts and groups of a run.
#[derive(Debug)]
pub struct Inventory {
    groups: IndexMap<Arc<str>, Group>,
    hosts: IndexMap<Arc<str>, Host>,
    /// The host of the inventory that every name of this machine means.
    localhost: Option<Arc<str>>,
    /// The folders of the sources, whose `group_vars` and `host_vars` count.
    folders: Vec<LocalPath>,
    strictness: Strictness,
    warnings: Vec<Problem>,
    vars_files: VarsFiles,
    /// Why there is none, as a hint.
    missing: Option<String>,
}

impl Inventory {
    /// Returns the inventory that these sources make together: files, folders of files, and lists
    /// such as `host1,host2,`. What Ansible only warns of is a problem.
    pub fn load(sources: &[String]) -> Result<Self> {
        sources::load(sources, Strictness::Strict)
    }

    /// Returns the same with Ansible's leniency: an unknown key below a group, and a pattern that
    /// matches nothing, are warnings.
    pub fn load_as_ansible(sources: &[String]) -> Result<Self> {
        sources::load(sources, Strictness::Ansible)
    }

    /// Returns what stands for an inventory where there is none: this machine, by its names alone.
    /// Whatever asks for other hosts gets this hint.
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

    /// Returns the host that a name means: one that the inventory has under another name of this
    /// machine is meant by all of them.
    pub fn host_named<'a>(&'a self, name: &'a str) -> &'a str {
        match &self.localhost {
            Some(own) if self.is_implicit(name) => own,
            _ => name,
        }
    }

    /// Returns whether a name is this machine's by convention, not by the inventory.
    pub fn is_implicit(&self, name: &str) -> bool {
        draft::LOCALHOST.contains(&name) && !self.hosts.contains_key(name)
    }

    /// Returns what is allowed but hardly meant.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Returns the hosts of each group, those of its children included (the variable `groups`).
    pub fn hosts_of_groups(&self) -> IndexMap<Arc<str>, Vec<Arc<str>>> {
        self.groups
            .keys()
            .map(|name| (name.clone(), self.members(name)))
            .collect()
    }

    /// Returns the names of the groups that a host is in, sorted, without `all` (the variable
    /// `group_names`).
    pub fn groups_of(&self, host: &str) -> Vec<Arc<str>> {
        let groups = self.hosts.get(host).map(|host| host.groups.clone());
        let mut names = groups.unwrap_or_default();
        names.retain(|name| &**name != "all");
        names.sort_unstable();
        names
    }

    /// Returns the hosts of a group: first its own, then those of its children, then those of
    /// theirs, each once.
    pub fn members(&self, group: &str) -> Vec<Arc<str>> {
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut seen: IndexSet<&str> = IndexSet::from([group]);
        let mut at = 0;
        while let Some(group) = seen.get_index(at).and_then(|name| self.groups.get(*name)) {
            hosts.extend(group.hosts.iter().cloned());
            seen.extend(group.children.iter().map(|name| &**name));
            at += 1;
        }
        hosts.into_iter().collect()
    }
}

/// Returns the entries of a mapping, none where there is nothing or something empty; fails for
/// anything else.
fn entries(node: &Node) -> Option<&[(Node, Node)]> {
    match &node.data {
        Data::Map(entries) => Some(entries),
        Data::Null => Some(&[]),
        Data::Text(text) if text.is_empty() => Some(&[]),
        Data::List(items) if items.is_empty() => Some(&[]),
        _ => None,
    }
}

/// Returns the name of a variable; a number is taken as its digits, as in Ansible.
fn variable_name(key: &Node) -> std::result::Result<Arc<str>, Problem> {
    match &key.data {
        Data::Text(text) | Data::Unsafe(text) => Ok(text.clone()),
        Data::Integer(number) => Ok(Arc::from(number.to_string())),
        _ => Err(key
            .unexpected("the name of a variable", "text")
            .help("quote it".to_owned())),
    }
}
