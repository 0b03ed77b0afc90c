//! A play: which hosts, and what is done on them in which order.

use super::{Item, Keywords, RoleUse};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// All plays of a run, imported playbooks put in their places.
#[derive(Debug, Clone)]
pub struct Playbook {
    /// The file it was read from, as the user gave it.
    pub path: LocalPath,
    /// The plays in order.
    pub plays: Vec<Play>,
}

/// A play: which hosts, and what is done on them in which order.
#[derive(Debug, Clone)]
pub struct Play {
    /// Where the play starts.
    pub place: Place,
    /// The name as written, or nothing; may hold templates.
    pub name: Option<Node>,
    /// The host pattern: text or a list of texts; may hold templates of extra variables.
    pub hosts: Node,
    /// Keywords that its tasks inherit (become, environment, vars, tags, …).
    pub keywords: Keywords,
    /// `gather_facts`; `None` means yes where a task may need facts.
    pub gather_facts: Option<Node>,
    /// `gather_subset`.
    pub gather_subset: Vec<Node>,
    /// `gather_timeout` in seconds.
    pub gather_timeout: Option<Node>,
    /// `fact_path`: the folder of local facts.
    pub fact_path: Option<Node>,
    /// `vars_files`: each a path, or a list of paths of which the first that exists is read.
    pub vars_files: Vec<Node>,
    /// Hosts at a time.
    pub serial: Vec<Serial>,
    /// How hosts go through the tasks.
    pub strategy: Strategy,
    /// Percentage of failed or unreachable hosts of a batch above which the play stops.
    pub max_fail_percentage: Option<Node>,
    /// Whether handlers run on hosts that failed.
    pub force_handlers: Option<Node>,
    /// `order` of hosts: `inventory`, `sorted`, `reverse_inventory`, `reverse_sorted` or `shuffle`.
    pub order: Option<Node>,
    /// Variables that are asked for at the start, as written.
    pub vars_prompt: Vec<Map>,
    /// Tasks that run before the roles.
    pub pre_tasks: Vec<Item>,
    /// The roles, with what they were given.
    pub roles: Vec<Arc<RoleUse>>,
    /// The tasks.
    pub tasks: Vec<Item>,
    /// Tasks that run last.
    pub post_tasks: Vec<Item>,
    /// Handlers of the play itself; those of roles are in the roles.
    pub handlers: Vec<Item>,
    /// The folder that relative paths are relative to.
    pub folder: LocalPath,
}

/// One batch size of `serial`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serial {
    /// So many hosts.
    Hosts(usize),
    /// So many percent of the play's hosts, at least one host.
    Percent(u8),
    /// A template that gives one of the others.
    Template(String),
}

/// How the hosts of a batch go through the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// No host starts a task before all others are done with the one before it.
    #[default]
    Linear,
    /// Each host goes on as fast as it can.
    Free,
    /// As `Free`, but a host's turn lasts until it is done with the play.
    HostPinned,
}
