//! Runs the plays of the cases on the hosts of a lab: twice, and in check mode.

use super::Verdict;
use super::carry_out::{Ground, Told, carry_out};
use super::case::Case;
use super::show::{failure_with, task_failure};
use crate::cli::connect;
use crate::report::TaskResult;
use crate::run::{Connect, Settings};
use crate::source::Problem;
use std::sync::Arc;

/// The hosts of a lab.
pub(super) struct Lab {
    /// What all cases share.
    pub(super) ground: Ground,
    inventory: Vec<String>,
    connect: Arc<Connect>,
}

impl Lab {
    /// Returns the hosts of an inventory.
    pub(super) fn of(ground: Ground, inventory: Vec<String>) -> Self {
        let connect = Arc::new(connect::connect(None, ground.cancel.clone()));
        Self {
            ground,
            inventory,
            connect,
        }
    }

    /// Runs the play of a case on the hosts, once more, and in check mode.
    pub(super) fn check(&self, case: &Case) -> Verdict {
        if !case.lab {
            return Verdict::Left("not for a lab");
        }
        if case.expect.failed.is_some() {
            return Verdict::Left("it expects a failure");
        }
        let first = self.carry_out(case, false);
        if let Some(failed) = failure(&first) {
            return Verdict::Failed(vec![failed]);
        }
        if first.results.is_empty() {
            return Verdict::Left("the inventory has no host for it");
        }
        if case.expect.repeats {
            return Verdict::Passed;
        }
        for (what, check) in [
            ("the second run changes something", false),
            ("check mode predicts a change after the second run", true),
        ] {
            let told = self.carry_out(case, check);
            if let Some(failed) = failure(&told) {
                return Verdict::Failed(vec![failed]);
            }
            let changed: String = told.changed().map(shown).collect();
            if !changed.is_empty() {
                let problem = Problem::at(&case.place, what);
                return Verdict::Failed(vec![failure_with(&problem, &changed)]);
            }
        }
        Verdict::Passed
    }

    fn carry_out(&self, case: &Case, check: bool) -> Told {
        let connect = self.connect.clone();
        let connect = Box::new(move |settings: &Settings| connect(settings));
        carry_out(case, &self.ground, &self.inventory, connect, check)
    }
}

fn failure(told: &Told) -> Option<String> {
    let problems = told.problems.as_ref();
    let problems = problems.map(|problems| problems.render(true));
    problems.or_else(|| told.failure().map(task_failure))
}

fn shown(result: &TaskResult) -> String {
    let diffs: String = result.diffs.iter().map(ToString::to_string).collect();
    format!("{}: {}\n{diffs}", result.host, result.task.name)
}
