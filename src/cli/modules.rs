//! `rmqplay modules`: what can be done on a host.

use super::{Exit, print, refuse_because};

use crate::source::did_you_mean;
use clap::Args;
use std::fmt::Write as _;

/// List the modules, or show how one is used.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The module to show.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Lists the modules, or shows one.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let registry = super::registry();
    let Some(name) = &arguments.name else {
        let mut text = String::new();
        for entry in registry.modules() {
            let _ = writeln!(text, "{:12} {}", entry.name, entry.summary());
        }
        return print(&text);
    };
    match registry.get(name.strip_prefix("ansible.builtin.").unwrap_or(name)) {
        Some(entry) => print(&entry.page()),
        None => {
            let names = registry.modules().flat_map(|entry| entry.names.clone());
            refuse_because(
                format!("no module named \"{name}\""),
                did_you_mean(name, names),
                Exit::Usage,
            )
        }
    }
}
