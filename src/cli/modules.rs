//! `rmqplay modules`: what can be done on a host.

use super::project::{Project, user_folder};
use super::{Exit, print, refuse, refuse_because};
use crate::module::{Registry, manual};
use crate::script;
use crate::source::{LocalPath, Problem, did_you_mean};
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// List the modules, or show how one is used.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The module to show.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The folder of the playbooks whose own modules are listed too.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    playbook_dir: LocalPath,
    /// Write definition files for editors to a folder: what scripts in Rhai can call, each module
    /// included.
    #[arg(long, value_name = "FOLDER", conflicts_with = "name")]
    definitions: Option<PathBuf>,
}

/// Lists the modules, or shows one.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let folder = arguments.playbook_dir.clone();
    let registry = match Project::of([folder], &[], user_folder()).registry() {
        Ok(registry) => registry,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    if let Some(folder) = &arguments.definitions {
        return match write_definitions(&registry, folder) {
            Ok(text) => print(&text),
            Err(problem) => refuse(&problem.into(), Exit::Error),
        };
    }
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

/// Writes the definition files and returns what is told of them.
fn write_definitions(registry: &Registry, folder: &Path) -> Result<String, Problem> {
    let shown = |path: &Path, error: &std::io::Error| {
        Problem::new(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| shown(folder, &error))?;
    let mut text = String::new();
    for (name, content) in script::reference::definitions(&manual::definitions(registry)) {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(|error| shown(&path, &error))?;
        let _ = writeln!(text, "{}", path.display());
    }
    Ok(text)
}
