//! `rmqplay inventory`: shows hosts, groups and variables.

use super::candidates;
use super::sources::Sources;
use crate::inventory::{self, Inventory};
use crate::source::{LocalPath, Result};
use crate::yaml::Node;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::sync::Arc;

/// Show the hosts, groups and variables of an inventory.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print groups, hosts and variables as JSON, as `ansible-inventory --list` does.
    List {
        #[command(flatten)]
        shown: Shown,
        /// Show only these hosts (a pattern, or @FILE with one per line).
        #[arg(short, long, value_name = "PATTERN", add = candidates::host_pattern())]
        limit: Option<String>,
    },
    /// Print the tree of groups and hosts.
    Graph {
        /// Group to start at.
        #[arg(default_value = "all", add = candidates::group())]
        group: String,
        #[command(flatten)]
        shown: Shown,
        /// Show variables too.
        #[arg(long)]
        vars: bool,
    },
    /// Print the variables of a host as JSON.
    Host {
        /// Host to show.
        #[arg(add = candidates::host())]
        host: String,
        #[command(flatten)]
        shown: Shown,
        /// Show where each variable is set and what it overrides.
        #[arg(long)]
        origin: bool,
    },
    /// Print the hosts that match a pattern, one per line.
    Hosts {
        /// Pattern, such as `web:&staging:!web3`, `web*` or `web[0:2]`.
        #[arg(default_value = "all", add = candidates::host_pattern())]
        pattern: String,
        #[command(flatten)]
        shown: Shown,
        /// Show only those of this pattern too (or @FILE with one per line).
        #[arg(short, long, value_name = "PATTERN", add = candidates::host_pattern())]
        limit: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Shown {
    #[command(flatten)]
    sources: Sources,
    /// Folder of the playbooks, to include its `group_vars` and `host_vars`.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    playbook_dir: PathBuf,
}

impl Shown {
    fn load(&self) -> Result<Inventory> {
        self.sources.vault.unlock()?;
        let inventory = self.sources.load(&LocalPath::of(&self.playbook_dir))?;
        inventory.is_there()?;
        Ok(inventory)
    }
}

/// Returns the text to print.
pub fn execute(arguments: &Arguments) -> Result<String> {
    match &arguments.action {
        Action::List { shown, limit } => {
            let inventory = shown.load()?;
            let hosts = hosts(&inventory, "all", limit.as_deref())?;
            let folder = Some(shown.playbook_dir.as_path());
            let list = inventory::list_json(&inventory, &hosts, folder)?;
            Ok(inventory::json_text(&list))
        }
        Action::Graph {
            group,
            shown,
            vars: false,
        } => inventory::graph(&shown.load()?, group),
        Action::Graph {
            group,
            shown,
            vars: true,
        } => {
            let folder = Some(shown.playbook_dir.as_path());
            inventory::graph_with_variables(&shown.load()?, group, folder, &text)
        }
        Action::Host {
            host,
            shown,
            origin: false,
        } => {
            let folder = Some(shown.playbook_dir.as_path());
            Ok(inventory::json_text(&inventory::host_json(
                &shown.load()?,
                host,
                folder,
            )?))
        }
        Action::Host {
            host,
            shown,
            origin: true,
        } => {
            let folder = Some(shown.playbook_dir.as_path());
            let definitions = inventory::origins(&shown.load()?, host, folder)?;
            Ok(inventory::origins_table(&definitions))
        }
        Action::Hosts {
            pattern,
            shown,
            limit,
        } => {
            let hosts = hosts(&shown.load()?, pattern, limit.as_deref())?;
            Ok(hosts
                .iter()
                .map(|host| format!("{host}\n"))
                .collect::<Vec<_>>()
                .concat())
        }
    }
}

fn hosts(inventory: &Inventory, pattern: &str, limit: Option<&str>) -> Result<Vec<Arc<str>>> {
    let hosts = inventory.pattern(pattern)?;
    match limit {
        Some(limit) => inventory.limit(hosts, limit),
        None => Ok(hosts),
    }
}

/// Returns the text of a value as a template would output it.
fn text(node: &Node) -> String {
    node.to_value().to_string()
}
