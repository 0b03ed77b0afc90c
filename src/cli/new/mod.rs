//! `rmqplay new`: creates a project, or a role, module or filter in one; each runs unchanged and has a
//! case for `rmqplay test`.

mod name;
mod skeleton;

use super::project::playbook_folder;
use super::{Exit, print, refuse};
use crate::source::{LocalPath, Problem, Problems, Result, shown};
use clap::{Args, Subcommand, ValueHint};
use name::Name;
use skeleton::Skeleton;
use std::path::{Path, PathBuf};

/// Create a project, role, module or filter, each with a case for `rmqplay test`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a folder with a playbook, inventories, a role, a module, a filter and a fact.
    Project {
        /// Name of the folder, of its role and of its group of hosts.
        name: String,
    },
    /// Create a role whose tasks are a script.
    Role(Part),
    /// Create a module.
    Module(Part),
    /// Create a filter.
    Filter(Part),
}

/// A part of a project.
#[derive(Debug, Args)]
struct Part {
    /// Name of the part.
    name: String,
    /// Folder of the playbooks.
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    playbook_dir: LocalPath,
}

/// Creates it and prints the next steps.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let made = match &arguments.what {
        What::Project { name } => project(name),
        What::Role(part) => role(part),
        What::Module(part) => module(part),
        What::Filter(part) => filter(part),
    };
    match made {
        Ok(text) => print(&text),
        Err(problems) => refuse(&problems, Exit::Error),
    }
}

fn project(name: &str) -> Result<String> {
    let name = Name::read("project", name)?;
    let folder = Path::new(name.as_str());
    if folder.symlink_metadata().is_ok() {
        return Err(exists(&[folder.to_owned()]));
    }
    let made = skeleton::PROJECT.make(folder, &name)?;
    let next = format!("cd {name} && rmqplay test");
    let then = [
        next,
        "rmqplay run site.yml -i inventory.yml --check --diff".to_owned(),
    ];
    Ok(told(&made, &then))
}

fn role(part: &Part) -> Result<String> {
    let name = Name::read("role", &part.name)?;
    let folder = part.folder()?.join("roles").join(name.as_str());
    if folder.symlink_metadata().is_ok() {
        return Err(exists(&[folder]));
    }
    let made = skeleton::ROLE.make(&folder, &name)?;
    Ok(told(&made, &[part.test(&name)]))
}

fn module(part: &Part) -> Result<String> {
    let name = Name::read("module", &part.name)?;
    name.is_free_for_a_module()?;
    let made = part.make(&skeleton::MODULE, &name)?;
    Ok(told(&made, &[part.test(&name)]))
}

fn filter(part: &Part) -> Result<String> {
    let name = Name::read("filter", &part.name)?;
    name.is_free_for_a_filter()?;
    let made = part.make(&skeleton::FILTER, &name)?;
    Ok(told(&made, &[part.test(&name)]))
}

impl Part {
    /// Returns the folder of the playbooks, after checking that it looks like one.
    fn folder(&self) -> Result<PathBuf> {
        let folder = playbook_folder(&self.playbook_dir)?.to_path_buf();
        let is_playbook = |name: &String| {
            let end = Path::new(name).extension();
            end.is_some_and(|end| end == "yml" || end == "yaml")
        };
        let folders = ["roles", "library", "filters", "facts"];
        let has_folder = folders.iter().any(|name| folder.join(name).is_dir());
        let names = crate::files::names_in(&self.playbook_dir);
        if has_folder || names.iter().any(is_playbook) {
            return Ok(folder);
        }
        let message = "not a project: found no playbook, and no folder roles or library";
        let advice =
            "create one with `rmqplay new project NAME`, or change to its folder".to_owned();
        Err(Problem::new(message).help(advice).into())
    }

    fn make(&self, skeleton: &Skeleton, name: &Name) -> Result<Vec<PathBuf>> {
        let folder = self.folder()?;
        let there = skeleton.paths(&folder, name);
        let there: Vec<_> = there
            .into_iter()
            .filter(|path| path.symlink_metadata().is_ok())
            .collect();
        if !there.is_empty() {
            return Err(exists(&there));
        }
        skeleton.make(&folder, name)
    }

    /// Returns the command that runs the new cases.
    fn test(&self, name: &Name) -> String {
        let folder = if self.playbook_dir == LocalPath::start() {
            String::new()
        } else {
            format!(" --playbook-dir {}", self.playbook_dir)
        };
        format!("rmqplay test{folder} {name}")
    }
}

fn exists(paths: &[PathBuf]) -> Problems {
    let problem = |path: &PathBuf| {
        let message = format!("{} already exists; nothing was created", shown(path));
        Problem::new(message).help("choose another name, or remove it first".to_owned())
    };
    Problems(paths.iter().map(problem).collect())
}

fn told(made: &[PathBuf], next: &[String]) -> String {
    let made: String = made
        .iter()
        .map(|path| format!("  {}\n", shown(path)))
        .collect();
    let next: String = next.iter().map(|line| format!("  $ {line}\n")).collect();
    format!("made\n{made}\nnext\n{next}")
}
