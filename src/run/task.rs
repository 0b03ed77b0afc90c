//! One task on one host: its conditions, loop and tries around the attempts.

use super::frame::Frame;
use super::host_state::HostState;
use super::keyword::{flag, number};
use super::outcome::Outcome;
use super::play_run::PlayRun;
use crate::host::Limits;
use crate::playbook::{Task, Until};
use crate::report::{Event, Status, TaskName};
use crate::template::TemplateError;
use crate::value::{Fields, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::Node;
use std::sync::Arc;
use std::time::Duration;

/// A task on a host, with what it inherits.
pub(super) struct TaskRun<'a, 'p> {
    pub(super) play: &'a PlayRun<'p>,
    pub(super) host: &'a Arc<HostState>,
    pub(super) task: &'a Task,
    /// The frame whose keywords are the task's own.
    pub(super) frame: &'a Frame<'a>,
    pub(super) name: Arc<TaskName>,
}

/// A value, or what becomes of the task without it.
pub(super) type Fallible<T> = Result<T, Box<Outcome>>;

impl TaskRun<'_, '_> {
    /// Runs the task, all items of its loop, and says what came of it.
    pub(super) fn run(&self, scope: &Arc<Scope>) -> Outcome {
        let result = match &self.task.repeat {
            None => self.item(scope),
            Some(repeat) => self.looped(repeat, scope),
        };
        let mut outcome = result.unwrap_or_else(|outcome| *outcome);
        if outcome.counts_as_failed() {
            let keyword = match outcome.status {
                Status::Unreachable => self
                    .frame
                    .nearest(|keywords| keywords.ignore_unreachable.as_ref()),
                _ => self
                    .frame
                    .nearest(|keywords| keywords.ignore_errors.as_ref()),
            };
            outcome.ignored = !outcome.cancelled && flag(keyword, scope).unwrap_or(false);
        }
        outcome
    }

    /// Runs the task once, or one item of its loop, as often as `until` asks for.
    pub(super) fn item(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        if let Some(skipped) = self.conditions(scope)? {
            return Ok(skipped);
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
            let done = self.fulfilled(until, scope, &outcome)?;
            if done || outcome.cancelled || outcome.status == Status::Unreachable {
                return Ok(outcome);
            }
            if tries > retries {
                let last = outcome
                    .message
                    .take()
                    .map_or(String::new(), |message| format!(": {message}"));
                let mut failed =
                    Outcome::failed(format!("not fulfilled after {tries} tries{last}"));
                outcome.result.extend(failed.result);
                outcome.status = Status::Failed;
                outcome.message = failed.message.take();
                return Ok(outcome);
            }
            let (task, host) = (self.name.clone(), self.host.name.clone());
            self.play.session.tell(Event::Retrying {
                task,
                host,
                left: retries - tries + 1,
            });
            let delay = number(until.delay.as_ref(), scope, 5)?;
            Limits {
                deadline: None,
                cancel: self.play.session.cancel.clone(),
            }
            .sleep(Duration::from_secs(u64::from(delay)))
            .map_err(|error| Box::new(error.into()))?;
        }
    }

    fn fulfilled(&self, until: &Until, scope: &Arc<Scope>, outcome: &Outcome) -> Fallible<bool> {
        if until.conditions.is_empty() {
            return Ok(outcome.status != Status::Failed);
        }
        let scope = self.with_registered(scope, outcome);
        all(&until.conditions, &scope)
            .map(|failing| failing.is_none())
            .or_else(|error| {
                // In check mode a command's output cannot be waited for.
                if error.not_known.is_some() {
                    Ok(true)
                } else {
                    Err(Box::new(error.into()))
                }
            })
    }

    /// Returns the skipped outcome where a condition does not hold.
    pub(super) fn conditions(&self, scope: &Arc<Scope>) -> Fallible<Option<Outcome>> {
        for condition in self.frame.conditions() {
            match scope.condition(condition) {
                Ok(true) => {}
                Ok(false) => {
                    let text = condition.to_value().to_string();
                    return Ok(Some(Outcome::skipped(
                        "the condition is false",
                        Some(&text),
                    )));
                }
                Err(error) => return Err(Box::new(error.into())),
            }
        }
        Ok(None)
    }

    /// Makes one attempt and applies `changed_when` and `failed_when`.
    pub(super) fn judged(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        let mut outcome = self.attempt(scope)?;
        if outcome.cancelled || matches!(outcome.status, Status::Unreachable | Status::Skipped) {
            return Ok(outcome);
        }
        let judging = self.with_registered(scope, &outcome);
        let judge = |conditions: &Option<Vec<Node>>| -> Fallible<Option<bool>> {
            let Some(conditions) = conditions else {
                return Ok(None);
            };
            match all(conditions, &judging) {
                Ok(failing) => Ok(Some(failing.is_none())),
                Err(error) if error.not_known.is_some() => Ok(None),
                Err(error) => Err(Box::new(error.into())),
            }
        };
        if let Some(failed) = judge(&self.task.failed_when)? {
            outcome.result.insert("failed".to_owned(), failed.into());
            outcome
                .result
                .insert("failed_when_result".to_owned(), failed.into());
            let changed = outcome.result.get("changed").is_some_and(Value::is_true);
            outcome.status = match (failed, changed) {
                (true, _) => Status::Failed,
                (false, true) => Status::Changed,
                (false, false) => Status::Ok,
            };
            if failed && outcome.message.is_none() {
                outcome.message = Some("failed_when holds".to_owned());
            }
        }
        if let Some(changed) = judge(&self.task.changed_when)? {
            outcome.result.insert("changed".to_owned(), changed.into());
            if outcome.status != Status::Failed {
                outcome.status = if changed { Status::Changed } else { Status::Ok };
            }
        }
        Ok(outcome)
    }

    /// Returns the scope in which the task's own result is registered.
    pub(super) fn with_registered(&self, scope: &Arc<Scope>, outcome: &Outcome) -> Arc<Scope> {
        let Some(name) = self.task.register.as_ref().and_then(Node::as_text) else {
            return scope.clone();
        };
        scope.with(Layer::data(
            "register",
            Fields::from([(name.to_owned(), outcome.value())]),
        ))
    }
}

/// Returns the first condition that does not hold.
fn all<'a>(conditions: &'a [Node], scope: &Arc<Scope>) -> Result<Option<&'a Node>, TemplateError> {
    for condition in conditions {
        if !scope.condition(condition)? {
            return Ok(Some(condition));
        }
    }
    Ok(None)
}
