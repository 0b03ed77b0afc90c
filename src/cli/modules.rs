//! `rmqplay modules`: lists and documents modules.

use super::project::{Project, user_folder};
use super::{Exit, candidates, print, refuse, refuse_because};
use crate::module::{Registry, manual};
use crate::script;
use crate::source::{LocalPath, Problem, did_you_mean};
use clap::{Args, ValueHint};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// List the modules, or show how to use one.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Module to show.
    #[arg(value_name = "NAME", add = candidates::module())]
    name: Option<String>,
    /// Folder of the playbooks, to include their own modules.
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    playbook_dir: LocalPath,
    /// Write definitions of everything a Rhai script can call to a folder, for editors.
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

/// Writes the definition files and returns their paths as text.
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
