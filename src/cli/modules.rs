//! `rmqplay modules`: what can be done on a host.

use super::project::{Project, user_folder};
use super::{Exit, print, refuse, refuse_because};
use crate::source::did_you_mean;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

/// List the modules, or show how one is used.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The module to show.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The folder of the playbooks whose own modules are listed too.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    playbook_dir: PathBuf,
}

/// Lists the modules, or shows one.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let folder = arguments.playbook_dir.as_path();
    let registry = match Project::of([folder], &[], user_folder()).registry() {
        Ok(registry) => registry,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
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
            let names = registry.modules().flat_map(|entry| &entry.names);
            refuse_because(
                format!("no module named \"{name}\""),
                did_you_mean(name, names.map(String::as_str)),
                Exit::Usage,
            )
        }
    }
}
