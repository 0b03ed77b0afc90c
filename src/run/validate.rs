//! Mistakes in a playbook that can be found before any host is touched.

use super::session::Session;
use crate::inventory::connection_variables::CONNECTION_VARIABLES;
use crate::playbook::{Playbook, ValidateOptions, validate};
use crate::source::{Problems, Result};
use crate::vars::RESERVED;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Session {
    /// Returns what is wrong with a playbook, as far as that is certain. Undefined variables and
    /// unknown hosts are only told where the inventory is the one of the run: it may define any.
    pub fn validate(self: &Arc<Self>, playbook: &Playbook, knows_inventory: bool) -> Result<()> {
        let mut problems = Problems::default();
        let tags = &self.options.tags;
        let options = ValidateOptions {
            tags: tags.tags.iter().chain(&tags.skip).cloned().collect(),
            variables: if knows_inventory {
                problems.take(self.known_variables())
            } else {
                None
            },
        };
        let found = validate(
            playbook,
            &self.loader,
            &self.registry,
            &self.engine,
            &options,
        );
        problems.0.extend(found.0);
        // What is a template may follow from what tasks find out.
        if knows_inventory && !self.options.compat {
            let written = playbook.plays.iter();
            for play in written.filter(|play| !play.hosts.has_template()) {
                problems.take(self.hosts_meant(play));
            }
        }
        problems.once().or(())
    }

    /// Returns the names of variables that come from the inventory, the command line and the run.
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
        for host in self.all_hosts() {
            // Entries of a prompt come after tasks that have run.
            let told = host.layers();
            let told = told.iter().flat_map(|layer| layer.variables.keys());
            names.extend(told.map(ToString::to_string));
            match self.inventory_layers(&host) {
                Ok(layers) => names.extend(
                    layers
                        .iter()
                        .flat_map(|layer| layer.variables.keys().map(ToString::to_string)),
                ),
                // A wrong file of a group is told for every host in it: once is enough.
                Err(found) => {
                    for problem in found.0 {
                        if !problems.0.contains(&problem) {
                            problems.push(problem);
                        }
                    }
                }
            }
        }
        problems.or(names)
    }
}
