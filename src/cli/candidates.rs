//! Completes values at Tab: hosts, groups, tags, tasks, modules and playbooks, read from the files
//! named on the command line so far.

use super::project::{Project, user_folder};
use super::sources::Sources;
use super::{Cli, completions};
use crate::inventory::Inventory;
use crate::module::Registry;
use crate::playbook::{ListedPlay, LoadOptions, Loader, list_tasks};
use crate::source::LocalPath;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use clap_complete::engine::ValueCompleter as _;
use clap_complete::{ArgValueCompleter, CompletionCandidate, PathCompleter};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// Characters that separate the parts of a host pattern.
const BETWEEN_PATTERNS: &[char] = &[',', ':', '!', '&'];

/// Completes a pattern of hosts and groups, its last part.
pub(super) fn host_pattern() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(current) = current.to_str() else {
            return Vec::new();
        };
        let start = current.rfind(BETWEEN_PATTERNS).map_or(0, |at| at + 1);
        let (before, part) = current.split_at(start);
        let names =
            inventory().map(|inventory| hosts(&inventory).chain(groups(&inventory)).collect());
        let found = starting_with(part, names.unwrap_or_default());
        found.map(|name| name.add_prefix(before)).collect()
    })
}

/// Completes the name of a host.
pub(super) fn host() -> ArgValueCompleter {
    names(|| Some(hosts(&inventory()?).collect()))
}

/// Completes the name of a group.
pub(super) fn group() -> ArgValueCompleter {
    names(|| Some(groups(&inventory()?).collect()))
}

/// Completes the name of a module, including the project's own.
pub(super) fn module() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let registry = registry();
        let entries = registry.modules();
        let candidates = entries
            .map(|entry| CompletionCandidate::new(&entry.name).help(Some(entry.summary().into())));
        let starts = |candidate: &CompletionCandidate| {
            let name = candidate.get_value().as_encoded_bytes();
            name.starts_with(current.as_encoded_bytes())
        };
        candidates.filter(starts).collect()
    })
}

/// Completes a tag of the playbooks on the command line.
pub(super) fn tag() -> ArgValueCompleter {
    names(|| {
        let of_play = |play: ListedPlay| {
            let of_tasks = play.task_tags().into_iter().map(str::to_owned);
            let tags: Vec<_> = of_tasks.chain(play.tags.clone()).collect();
            tags
        };
        Some(plays()?.into_iter().flat_map(of_play).collect())
    })
}

/// Completes the name of a task of the playbooks on the command line.
pub(super) fn task() -> ArgValueCompleter {
    names(|| {
        let tasks = plays()?.into_iter().flat_map(|play| play.tasks);
        Some(tasks.map(|task| task.name).collect())
    })
}

/// Completes the path of a playbook.
pub(super) fn playbook() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let is_yaml = |path: &std::path::Path| {
            let extension = path.extension().and_then(OsStr::to_str);
            matches!(extension, Some("yml" | "yaml"))
        };
        PathCompleter::file().filter(is_yaml).complete(current)
    })
}

fn names(all: impl Fn() -> Option<BTreeSet<String>> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let part = current.to_str();
        let found = part.map(|part| starting_with(part, all().unwrap_or_default()).collect());
        found.unwrap_or_default()
    })
}

fn starting_with(
    part: &str,
    names: BTreeSet<String>,
) -> impl Iterator<Item = CompletionCandidate> + use<'_> {
    let found = names.into_iter().filter(move |name| name.starts_with(part));
    found.map(CompletionCandidate::new)
}

fn hosts(inventory: &Inventory) -> impl Iterator<Item = String> + use<'_> {
    inventory.hosts().keys().map(ToString::to_string)
}

fn groups(inventory: &Inventory) -> impl Iterator<Item = String> + use<'_> {
    inventory.groups().keys().map(ToString::to_string)
}

/// Parses the words typed so far like the subcommand, ignoring mistakes.
fn typed() -> Option<ArgMatches> {
    let command = Cli::command().ignore_errors(true);
    let mut matches = command.try_get_matches_from(completions::typed()).ok()?;
    while let Some((_, inner)) = matches.remove_subcommand() {
        matches = inner;
    }
    Some(matches)
}

fn paths(matches: &ArgMatches, name: &str) -> Vec<LocalPath> {
    let given = matches.try_get_many::<LocalPath>(name).ok().flatten();
    given.into_iter().flatten().cloned().collect()
}

/// Returns the inventory that was named or is the project's own, if any.
fn inventory() -> Option<Inventory> {
    let sources = Sources::from_arg_matches(&typed()?).ok()?;
    let folder = LocalPath::start();
    let is_there = sources.are_there(&folder);
    is_there.then(|| sources.load(&folder).ok()).flatten()
}

fn registry() -> Registry {
    let matches = typed();
    let folders = matches.map(|matches| paths(&matches, "playbook_dir"));
    let mut folders = folders.unwrap_or_default();
    if folders.is_empty() {
        folders.push(LocalPath::start());
    }
    let project = Project::of(folders, &[], user_folder());
    project.registry().unwrap_or_else(|_| super::registry())
}

/// Returns the plays of all playbooks on the command line that can be read.
fn plays() -> Option<Vec<ListedPlay>> {
    let matches = typed()?;
    let playbooks = paths(&matches, "playbooks");
    let loader = Loader::new(LoadOptions {
        compat: true,
        roles_path: paths(&matches, "roles_path"),
    });
    let read = |path: &LocalPath| loader.playbook(path).ok();
    let all = playbooks.iter().filter_map(read);
    Some(
        all.flat_map(|playbook| list_tasks(&playbook, |_| true))
            .collect(),
    )
}
