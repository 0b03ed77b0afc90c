//! Finds mistakes in a playbook before any host is contacted.

use super::session::Session;
use crate::inventory::connection_variables::CONNECTION_VARIABLES;
use crate::playbook::{Playbook, Unread, ValidateOptions, Visited, validate, walk};
use crate::source::{LocalPath, Problems, Result};
use crate::vars::{Layer, RESERVED, Variable};
use crate::yaml::{Data, Node};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

impl Session {
    /// Returns the certain problems of a playbook. Undefined variables and unknown hosts are only
    /// reported with the inventory of the run: another one may define them.
    pub fn validate(self: &Arc<Self>, playbook: &Playbook, knows_inventory: bool) -> Result<()> {
        self.validate_part(playbook, Unread::Nothing, knows_inventory)
    }

    /// Loads the playbook at `path` if it has no problems; else returns all of them, those that
    /// keep parts from being loaded first.
    pub fn load(self: &Arc<Self>, path: &LocalPath, knows_inventory: bool) -> Result<Playbook> {
        let (playbook, mut problems, unread) = self.loader.readable(path);
        problems.take(self.validate_part(&playbook, unread, knows_inventory));
        problems.once().or(playbook)
    }

    fn validate_part(
        self: &Arc<Self>,
        playbook: &Playbook,
        unread: Unread,
        knows_inventory: bool,
    ) -> Result<()> {
        let mut problems = Problems::default();
        let tags = &self.options.tags;
        let adds = self.adds_hosts(playbook);
        if adds {
            self.expect_additions();
        }
        let groups = self.inventory().hosts_of_groups().into_iter();
        let groups = groups.map(|(name, _)| name.to_string()).collect();
        let inventory = self.inventory();
        let hosts = inventory.hosts().keys().map(ToString::to_string);
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let hosts = hosts.chain(own).collect();
        drop(inventory);
        let (known, encrypted) = if knows_inventory {
            self.variables_of_plays(playbook, &mut problems)
        } else {
            (None, self.encrypted_variables())
        };
        let options = ValidateOptions {
            groups: (knows_inventory && !adds).then_some(groups),
            hosts: (knows_inventory && !adds).then_some(hosts),
            encrypted,
            tags: tags.tags.iter().chain(&tags.skip).cloned().collect(),
            variables: known,
            says_doubts: self.options.only_checks,
            unread,
        };
        let found = validate(
            playbook,
            &self.loader,
            &self.registry,
            &self.engine,
            &options,
        );
        problems.0.extend(found.0);
        if knows_inventory && !self.options.compat && !adds {
            self.hosts_exist(playbook, &mut problems);
            self.connections_can_be_read(playbook, &mut problems);
        }
        self.fits_shard(playbook, &mut problems);
        problems.once().or(())
    }

    /// Returns whether tasks of a playbook may add hosts and groups to the inventory.
    fn adds_hosts(&self, playbook: &Playbook) -> bool {
        let adds = |text: &str| {
            ["add_host", "group_by"]
                .iter()
                .any(|name| text.contains(name))
        };
        let mut found = false;
        for play in &playbook.plays {
            // Problems are reported by the validation of the playbook.
            walk(play, Some(&self.loader), &mut |visited, _| {
                found |= match visited {
                    Visited::Task(task) => adds(&task.action.module),
                    Visited::Script(script) => adds(&script.place.file.text),
                    _ => false,
                };
            });
        }
        found
    }

    /// Adds the problems of `hosts`. A play for a group that this inventory lacks is skipped, but a
    /// playbook whose plays all lack hosts was meant for another inventory.
    fn hosts_exist(self: &Arc<Self>, playbook: &Playbook, problems: &mut Problems) {
        let help = "to allow an empty group, add its name to the inventory";
        let mut unknown = Vec::new();
        let mut any = false;
        for play in &playbook.plays {
            // A template may depend on results of tasks.
            if play.hosts.has_template() {
                any = true;
            } else if let Some(meant) = problems.take(self.hosts_meant(play)) {
                any |= !meant.hosts.is_empty();
                unknown.extend(meant.unknown);
            }
        }
        if !any {
            let unknown = unknown.into_iter();
            problems
                .0
                .extend(unknown.map(|problem| problem.help(help.to_owned())));
        }
    }

    /// Returns what is known of variables in all plays: the names that are set, if files can be read,
    /// and those that are encrypted. What is beside an imported playbook counts in its plays only.
    fn variables_of_plays(
        self: &Arc<Self>,
        playbook: &Playbook,
        problems: &mut Problems,
    ) -> (Option<BTreeSet<String>>, BTreeMap<String, Vec<Node>>) {
        let first = self.playbook_folder();
        let mut folders = vec![&first];
        for play in &playbook.plays {
            if !folders.contains(&&play.folder) {
                folders.push(&play.folder);
            }
        }
        let mut known = Some(BTreeSet::new());
        let mut encrypted: Option<BTreeMap<String, Vec<Node>>> = None;
        for folder in folders {
            self.enter(folder);
            known = match (known, problems.take(self.known_variables())) {
                (Some(names), Some(further)) => Some(&names | &further),
                _ => None,
            };
            let mut here = self.encrypted_variables();
            encrypted = Some(match encrypted {
                None => here,
                Some(before) => before
                    .into_iter()
                    .filter_map(|(name, nodes)| {
                        let further = here.remove(&name)?;
                        Some((name, [nodes, further].concat()))
                    })
                    .collect(),
            });
        }
        self.enter(&first);
        (known, encrypted.unwrap_or_default())
    }

    /// Returns the variables of the inventory that are encrypted for every host that has them.
    fn encrypted_variables(self: &Arc<Self>) -> BTreeMap<String, Vec<Node>> {
        let sealed = |variable: &Variable| match variable {
            Variable::Template(node) if matches!(node.data, Data::Vault(_)) => Some(node.clone()),
            _ => None,
        };
        let hosts = self.all_hosts();
        // Errors in a file are reported with the names.
        let of_hosts = hosts
            .iter()
            .filter_map(|host| self.inventory_layers(host).ok());
        let layers = each_once(of_hosts.chain([[self.extra.clone()].into()]));
        let mut encrypted: BTreeMap<String, Vec<Node>> = BTreeMap::new();
        for layer in &layers {
            for (name, variable) in &layer.variables {
                if let Some(node) = sealed(variable) {
                    let values = encrypted.entry(name.to_string()).or_default();
                    // The hosts of a group share its values.
                    if values.last() != Some(&node) {
                        values.push(node);
                    }
                }
            }
        }
        if encrypted.is_empty() {
            return encrypted;
        }
        for layer in &layers {
            encrypted.retain(|name, _| {
                let given = layer.variables.get(name.as_str());
                given.is_none_or(|variable| sealed(variable).is_some())
            });
        }
        encrypted
    }

    /// Returns the names of variables set by the inventory, the command line and the run.
    fn known_variables(&self) -> Result<BTreeSet<String>> {
        let mut problems = Problems::default();
        let mut names: BTreeSet<String> = RESERVED
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        for variable in CONNECTION_VARIABLES {
            names.insert(variable.name.to_owned());
            names.extend(variable.aliases.iter().map(|name| (*name).to_owned()));
        }
        names.extend(self.extra.variables.keys().map(ToString::to_string));
        let mut layers = Vec::new();
        for host in self.all_hosts() {
            // Entries of a prompt come after tasks that have run.
            let told = host.layers();
            let told = told.iter().flat_map(|layer| layer.variables.keys());
            names.extend(told.map(ToString::to_string));
            match self.inventory_layers(&host) {
                Ok(found) => layers.push(found),
                // An invalid file of a group is reported for every host in it: once is enough.
                Err(found) => {
                    for problem in found.0 {
                        if !problems.0.contains(&problem) {
                            problems.push(problem);
                        }
                    }
                }
            }
        }
        for layer in each_once(layers) {
            names.extend(layer.variables.keys().map(ToString::to_string));
        }
        problems.or(names)
    }
}

/// Returns all layers of these hosts, of those that hosts share one.
fn each_once(of_hosts: impl IntoIterator<Item = Arc<[Arc<Layer>]>>) -> Vec<Arc<Layer>> {
    let mut seen = HashSet::new();
    let mut layers = Vec::new();
    for layer in of_hosts.into_iter().flat_map(|layers| layers.to_vec()) {
        if seen.insert(Arc::as_ptr(&layer)) {
            layers.push(layer);
        }
    }
    layers
}
