//! The plan that runs on this thread: its host, and why the host could not be asked.

use super::super::{Called, Raised, Stop, budget};
use super::change::ScriptChange;
use super::reads::Reads;
use crate::host::{Draft, HostError};
use crate::module::{ModuleError, PlanContext};
use rhai::Position;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The plan that runs on this thread.
struct Running {
    draft: Draft,
    environment: BTreeMap<String, String>,
    reads: Reads,
    /// The changes that it made.
    made: Vec<ScriptChange>,
    /// Why the host could not be asked; the script ends then.
    failure: Option<HostError>,
}

/// What a plan leaves besides its result.
#[derive(Default)]
pub(super) struct Left {
    /// The changes that it made.
    pub(super) made: Vec<ScriptChange>,
    /// Why the host could not be asked, if so.
    pub(super) failure: Option<HostError>,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Runs `work` for the host of a context; returns its result, and what else it leaves.
pub(super) fn with<T>(context: &PlanContext, reads: &Reads, work: impl FnOnce() -> T) -> (T, Left) {
    let running = Running {
        draft: context.host.draft(),
        environment: context.environment.clone(),
        reads: reads.clone(),
        made: Vec::new(),
        failure: None,
    };
    let outer = RUNNING.replace(Some(running));
    let result = work();
    let running = RUNNING.replace(outer);
    let left = running.map(|running| Left {
        made: running.made,
        failure: running.failure,
    });
    (result, left.unwrap_or_default())
}

/// Returns the host with the steps of the change so far; `None` outside of a plan.
pub(super) fn draft(position: Position) -> Called<Draft> {
    let draft = RUNNING.with_borrow(|running| Some(running.as_ref()?.draft.clone()));
    draft.ok_or_else(|| Raised::new("only plan can create a change").at(position))
}

/// Notes a change that the plan makes.
pub(super) fn makes(change: &ScriptChange) {
    RUNNING.with_borrow_mut(|running| {
        if let Some(running) = running {
            running.made.push(change.clone());
        }
    });
}

/// Returns the task's `environment`.
pub(super) fn environment() -> BTreeMap<String, String> {
    RUNNING
        .with_borrow(|running| Some(running.as_ref()?.environment.clone()))
        .unwrap_or_default()
}

/// Returns the programs that the script declares; none outside of a plan.
pub(super) fn reads() -> Option<Reads> {
    RUNNING.with_borrow(|running| Some(running.as_ref()?.reads.clone()))
}

/// Asks the host without counting the time for the script.
pub(super) fn ask<T>(
    position: Position,
    question: impl FnOnce() -> Result<T, ModuleError>,
) -> Called<T> {
    budget::waiting(question).or_else(|error| raised(error, position))
}

/// Converts an error for the script: to one that it can catch, or its end.
fn raised<T>(error: ModuleError, position: Position) -> Called<T> {
    let error = match error {
        ModuleError::Host(error) => error,
        ModuleError::NotKnown(reason) => return Err(Stop::NotKnown(reason).error(position)),
        ModuleError::Problem(problem) => {
            let mut raised = Raised::new(problem.message.clone());
            raised.problem = Some(problem);
            return Err(raised.at(position));
        }
        ModuleError::Known { error, .. } => return raised(*error, position),
        ModuleError::Refused { message, help } => {
            return Err(Raised::new(message).help(help).at(position));
        }
    };
    Err(match error {
        HostError::NotKnown(reason) => Stop::NotKnown(reason).error(position),
        HostError::Unreachable { .. }
        | HostError::Become { .. }
        | HostError::Protocol(_)
        | HostError::WhileRunning(_)
        | HostError::NotAsked
        | HostError::TimedOut
        | HostError::Cancelled => {
            RUNNING.with_borrow_mut(|running| {
                if let Some(running) = running {
                    running.failure = Some(error);
                }
            });
            Stop::Over.error(position)
        }
        other => Raised::new(other.to_string()).at(position),
    })
}
