//! One task on one host: its conditions, its loop and its retries.

use super::frame::Frame;
use super::host_state::HostState;
use super::keyword::{flag, number, seconds};
use super::outcome::{Outcome, UNTIL};
use super::play_run::PlayRun;
use crate::host::{Guess, Limits};
use crate::playbook::{Task, Until};
use crate::report::{Event, Status, TaskName};
use crate::template::TemplateError;
use crate::value::{Fields, NotKnown, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::Node;
use std::sync::Arc;
use std::time::Duration;

/// A task on a host, with what it inherits.
#[derive(Clone)]
pub(super) struct TaskRun<'a, 'p> {
    pub(super) play: &'a PlayRun<'p>,
    pub(super) host: &'a Arc<HostState>,
    pub(super) task: &'a Task,
    /// The frame with the task's own keywords.
    pub(super) frame: &'a Frame<'a>,
    pub(super) name: Arc<TaskName>,
    /// Why, in check mode, it is unknown whether the host reaches the task at all.
    pub(super) doubt: Option<NotKnown>,
    /// The host to plan on, if the task is only planned on a guess.
    pub(super) guess: Option<Arc<Guess>>,
}

/// A value, or the outcome of the task without it.
pub(super) type Fallible<T> = Result<T, Box<Outcome>>;

impl TaskRun<'_, '_> {
    /// Runs the task, including all items of its loop, and returns its outcome.
    pub(super) fn run(&self, scope: &Arc<Scope>) -> Outcome {
        let result = match &self.task.repeat {
            None => self.item(scope),
            Some(repeat) => self.looped(repeat, scope),
        };
        let mut outcome = result.unwrap_or_else(|outcome| *outcome);
        if outcome.counts_as_failed() {
            let ignored = match outcome.status {
                Status::Unreachable => flag(
                    self.frame,
                    |keywords| keywords.ignore_unreachable.as_ref(),
                    scope,
                ),
                _ => flag(
                    self.frame,
                    |keywords| keywords.ignore_errors.as_ref(),
                    scope,
                ),
            };
            outcome.ignored = !outcome.cancelled && matches!(ignored, Ok(Some(true)));
            // Then it is also unknown whether the host continues.
            if let Err(unknown) = ignored
                && let Some(reason) = &unknown.unknown
            {
                outcome.say_unknown(reason);
            }
        }
        outcome
    }

    /// Runs the task, or one item of its loop, as often as `until` requires.
    pub(super) fn item(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        match self.conditions(scope) {
            Ok(None) => {}
            Ok(Some(skipped)) => return Ok(skipped),
            Err(outcome) => {
                return match &outcome.unknown {
                    Some(reason) => Ok(self.doubtful(scope, reason)),
                    None => Err(outcome),
                };
            }
        }
        let Some(until) = &self.task.until else {
            return self.judged(scope);
        };
        let retries = number(until.retries.as_ref(), scope, 3)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let mut outcome = self.judged(scope)?;
            outcome.result.insert("attempts".to_owned(), tries.into());
            // A host that is lost, or a limit that is reached, is no answer that could be asked again.
            if outcome.is_cut_short() {
                return Ok(outcome);
            }
            let done = match self.fulfilled(until, scope, &outcome) {
                Ok(done) => done,
                Err(error) => {
                    let Some(reason) = error.not_known.clone() else {
                        return Ok(outcome.broken_by(UNTIL, error.into()));
                    };
                    for name in ["attempts", "failed"] {
                        outcome.result.insert(name.to_owned(), reason.value());
                    }
                    outcome.say_unknown(&reason);
                    return Ok(outcome);
                }
            };
            if done {
                return Ok(outcome);
            }
            if tries > retries {
                let last = outcome
                    .message
                    .take()
                    .map_or(String::new(), |message| format!(": {message}"));
                let message = format!("condition not met after {tries} attempts{last}");
                // Whether the attempts changed something is as true as before.
                let mut set = |name: &str, value| outcome.result.insert(name.to_owned(), value);
                set("failed", true.into());
                set("msg", message.clone().into());
                // With `failed_when: false` the play is to continue without what was waited for.
                if self.task.failed_when.is_none() {
                    outcome.status = Status::Failed;
                }
                if outcome.status == Status::Failed {
                    outcome.message = Some(message);
                }
                return Ok(outcome);
            }
            let (task, host) = (self.name.clone(), self.host.name.clone());
            self.play.session.tell(Event::Retrying {
                task,
                host,
                left: retries - tries + 1,
            });
            let delay = seconds(until.delay.as_ref(), scope, Duration::from_secs(5))?;
            Limits {
                deadline: None,
                cancel: self.play.session.cancel.clone(),
            }
            .sleep(delay)
            .map_err(|error| Box::new(error.into()))?;
        }
    }

    fn fulfilled(
        &self,
        until: &Until,
        scope: &Arc<Scope>,
        outcome: &Outcome,
    ) -> Result<bool, TemplateError> {
        if until.conditions.is_empty() {
            return Ok(outcome.status != Status::Failed);
        }
        let scope = self.with_registered(scope, outcome);
        Ok(scope.first_false(&until.conditions)?.is_none())
    }

    /// Returns the skipped outcome if a condition is false, or an unknown one if it is unknown
    /// whether all are true.
    pub(super) fn conditions(&self, scope: &Arc<Scope>) -> Fallible<Option<Outcome>> {
        match (scope.first_false(self.frame.conditions()), &self.doubt) {
            (Ok(None), None) => Ok(None),
            (Ok(Some(condition)), _) => Ok(Some(Outcome::condition_is_false(condition))),
            // Errors in a condition matter only if the host reaches it.
            (_, Some(reason)) => Err(Box::new(Outcome::not_predicted(reason))),
            (Err(error), None) => Err(Box::new(error.into())),
        }
    }

    /// Makes one attempt and applies `changed_when` and `failed_when`.
    pub(super) fn judged(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        let mut outcome = self.attempt(scope)?;
        let is_skipped = outcome.status == Status::Skipped;
        if outcome.is_cut_short() || is_skipped || outcome.unknown.is_some() {
            return Ok(outcome);
        }
        let changed = self.verdict(
            self.task.changed_when.as_deref(),
            scope,
            &mut outcome,
            "changed",
        );
        // `failed_when` sees what `changed_when` decided.
        let failed = match &changed {
            Ok(_) => self.verdict(
                self.task.failed_when.as_deref(),
                scope,
                &mut outcome,
                "failed",
            ),
            Err(_) => Ok(None),
        };
        let (changed, failed) = match (changed, failed) {
            (Ok(changed), Ok(failed)) => (changed, failed),
            (Err(error), _) | (_, Err(error)) if error.cancelled => return Err(error),
            (Err(error), _) => return Ok(outcome.broken_by("changed_when", *error)),
            (_, Err(error)) => return Ok(outcome.broken_by("failed_when", *error)),
        };
        if let Some(failed) = failed {
            let has_changed = outcome.result.get("changed").is_some_and(Value::is_true);
            outcome.status = match (&failed, has_changed) {
                (Ok(true), _) => Status::Failed,
                (_, true) => Status::Changed,
                (_, false) => Status::Ok,
            };
            if failed == Ok(true) && outcome.message.is_none() {
                outcome.message = Some("failed_when holds".to_owned());
            }
            if let Err(reason) = failed {
                outcome.say_unknown(&reason);
            }
        }
        match changed {
            None => {}
            _ if outcome.status == Status::Failed => {}
            Some(Err(reason)) => outcome.say_unknown(&reason),
            _ if outcome.status == Status::Unknown => {}
            Some(Ok(true)) => outcome.status = Status::Changed,
            Some(Ok(false)) => outcome.status = Status::Ok,
        }
        Ok(outcome)
    }

    /// Returns what the conditions of `changed_when` or `failed_when` say of an outcome, and keeps it
    /// in the result.
    fn verdict(
        &self,
        conditions: Option<&[Node]>,
        scope: &Arc<Scope>,
        outcome: &mut Outcome,
        name: &str,
    ) -> Fallible<Option<Result<bool, NotKnown>>> {
        let Some(conditions) = conditions else {
            return Ok(None);
        };
        let verdict = judged(conditions, &self.with_registered(scope, outcome))?;
        let value = verdict
            .as_ref()
            .map_or_else(NotKnown::value, |verdict| (*verdict).into());
        if name == "failed" {
            let kept = "failed_when_result".to_owned();
            outcome.result.insert(kept, value.clone());
        }
        outcome.result.insert(name.to_owned(), value);
        Ok(Some(verdict))
    }

    /// Returns the scope in which the task's own result is registered.
    pub(super) fn with_registered(&self, scope: &Arc<Scope>, outcome: &Outcome) -> Arc<Scope> {
        let Some(name) = self.task.register.as_ref().and_then(Node::as_text) else {
            return scope.clone();
        };
        scope.with(Layer::data(
            "register",
            Fields::from([(name.to_owned(), outcome.registered())]),
        ))
    }
}

/// Returns whether the conditions are true, or why that is unknown.
fn judged(conditions: &[Node], scope: &Arc<Scope>) -> Fallible<Result<bool, NotKnown>> {
    match scope.first_false(conditions) {
        Ok(failing) => Ok(Ok(failing.is_none())),
        Err(error) => match error.not_known {
            Some(reason) => Ok(Err(reason)),
            None => Err(Box::new(error.into())),
        },
    }
}
