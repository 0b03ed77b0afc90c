//! Tasks that are left running in the background: `async` with `poll: 0`.
//!
//! A module plans on this machine, and its steps are made as usual. Only if the last one is a
//! command, that command is left running: it is what takes long. Otherwise all is done at once, and
//! the job is one that has ended.

use super::attempt::Attempt;
use super::outcome::Outcome;
use crate::change::{Change, Job};
use crate::host::{Command, HostError, Output, Probe, Step};
use crate::module::{HostPaths, Templates as _};
use crate::report::Status;
use crate::value::NotKnown;
use camino::Utf8PathBuf;

/// How a task is left running.
#[derive(Debug, Clone, Copy)]
pub(super) struct Background {
    /// How many seconds it may take.
    pub(super) seconds: u32,
    /// Whether check mode only predicts it.
    pub(super) is_predicted: bool,
}

/// What check mode does not know of a job.
const NOT_STARTED: &str = "check mode does not start jobs in the background";

impl Attempt<'_> {
    /// Makes the attempt, and leaves running what takes long.
    pub(super) fn left_running(&self, background: Background) -> Outcome {
        if background.is_predicted {
            return without_job(self.made());
        }
        let job = match self.new_job() {
            Ok(job) => job,
            Err(outcome) => return *outcome,
        };
        let mut planned = self.planned(false);
        if let Ok((change, _)) = &planned
            && change.again
            && let Ok((change, turn)) = planned
        {
            let first = self.carried_out(change, turn);
            if !matches!(first.status, Status::Ok | Status::Changed) {
                return self.recorded(&job, first);
            }
            planned = self.planned(true);
        }
        let (mut change, turn) = match planned {
            Ok(planned) => planned,
            Err(outcome) => return *outcome,
        };
        let Some(command) = last_command(&change) else {
            return self.recorded(&job, self.carried_out(change, turn));
        };
        let command = job.start(
            &command,
            background.seconds,
            &change.result,
            change.reports_output,
        );
        if let Err(error) = self.ready_for(&change) {
            return error.into();
        }
        change.steps.pop();
        change.reports_output = false;
        let before = self.carried_out(change, turn);
        if !matches!(before.status, Status::Ok | Status::Changed) {
            return before;
        }
        match self.done(command, &job) {
            Ok(()) => started(&job, before),
            Err(error) => error.into(),
        }
    }

    fn new_job(&self) -> Result<Job, Box<Outcome>> {
        let probe = Probe::new(self.host.clone(), self.limits.clone());
        let paths = HostPaths::new(&probe, self.environment);
        let folder = paths.absolute(&self.folder_of_jobs());
        let job = folder.and_then(|folder| Job::new(&Utf8PathBuf::from(folder)));
        job.map_err(|error| Box::new(error.into()))
    }

    /// Notes the result of a job that ended at once, and returns that of the task.
    fn recorded(&self, job: &Job, outcome: Outcome) -> Outcome {
        let is_known = matches!(
            outcome.status,
            Status::Ok | Status::Changed | Status::Failed
        );
        if !is_known || outcome.cancelled {
            return outcome;
        }
        match self.done(job.record(&outcome.registered()), job) {
            Ok(()) => started(job, outcome),
            Err(error) => error.into(),
        }
    }

    /// Runs a command that writes files of a job.
    fn done(&self, command: Command, job: &Job) -> Result<(), HostError> {
        let step = Step::Run {
            command,
            any_status: true,
        };
        let Output { status, stderr, .. } = self.host.apply(&step, self.limits)?;
        if status == 0 {
            return Ok(());
        }
        Err(HostError::Step {
            action: format!("write {}", job.file("")),
            reason: String::from_utf8_lossy(&stderr).trim().to_owned(),
        })
    }
}

/// Returns the command that the change ends with, if it can be left running: a script is only there
/// while it runs.
fn last_command(change: &Change) -> Option<Command> {
    match change.steps.last() {
        Some(Step::Run { command, .. }) if command.script.is_none() && change.failed.is_none() => {
            Some(command.clone())
        }
        _ => None,
    }
}

/// Returns the outcome of a task whose job was started, with what its first part said.
fn started(job: &Job, before: Outcome) -> Outcome {
    let mut outcome = Outcome::new(Status::Changed);
    outcome.result = job.started();
    outcome.warnings = before.warnings;
    outcome.diffs = before.diffs;
    outcome.sets = before.sets;
    outcome
}

/// Returns what check mode says of a task that would be left running: its job has no id.
fn without_job(mut outcome: Outcome) -> Outcome {
    if matches!(outcome.status, Status::Ok | Status::Changed) {
        let reason = NotKnown::new(NOT_STARTED);
        for name in ["ansible_job_id", "results_file"] {
            outcome.result.insert(name.to_owned(), reason.value());
        }
        outcome.result.insert("started".to_owned(), true.into());
        outcome.result.insert("finished".to_owned(), false.into());
    }
    outcome
}
