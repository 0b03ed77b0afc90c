//! Runs the play of a case, like `rmqplay run`.

use super::case::Case;
use crate::host::Cancel;
use crate::inventory::Inventory;
use crate::module::Registry;
use crate::playbook::{LoadOptions, Loader};
use crate::report::{Event, Recap, Status, TaskResult};
use crate::run::{Connect, Connector, Options, Parts, Session, Unanswered};
use crate::source::{LocalPath, Problems, Result};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// What all cases of a project share.
#[derive(Clone)]
pub(super) struct Ground {
    /// The modules, including those of the project.
    pub(super) registry: Registry,
    /// The folder of the playbooks.
    pub(super) folder: LocalPath,
    /// Which hosts to use and how to reach them, and the filters and tests of the project.
    pub(super) options: Options,
    /// Set when the user interrupts the run.
    pub(super) cancel: Cancel,
}

/// The events of a run.
#[derive(Default)]
pub(super) struct Told {
    /// The outcome of tasks and items of loops.
    pub(super) results: Vec<TaskResult>,
    /// The counts of each host.
    pub(super) recap: Vec<(Arc<str>, Recap)>,
    /// Problems found before any host was reached.
    pub(super) problems: Option<Problems>,
}

impl Told {
    /// Returns the task that ended the run on a host, if any.
    pub(super) fn failure(&self) -> Option<&TaskResult> {
        let is_bad = |recap: &Recap| recap.failed > 0 || recap.unreachable > 0;
        let (host, _) = self.recap.iter().find(|(_, recap)| is_bad(recap))?;
        let failed = |result: &&TaskResult| {
            let status = matches!(result.status, Status::Failed | Status::Unreachable);
            result.host == *host && status && !result.ignored
        };
        self.results.iter().rev().find(failed)
    }

    /// Returns the tasks that changed something.
    pub(super) fn changed(&self) -> impl Iterator<Item = &TaskResult> {
        let results = self.results.iter();
        results.filter(|result| result.status == Status::Changed)
    }
}

/// Runs the play of a case on the hosts of an inventory.
pub(super) fn carry_out(
    case: &Case,
    ground: &Ground,
    sources: &[String],
    connect: Connect,
    check: bool,
) -> Told {
    let inventory = match Inventory::load(sources) {
        Ok(inventory) => inventory,
        Err(mut problems) => {
            // A missing file is only detected if the case names it.
            for problem in &mut problems.0 {
                let place = case.inventory.as_ref().map(|node| node.place.clone());
                problem.place = problem.place.take().or(place);
            }
            return Told {
                problems: Some(problems),
                ..Told::default()
            };
        }
    };
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: ground.registry.clone(),
        inventory,
        loader: Loader::new(LoadOptions::default()),
        options: Options {
            check,
            diff: true,
            ..ground.options.clone()
        },
        playbook_folder: ground.folder.clone(),
        connector: Connector::new(connect).to_declared_machines(),
        cancel: ground.cancel.clone(),
        ask: Box::new(|_, _| Err(Unanswered::NoTerminal)),
        events,
    });
    let result = play(case, ground, &session);
    session.finish();
    drop(session);
    let mut told = collect(&told);
    told.problems = result.err();
    told
}

fn play(case: &Case, ground: &Ground, session: &Arc<Session>) -> Result<()> {
    // The play is placed in the project like a playbook, so that files and roles are found.
    let path = ground.folder.join("case.yml");
    let playbook = session.loader.playbook_of(&path, &case.playbook)?;
    session.validate(&playbook, true)?;
    session.playbook(&playbook, &[], None)?;
    Ok(())
}

fn collect(events: &Receiver<Event>) -> Told {
    let mut told = Told::default();
    for event in events {
        match event {
            Event::TaskFinished(result) | Event::ItemFinished(result) => told.results.push(*result),
            Event::RunFinished { recap, .. } => told.recap = recap,
            _ => {}
        }
    }
    told
}
