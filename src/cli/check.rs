//! `rmqplay check`: finds mistakes without connecting to any host.

use super::project::{Project, first_folder, folders_of, user_folder};
use super::settings::settings;
use super::sources::Sources;
use super::{Exit, candidates, print, refuse};
use crate::host::HostError;
use crate::inventory::Inventory;
use crate::playbook::{LoadOptions, Loader, Play};
use crate::report::counted;
use crate::run::{Connector, Options, Parts, Session, Unanswered};
use crate::source::{LocalPath, Problems, Result};
use crate::yaml::Node;
use clap::{Args, ValueHint};

/// Check playbooks, roles and an inventory without connecting to any host.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Playbooks to check.
    #[arg(required = true, value_name = "PLAYBOOK", add = candidates::playbook())]
    playbooks: Vec<LocalPath>,
    /// Set variables: key=value, YAML, JSON or @FILE; repeatable.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Additional folder of roles; repeatable.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    roles_path: Vec<LocalPath>,
    #[command(flatten)]
    sources: Sources,
}

/// Checks playbooks.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    if let Err(problem) = arguments.sources.vault.unlock() {
        return refuse(&problem.into(), Exit::Usage);
    }
    let inventory = arguments.sources.load(&first_folder(&arguments.playbooks));
    let inventory = match inventory {
        Ok(inventory) => inventory,
        Err(problems) => return refuse(&problems, Exit::Error),
    };
    match check(arguments, inventory) {
        Ok(plays) => {
            let playbooks = counted(arguments.playbooks.len(), "playbook");
            let plays = counted(plays, "play");
            let without = if arguments
                .sources
                .are_there(&first_folder(&arguments.playbooks))
            {
                ""
            } else {
                " (hosts and variables were not checked: no inventory was given)"
            };
            print(&format!("{playbooks} with {plays}: no mistakes{without}\n"))
        }
        Err(problems) => refuse(&problems, Exit::Unreachable),
    }
}

fn check(arguments: &Arguments, inventory: Inventory) -> Result<usize> {
    let folder = first_folder(&arguments.playbooks);
    let roles_path = settings()?.roles_path(&arguments.roles_path);
    let mut extra_vars = Vec::new();
    for text in &arguments.extra_vars {
        super::extra_vars::add(&mut extra_vars, text)?;
    }
    let project = Project::of(folders_of(&arguments.playbooks), &roles_path, user_folder());
    let (events, _) = std::sync::mpsc::channel();
    let no_host = |_: &crate::run::Settings| {
        let reason = "`rmqplay check` does not connect to hosts".to_owned();
        Err(HostError::Unreachable { reason, help: None })
    };
    let session = Session::new(Parts {
        registry: project.registry()?,
        inventory,
        loader: Loader::new(LoadOptions {
            compat: arguments.sources.compat,
            roles_path: roles_path.clone(),
        }),
        options: Options {
            extra_vars,
            compat: arguments.sources.compat,
            only_checks: true,
            extensions: project.extensions()?,
            ..Options::default()
        },
        playbook_folder: folder.clone(),
        connector: Connector::new(Box::new(no_host)),
        cancel: crate::host::Cancel::default(),
        ask: Box::new(|_, _| Err(Unanswered::NoTerminal)),
        events,
    });
    let knows_inventory = arguments.sources.are_there(&folder);
    let mut problems = Problems::default();
    let mut plays = 0;
    for path in &arguments.playbooks {
        if let Some(playbook) = problems.take(session.load(path, knows_inventory)) {
            plays += playbook.plays.len();
            if knows_inventory {
                // The contents of `hostvars` are only known during a run.
                let is_known = |play: &&Play| {
                    let one = std::slice::from_ref(&play.hosts);
                    let texts = play.hosts.as_list().unwrap_or(one).iter();
                    let mut texts = texts.filter_map(Node::as_text);
                    !texts.any(|text| session.engine.mentions(text, "hostvars"))
                };
                for play in playbook.plays.iter().filter(is_known) {
                    problems.take(session.hosts_of(play));
                }
            }
        }
    }
    problems.once().or(plays)
}
