//! Where hosts and variables come from: the options that every subcommand with an inventory has.

use super::own_inventory;
use super::settings::settings;
use super::vault_passwords::VaultArguments;
use crate::inventory::Inventory;
use crate::source::{LocalPath, Result};
use crate::value::boolean_of_text;
use clap::{Args, ValueHint};

/// Where hosts and variables come from.
#[derive(Debug, Args)]
pub(super) struct Sources {
    /// Inventory: a file, a folder, or a list such as `host1,host2,`; repeatable
    /// [env: `RMQPLAY_INVENTORY`] [default: the project's own].
    #[arg(
        short,
        long,
        alias = "inventory-file",
        value_name = "SOURCE",
        value_hint = ValueHint::AnyPath
    )]
    inventory: Vec<String>,
    /// Accept likely mistakes that Ansible accepts.
    #[arg(long, env = "RMQPLAY_COMPAT", value_parser = truth)]
    pub(super) compat: bool,
    #[command(flatten)]
    pub(super) vault: VaultArguments,
}

impl Sources {
    /// Returns whether there is an inventory for a playbook in this folder.
    pub(super) fn are_there(&self, folder: &LocalPath) -> bool {
        self.sources(folder).is_ok()
    }

    /// Returns the sources of `-i`, else those of the environment or of `ansible.cfg`.
    pub(super) fn given(&self) -> Vec<String> {
        if !self.inventory.is_empty() {
            return self.inventory.clone();
        }
        settings().map_or_else(|_| Vec::new(), |settings| settings.list("inventory"))
    }

    /// Returns the sources: those of `-i`, else those of the environment, else the project's own.
    /// An error says why there are no sources.
    fn sources(&self, folder: &LocalPath) -> std::result::Result<Vec<String>, String> {
        let given = self.given();
        if !given.is_empty() {
            return Ok(given);
        }
        let own = own_inventory::find(folder)?;
        Ok(vec![own.to_string_lossy().into_owned()])
    }

    /// Loads the inventory for a playbook in this folder, and warns about probable mistakes.
    /// Without one, this machine is available by its names.
    pub(super) fn load(&self, folder: &LocalPath) -> Result<Inventory> {
        if let Some(warning) = &settings()?.warning {
            tracing::warn!("{warning}");
        }
        let inventory = match self.sources(folder) {
            Err(why) => Inventory::missing(why)?,
            Ok(sources) if self.compat => Inventory::load_as_ansible(&sources)?,
            Ok(sources) => Inventory::load(&sources)?,
        };
        for warning in inventory.warnings() {
            let help = warning.help.iter().map(|help| format!(" ({help})"));
            tracing::warn!("{warning}{}", help.collect::<Vec<_>>().concat());
        }
        Ok(inventory)
    }
}

/// Parses a boolean of the environment; an empty one is false.
fn truth(text: &str) -> std::result::Result<bool, String> {
    let given = Some(text).filter(|text| !text.is_empty());
    given
        .map_or(Some(false), boolean_of_text)
        .ok_or_else(|| "expected true or false".to_owned())
}
