//! A play: its hosts, and its tasks in order.

use super::{Item, Keywords, RoleUse};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// All plays of a run, with imported playbooks in place.
#[derive(Debug, Clone)]
pub struct Playbook {
    /// The file it was read from, as the user gave it.
    pub path: LocalPath,
    /// The plays in order.
    pub plays: Vec<Play>,
}

/// A play: its hosts, and its tasks in order.
#[derive(Debug, Clone)]
pub struct Play {
    /// Where the play starts.
    pub place: Place,
    /// The name as written, if any; may contain templates.
    pub name: Option<Node>,
    /// The host pattern: text or a list of texts; may contain templates of extra variables.
    pub hosts: Node,
    /// Keywords that its tasks inherit (become, environment, vars, tags, …).
    pub keywords: Keywords,
    /// `gather_facts`; `None` means yes if a task may need facts.
    pub gather_facts: Option<Node>,
    /// `gather_subset`.
    pub gather_subset: Vec<Node>,
    /// `gather_timeout` in seconds.
    pub gather_timeout: Option<Node>,
    /// `fact_path`: the folder of local facts.
    pub fact_path: Option<Node>,
    /// `vars_files`: each a path, or a list of paths of which the first existing one is read.
    pub vars_files: Vec<Node>,
    /// Hosts at a time.
    pub serial: Vec<Serial>,
    /// Where `serial` is.
    pub serial_place: Option<Place>,
    /// How hosts go through the tasks.
    pub strategy: Strategy,
    /// Percentage of failed or unreachable hosts of a batch above which the play stops.
    pub max_fail_percentage: Option<Node>,
    /// Whether handlers run on failed hosts.
    pub force_handlers: Option<Node>,
    /// `order` of hosts: `inventory`, `sorted`, `reverse_inventory`, `reverse_sorted` or `shuffle`.
    pub order: Option<Node>,
    /// Variables to ask for at the start, as written.
    pub vars_prompt: Vec<Map>,
    /// Tasks that run before the roles.
    pub pre_tasks: Vec<Item>,
    /// The roles, with their parameters.
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
#[derive(Debug, Clone, PartialEq)]
pub enum Serial {
    /// This many hosts.
    Hosts(usize),
    /// This percentage of the play's hosts, at least one host.
    Percent(u8),
    /// A template that evaluates to one of the others.
    Template(Node),
}

/// How the hosts of a batch go through the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// No host starts a task before all others have finished the previous one.
    #[default]
    Linear,
    /// Each host continues as fast as it can.
    Free,
    /// Like `Free`, but a host keeps its slot until it has finished the play.
    HostPinned,
}
