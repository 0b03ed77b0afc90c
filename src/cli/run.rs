//! `rmqplay run`: runs playbooks.

use super::interrupt::Interrupt;
use super::lists::Lists;
use super::options::SharedArguments;
use super::project::{Project, first_folder, folders_of, user_folder};
use super::settings::settings;
use super::shard::Wanted;
use super::start::{Plan, Prepared, Shown, Sink, Start};
use super::watch::Watch;
use super::{Exit, candidates, extra_vars, prompts, refuse, refuse_because};
use crate::glob;
use crate::playbook::{Playbook, list_tasks};
use crate::run::{Session, TagFilter};
use crate::source::{LocalPath, Place, Problem, Problems, Result, did_you_mean};
use clap::{Args, ValueHint};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

/// Run playbooks.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Playbooks to run, in this order.
    #[arg(required = true, value_name = "PLAYBOOK", add = candidates::playbook())]
    playbooks: Vec<LocalPath>,
    #[command(flatten)]
    shared: SharedArguments,
    /// Run only tasks with one of these tags.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',', add = candidates::tag())]
    tags: Vec<String>,
    /// Skip tasks with one of these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',', add = candidates::tag())]
    skip_tags: Vec<String>,
    /// Start at the first task of this name (a pattern).
    #[arg(long, value_name = "NAME", add = candidates::task())]
    start_at_task: Option<String>,
    /// Confirm each task.
    #[arg(long)]
    step: bool,
    /// Rerun every SECONDS until interrupted.
    #[arg(long, value_name = "SECONDS", conflicts_with = "step", value_parser = clap::value_parser!(u64).range(1..))]
    watch: Option<u64>,
    #[command(flatten)]
    lists: Lists,
    /// Run only on shard K of N, or as the scheduler says (auto, auto/N).
    #[arg(long, value_name = "K/N", value_parser = clap::value_parser!(Wanted))]
    shard: Option<Wanted>,
    /// Let `run_once`, `serial`, `delegate_to` and failure limits hold per shard.
    #[arg(long, requires = "shard")]
    per_shard: bool,
    /// Run notified handlers even on hosts that failed.
    #[arg(long)]
    force_handlers: bool,
    /// Accepted for Ansible's sake: no facts are kept between runs.
    #[arg(long, hide = true)]
    flush_cache: bool,
    /// Confirm playbooks/wipe.yml by the name of the cluster to delete.
    #[arg(long, value_name = "NAME")]
    confirm_wipe: Option<String>,
    /// Additional folder of roles; repeatable.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    roles_path: Vec<LocalPath>,
}

/// Runs playbooks.
pub(super) fn execute(arguments: &Arguments, interrupt: &Interrupt) -> Exit {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    let tags = TagFilter {
        tags: given_or(&arguments.tags, settings.list("run_tags")),
        skip: given_or(&arguments.skip_tags, settings.list("skip_tags")),
    };
    let mut options = match arguments.shared.hosts.options(
        &title(&arguments.playbooks),
        tags,
        arguments.force_handlers,
    ) {
        Ok(options) => options,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    let shard = arguments
        .shard
        .map(|wanted| wanted.resolve(|name| std::env::var(name).ok()));
    match shard.transpose() {
        Ok(shard) => options.shard = shard,
        Err(problems) => return refuse(&problems, Exit::Usage),
    }
    options.per_shard = arguments.per_shard;
    options.step = arguments.step;
    if options.step && !std::io::stdin().is_terminal() {
        let message = "--step needs a terminal: standard input is not one";
        return refuse_because(message, None, Exit::Usage);
    }
    if let Some(name) = &arguments.confirm_wipe {
        extra_vars::set(&mut options.extra_vars, "confirm_wipe", name);
    }
    let folder = first_folder(&arguments.playbooks);
    let roles_path = settings.roles_path(&arguments.roles_path);
    let start = |sink| Start {
        shared: &arguments.shared,
        interrupt,
        options: options.clone(),
        roles_path: &roles_path,
        folder: &folder,
        project: Project::of(folders_of(&arguments.playbooks), &roles_path, user_folder()),
        shown: Shown::Playbook,
        sink,
    };
    let run = |sink| start(sink).run(|session| plan(session, arguments));
    match arguments.watch {
        Some(seconds) if !arguments.lists.any() => Watch {
            interval: Duration::from_secs(seconds),
            title: title(&arguments.playbooks),
            format: arguments.shared.output,
            interrupt,
        }
        .repeat(run),
        _ => run(Sink::Output),
    }
}

/// Returns what was given, else the settings.
fn given_or(given: &[String], settings: Vec<String>) -> Vec<String> {
    if given.is_empty() {
        settings
    } else {
        given.to_vec()
    }
}

/// Describes what is run, for the heading of `--watch` and for other runs.
fn title(playbooks: &[LocalPath]) -> String {
    let names = playbooks.iter().map(|path| path.display().to_string());
    names.collect::<Vec<_>>().join(" ")
}

fn plan(session: &Arc<Session>, arguments: &Arguments) -> Result<Plan> {
    let mut problems = Problems::default();
    let load = |path: &LocalPath| problems.take(session.load(path, true));
    let mut playbooks: Vec<_> = arguments.playbooks.iter().filter_map(load).collect();
    if let Some(limit) = &session.options.limit {
        problems.take(session.inventory().limit(Vec::new(), limit));
    }
    problems.or(())?;
    if arguments.lists.any() {
        return Ok(Plan::Show(arguments.lists.show(
            session,
            &arguments.playbooks,
            &playbooks,
        )?));
    }
    let mut start_at = None;
    if let Some(name) = &arguments.start_at_task {
        let (index, place) = first_task(name, &playbooks)?;
        playbooks.drain(..index);
        start_at = Some(place);
    }
    let prepare = |playbook| {
        let prompted = prompts::ask_for_variables(session, &playbook)?;
        let start_at = start_at.take();
        Ok(Prepared {
            playbook,
            prompted,
            start_at,
        })
    };
    let prepared: Result<_> = playbooks.into_iter().map(prepare).collect();
    prepared.map(Plan::CarryOut)
}

/// Returns the index of the playbook and the place of the first task whose name, with or without
/// its role, matches a pattern.
fn first_task(pattern: &str, playbooks: &[Playbook]) -> Result<(usize, Place)> {
    let mut known = Vec::new();
    for (index, playbook) in playbooks.iter().enumerate() {
        for task in list_tasks(playbook, |_| true)
            .into_iter()
            .flat_map(|play| play.tasks)
        {
            let bare = task.name.split_once(" : ").map(|(_, name)| name);
            if glob::matches(pattern, &task.name)
                || bare.is_some_and(|name| glob::matches(pattern, name))
            {
                return Ok((index, task.place));
            }
            known.push(task.name);
        }
    }
    let hint = did_you_mean(pattern, known.iter().map(String::as_str));
    let help = "--list-tasks shows the names; tasks of an include are only known when it runs";
    let problem = Problem::new(format!("no task is named \"{pattern}\""));
    Err(problem
        .help(Some(hint.unwrap_or_else(|| help.to_owned())))
        .into())
}
