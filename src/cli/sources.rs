//! Where hosts and variables come from: the options that every subcommand with an inventory has.

use crate::inventory::Inventory;
use crate::source::Result;
use crate::value::boolean_of_text;
use clap::Args;

/// Where hosts and variables come from.
#[derive(Debug, Args)]
pub(super) struct Sources {
    /// An inventory: a file, a folder, or a list such as `host1,host2,`; may be given repeatedly.
    #[arg(
        short,
        long,
        value_name = "SOURCE",
        env = "RMQPLAY_INVENTORY",
        value_delimiter = ':'
    )]
    inventory: Vec<String>,
    /// Accept what Ansible accepts though it is likely a mistake.
    #[arg(long, env = "RMQPLAY_COMPAT", value_parser = truth)]
    pub(super) compat: bool,
}

impl Sources {
    /// Returns whether an inventory was given.
    pub(super) fn given(&self) -> bool {
        !self.inventory.is_empty()
    }

    /// Loads the inventory, this machine alone where none was given, and warns of what is likely a
    /// mistake.
    pub(super) fn load(&self) -> Result<Inventory> {
        let this_machine = ["localhost,".to_owned()];
        let sources = if self.given() {
            self.inventory.as_slice()
        } else {
            &this_machine
        };
        let inventory = if self.compat {
            Inventory::load_as_ansible(sources)?
        } else {
            Inventory::load(sources)?
        };
        for warning in inventory.warnings() {
            let help = warning.help.iter().map(|help| format!(" ({help})"));
            tracing::warn!("{warning}{}", help.collect::<Vec<_>>().concat());
        }
        Ok(inventory)
    }
}

/// Reads a boolean of the environment; an empty one is false.
fn truth(text: &str) -> std::result::Result<bool, String> {
    let given = Some(text).filter(|text| !text.is_empty());
    given
        .map_or(Some(false), boolean_of_text)
        .ok_or_else(|| "expected true or false".to_owned())
}
