//! Connection variables that are encrypted, of hosts that a play certainly reaches.

use super::session::Session;
use crate::inventory::connection_variables;
use crate::playbook::{Around, Play, Playbook, Task, Visited, is_unconditional, walk};
use crate::source::{Problem, Problems};
use crate::vars::{Layer, Variable};
use crate::yaml::{Data, Map, Node};
use std::collections::HashSet;
use std::sync::Arc;

/// The variables that are read before rmqplay logs in over SSH.
const LOGIN: &[&str] = &[
    "ansible_host",
    "ansible_password",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_timeout",
    "ansible_user",
    "rmqplay_known_hosts",
];

/// Those that are read as well before it becomes another user.
const BECOME: &[&str] = &[
    "ansible_become_exe",
    "ansible_become_flags",
    "ansible_become_method",
    "ansible_become_password",
    "ansible_become_user",
];

/// Modules after which the play may be over, or other variables known.
const OPEN: &[&str] = &[
    "add_host",
    "assert",
    "fail",
    "group_by",
    "include_vars",
    "meta",
    "pause",
    "set_fact",
];

/// How a play certainly reaches its hosts.
struct Reach {
    /// Whether it becomes another user.
    becomes: bool,
    /// Names that the play itself gives a value, at least for some tasks.
    given: HashSet<String>,
}

impl Session {
    /// Adds the problems of connection variables that cannot be decrypted: without them, some hosts
    /// would be changed before others fail.
    pub(super) fn connections_can_be_read(
        self: &Arc<Self>,
        playbook: &Playbook,
        problems: &mut Problems,
    ) {
        let tags = &self.options.tags;
        if !(tags.tags.is_empty() && tags.skip.is_empty()) || self.options.connection.is_some() {
            return;
        }
        let first = self.playbook_folder();
        for play in &playbook.plays {
            if play.hosts.has_template() {
                continue;
            }
            // Mistakes in `hosts` and in files of the inventory are reported elsewhere.
            let (Some(reach), Ok(meant)) = (self.reach(play), self.hosts_meant(play)) else {
                continue;
            };
            let hosts = match &self.options.limit {
                Some(limit) => self.inventory().limit(meant.hosts, limit),
                None => Ok(meant.hosts),
            };
            let Ok(hosts) = hosts else { continue };
            let hosts: HashSet<_> = hosts.into_iter().collect();
            self.enter(&play.folder);
            for host in self.all_hosts() {
                let is_own = &*host.name == "localhost" || self.inventory().is_implicit(&host.name);
                if !is_own
                    && hosts.contains(&host.name)
                    && let Ok(layers) = self.inventory_layers(&host)
                {
                    let layers = [&*layers, std::slice::from_ref(&self.extra)].concat();
                    problems.0.extend(unread(&reach, &layers));
                }
            }
        }
        self.enter(&first);
    }

    /// Returns how a play reaches its hosts, if it certainly does over SSH.
    fn reach(&self, play: &Play) -> Option<Reach> {
        if !play.vars_files.is_empty() || !play.vars_prompt.is_empty() {
            return None;
        }
        let mut given: HashSet<String> = names(&play.keywords.vars).collect();
        let mut becomes = None;
        let mut open = false;
        // Problems with included files are reported by the validation of the playbook.
        walk(play, Some(&self.loader), &mut |visited, around| {
            given.extend(visited.variables().into_iter().flat_map(names));
            open |= becomes.is_none() && may_end(visited);
            if let (Visited::Task(task), false, None) = (visited, open, becomes)
                && is_certain(task, around)
            {
                becomes = Some(self.becomes(task, around));
            }
        });
        Some(Reach {
            becomes: becomes?,
            given,
        })
    }

    fn becomes(&self, task: &Task, around: &Around<'_>) -> bool {
        let around = around.layers().map(|layer| layer.keywords);
        let mut keywords = std::iter::once(&task.keywords).chain(around);
        let nearest = keywords.find_map(|keywords| keywords.r#become.as_ref());
        nearest.map_or(self.options.r#become, |node| node.data == Data::Bool(true))
    }
}

/// Returns whether what follows may not be reached, or with variables that are not known here.
fn may_end(visited: Visited<'_>) -> bool {
    match visited {
        Visited::Task(task) => OPEN.contains(&task.action.module.as_str()),
        Visited::Include(include) => !include.is_literal(),
        Visited::Script(_) => true,
        Visited::Block(_) | Visited::Role(_) => false,
    }
}

/// Returns whether a task certainly runs on the host itself.
fn is_certain(task: &Task, around: &Around<'_>) -> bool {
    let around_keywords = around.layers().map(|layer| layer.keywords);
    let mut keywords = std::iter::once(&task.keywords).chain(around_keywords);
    around.is_certain()
        && !around.handlers
        && !around.rescued
        && is_unconditional(&task.keywords)
        && task.repeat.is_none()
        && task.action.module != "debug"
        && keywords.all(|keywords| {
            keywords.delegate_to.is_none()
                && keywords.connection.is_none()
                && keywords.run_once.is_none()
                && keywords.ignore_errors.is_none()
                && keywords.ignore_unreachable.is_none()
        })
}

/// Returns what is wrong with the connection variables of a host.
fn unread(reach: &Reach, layers: &[Arc<Layer>]) -> Option<Problem> {
    let value = |name: &str| {
        let mut layers = layers.iter().rev();
        layers.find_map(|layer| layer.variables.get(name))
    };
    let written = |name: &&&str| {
        let variable = connection_variables::find(name);
        let value = match variable {
            Some(variable) => {
                let mut names =
                    std::iter::once(variable.name).chain(variable.aliases.iter().copied());
                if names.any(|name| reach.given.contains(name)) {
                    return None;
                }
                connection_variables::value(variable, value)
            }
            None => value(name),
        };
        match value {
            Some(Variable::Template(node)) => Some(node),
            _ => None,
        }
    };
    let is_given = |name: &str| reach.given.contains(name) || value(name).is_some();
    if is_given("ansible_connection") {
        return None;
    }
    let becomes = reach.becomes && !is_given("ansible_become");
    let names = LOGIN.iter().chain(BECOME.iter().filter(|_| becomes));
    let mut nodes = names.filter_map(|name| written(&name));
    nodes.find_map(|node: &Node| node.undecrypted("this value"))
}

fn names(map: &Map) -> impl Iterator<Item = String> + '_ {
    let names = map.iter().filter_map(|(name, _)| name.as_text());
    names.map(str::to_owned)
}
