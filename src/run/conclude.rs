//! What follows from the outcome of a task: what is kept, who is notified, how the host continues.

use super::failed_block::FailedBlock;
use super::failed_task;
use super::frame::Frame;
use super::keyword::flag;
use super::lockstep::Turn;
use super::outcome::Outcome;
use super::play_run::lock;
use super::position::Position;
use super::task::TaskRun;
use super::walk::{Failure, Flow, Walk};
use crate::change::Control;
use crate::report::Status;
use crate::value::{NotKnown, Value};
use crate::vars::Scope;
use crate::yaml::Node;
use std::sync::Arc;

impl Walk<'_, '_> {
    /// Runs a task on one host for all: on the first one to which it applies.
    pub(super) async fn once(
        &mut self,
        run: &TaskRun<'_, '_>,
        scope: &Arc<Scope>,
        position: &mut Position,
    ) -> Flow {
        let lockstep = &self.play.lockstep;
        loop {
            match lockstep.turn::<Outcome>(self.index, position).await {
                Turn::Take => {
                    let outcome = self.throttled(run, scope, position, &[]).await;
                    if outcome.status == Status::Skipped {
                        lockstep.took::<Outcome>(self.index, position, None);
                        continue;
                    }
                    lockstep.took(self.index, position, Some(outcome.clone()));
                    return self.end(run, outcome, Some(scope)).await;
                }
                Turn::Done(outcome) => return self.taken_over(run, outcome, scope).await,
                Turn::NobodyDid { speaks } => {
                    let outcome = Outcome::skipped("the condition is false on every host");
                    return if speaks {
                        self.end(run, outcome, Some(scope)).await
                    } else {
                        self.taken_over(run, outcome, scope).await
                    };
                }
            }
        }
    }

    /// Continues after a task that ran here.
    pub(super) async fn end(
        &mut self,
        run: &TaskRun<'_, '_>,
        outcome: Outcome,
        scope: Option<&Arc<Scope>>,
    ) -> Flow {
        // `meta` concerns the run and does no work on a host.
        let says = outcome.counts_as_failed() || outcome.status == Status::Unknown;
        if run.name.action != "meta" || says {
            let changed = outcome.result.get("changed").is_some_and(Value::is_true);
            self.host
                .count(|recap| recap.count(outcome.status, outcome.ignored, changed));
            self.play.tell_finished(run, &outcome, scope);
        }
        self.conclude(run, outcome, scope).await
    }

    /// Continues after a task that another host ran for all.
    pub(super) async fn taken_over(
        &mut self,
        run: &TaskRun<'_, '_>,
        outcome: Outcome,
        scope: &Arc<Scope>,
    ) -> Flow {
        self.host.set(&outcome.sets);
        self.conclude(run, outcome, Some(scope)).await
    }

    pub(super) async fn conclude(
        &mut self,
        run: &TaskRun<'_, '_>,
        outcome: Outcome,
        scope: Option<&Arc<Scope>>,
    ) -> Flow {
        if self.scripts > 0 {
            self.result = Some(outcome.registered());
        }
        if let Some(name) = run.task.register.as_ref().and_then(Node::as_text) {
            self.host
                .set_variables([(name.to_owned(), outcome.registered())]);
        }
        if outcome.cancelled {
            return Flow::Stopped;
        }
        if outcome.counts_as_failed() {
            let fatal = self.is_fatal_in(run.frame);
            return self.fails(failed_task::of(run.task, scope), outcome, fatal);
        }
        let changed = outcome.changed();
        if let (Ok(true) | Err(_), Some(scope)) = (&changed, scope) {
            let doubt = changed.as_ref().err();
            let inherited = run.frame.outwards().flat_map(|frame| frame.notify);
            for node in run.task.notify.iter().chain(inherited) {
                if let Err(outcome) = self.play.notify(self.host, node, scope, doubt) {
                    // The task's own result has been reported already: it changed something.
                    self.play.tell_made(self.host, &run.name, &outcome);
                    let failed = failed_task::of(run.task, Some(scope));
                    return self.fails(failed, *outcome, false);
                }
            }
        }
        match (outcome.control, &outcome.unknown) {
            (None, _) => Flow::Next,
            (Some(control), None) => self.control(control, run).await,
            (Some(control), Some(reason)) => {
                self.may_end(control, reason);
                Flow::Next
            }
        }
    }

    /// Continues after a `meta` task that may or may not run: if it would end something, the tasks
    /// that follow are uncertain too.
    fn may_end(&mut self, control: Control, reason: &NotKnown) {
        match control {
            Control::EndHost | Control::EndBatch | Control::EndPlay => {
                self.doubt = Some(reason.clone());
            }
            Control::EndRole => self.role_doubt = Some(reason.clone()),
            _ => {}
        }
    }

    /// Continues after a failure; if `fatal`, it is a failure of all hosts.
    pub(super) fn fails(&mut self, task: Value, outcome: Outcome, fatal: bool) -> Flow {
        if outcome.status == Status::Unreachable {
            // Nothing else can be done on that host, including rescue and always.
            self.play.failed(self.host, self.index, fatal);
            return Flow::EndHost;
        }
        let failure = Failure {
            task,
            outcome,
            elsewhere: false,
        };
        self.not_rescued_yet(&failure, fatal);
        Flow::Failed(Box::new(failure))
    }

    /// Returns whether a failure in a frame is a failure of all hosts.
    pub(super) fn is_fatal_in(&self, frame: &Frame<'_>) -> bool {
        let Ok(scope) = self.play.scope(self.host, frame) else {
            return false;
        };
        let fatal = flag(frame, |keywords| keywords.any_errors_fatal.as_ref(), &scope);
        matches!(fatal, Ok(Some(true)))
    }

    /// While a rescue may still handle a failure, the host has not failed; it has once the rescue
    /// fails too.
    pub(super) fn not_rescued_yet(&self, failure: &Failure, fatal: bool) {
        match self.rescued_by.last() {
            None => self.play.failed(self.host, self.index, fatal),
            Some(block) if fatal => FailedBlock {
                block: block.clone(),
                task: self.play.lockstep.position(self.index),
                host: self.index,
                failure: failure.clone(),
            }
            .note(&mut lock(&self.play.failed_blocks)),
            Some(_) => {}
        }
    }

    /// Counts a failure that was rescued.
    pub(super) fn rescued(&self, failure: &Failure) {
        if !failure.elsewhere {
            self.host.count(|recap| {
                recap.failed = recap.failed.saturating_sub(1);
                recap.rescued += 1;
            });
        }
    }

    /// Returns whether a host may only run what runs in any case.
    pub(super) fn is_stopped(&self, flow: &Flow) -> bool {
        matches!(flow, Flow::Stopped) || (matches!(flow, Flow::Failed(_)) && self.play.is_fatal())
    }

    pub(super) async fn control(&mut self, control: Control, run: &TaskRun<'_, '_>) -> Flow {
        match control {
            Control::FlushHandlers => {
                let root = run.frame.outwards().last().cloned().unwrap_or_default();
                let mut position = self.play.lockstep.position(self.index);
                Box::pin(self.flush_handlers(&root, &mut position)).await
            }
            Control::EndHost => Flow::EndHost,
            Control::EndBatch => {
                self.play.lockstep.stop();
                Flow::EndHost
            }
            Control::EndPlay => {
                self.play.end_play();
                Flow::EndHost
            }
            Control::EndRole => Flow::EndRole,
            Control::ClearFacts => {
                self.host.clear_facts();
                Flow::Next
            }
            Control::ClearHostErrors => {
                self.play.clear_errors();
                Flow::Next
            }
            Control::ResetConnection => {
                self.play.session.connector.reset(&self.host.name);
                Flow::Next
            }
        }
    }
}
