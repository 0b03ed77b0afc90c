//! `rmqplay run`: carries out playbooks.

use super::options::SharedArguments;
use super::start::{Prepared, Start};
use super::{Exit, extra_vars, prompts, refuse};
use crate::run::{Session, TagFilter};
use crate::source::{Problems, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Carry out playbooks.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Playbooks, carried out one after the other.
    #[arg(required = true, value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    #[command(flatten)]
    shared: SharedArguments,
    /// Only tasks with one of these tags.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    tags: Vec<String>,
    /// No tasks with one of these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    skip_tags: Vec<String>,
    /// Run notified handlers on hosts that failed, too.
    #[arg(long)]
    force_handlers: bool,
    /// Answer the question of playbooks/wipe.yml: the name of the cluster whose data is deleted.
    #[arg(long, value_name = "NAME")]
    confirm_wipe: Option<String>,
    /// A further folder of roles; may be given repeatedly.
    #[arg(long, value_name = "FOLDER")]
    roles_path: Vec<PathBuf>,
}

/// Carries out playbooks.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let tags = TagFilter {
        tags: arguments.tags.clone(),
        skip: arguments.skip_tags.clone(),
    };
    let mut options = match arguments.shared.options(tags, arguments.force_handlers) {
        Ok(options) => options,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    if let Some(name) = &arguments.confirm_wipe {
        extra_vars::set(&mut options.extra_vars, "confirm_wipe", name);
    }
    let first = arguments.playbooks.first().and_then(|path| path.parent());
    let folder = std::path::absolute(first.unwrap_or(Path::new(""))).unwrap_or_default();
    let start = Start {
        shared: &arguments.shared,
        options,
        roles_path: &arguments.roles_path,
        folder: &folder,
    };
    start.run(|session| prepare(session, &arguments.playbooks))
}

fn prepare(session: &Arc<Session>, paths: &[PathBuf]) -> Result<Vec<Prepared>> {
    let mut problems = Problems::default();
    let loaded: Vec<_> = paths
        .iter()
        .filter_map(|path| problems.take(session.loader.playbook(path)))
        .collect();
    for playbook in &loaded {
        problems.take(session.validate(playbook));
    }
    problems.or(())?;
    let prepare = |playbook| {
        let prompted = prompts::ask_for_variables(session, &playbook)?;
        Ok(Prepared { playbook, prompted })
    };
    loaded.into_iter().map(prepare).collect()
}
