//! `rmqplay inventory`: shows what an inventory holds.

use crate::inventory::{self, Inventory};
use crate::source::Result;
use crate::yaml::Node;
use clap::builder::FalseyValueParser;
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
        sources: Sources,
        /// Show only these hosts (a pattern, or @FILE with one a line).
        #[arg(short, long, value_name = "PATTERN")]
        limit: Option<String>,
    },
    /// Print the tree of groups and hosts.
    Graph {
        /// The group to start at.
        #[arg(default_value = "all")]
        group: String,
        #[command(flatten)]
        sources: Sources,
        /// Show variables too.
        #[arg(long)]
        vars: bool,
    },
    /// Print the variables of a host as JSON.
    Host {
        /// The host.
        host: String,
        #[command(flatten)]
        sources: Sources,
        /// Show instead where each variable is set, and what it overrides.
        #[arg(long)]
        origin: bool,
    },
    /// Print the hosts that a pattern stands for, one a line.
    Hosts {
        /// The pattern, such as `web:&staging:!web3`, `web*` or `web[0:2]`.
        #[arg(default_value = "all")]
        pattern: String,
        #[command(flatten)]
        sources: Sources,
        /// Of these, only those of this pattern (or @FILE with one a line).
        #[arg(short, long, value_name = "PATTERN")]
        limit: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Sources {
    /// An inventory: a file, a folder, or a list such as `host1,host2,`; may be given repeatedly.
    #[arg(short, long, value_name = "SOURCE", required = true)]
    inventory: Vec<String>,
    /// The folder of a playbook, whose `group_vars` and `host_vars` count too.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    playbook_dir: PathBuf,
    /// Only warn of what Ansible only warns of.
    #[arg(long, env = "RMQPLAY_COMPAT", value_parser = FalseyValueParser::new())]
    compat: bool,
}

impl Sources {
    fn load(&self) -> Result<Inventory> {
        let inventory = if self.compat {
            Inventory::load_as_ansible(&self.inventory)?
        } else {
            Inventory::load(&self.inventory)?
        };
        for warning in inventory.warnings() {
            let help = warning.help.iter().map(|help| format!(" ({help})"));
            tracing::warn!("{warning}{}", help.collect::<Vec<_>>().concat());
        }
        Ok(inventory)
    }
}

/// Returns what is to be printed.
pub fn execute(arguments: &Arguments) -> Result<String> {
    match &arguments.action {
        Action::List { sources, limit } => {
            let inventory = sources.load()?;
            let hosts = hosts(&inventory, "all", limit.as_deref())?;
            let folder = Some(sources.playbook_dir.as_path());
            let list = inventory::list_json(&inventory, &hosts, folder)?;
            Ok(inventory::json_text(&list))
        }
        Action::Graph {
            group,
            sources,
            vars: false,
        } => inventory::graph(&sources.load()?, group),
        Action::Graph {
            group,
            sources,
            vars: true,
        } => {
            let folder = Some(sources.playbook_dir.as_path());
            inventory::graph_with_variables(&sources.load()?, group, folder, &text)
        }
        Action::Host {
            host,
            sources,
            origin: false,
        } => {
            let folder = Some(sources.playbook_dir.as_path());
            Ok(inventory::json_text(&inventory::host_json(
                &sources.load()?,
                host,
                folder,
            )?))
        }
        Action::Host {
            host,
            sources,
            origin: true,
        } => {
            let folder = Some(sources.playbook_dir.as_path());
            let definitions = inventory::origins(&sources.load()?, host, folder)?;
            Ok(inventory::origins_table(&definitions))
        }
        Action::Hosts {
            pattern,
            sources,
            limit,
        } => {
            let hosts = hosts(&sources.load()?, pattern, limit.as_deref())?;
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

/// Returns the text of a value as a template would put it out.
fn text(node: &Node) -> String {
    node.to_value().to_string()
}
