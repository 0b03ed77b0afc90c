//! Runs a role's script on a host: the script runs on a thread of its own and sends requests, and
//! the host's thread carries them out in the same way as tasks in YAML.

use super::failed_task;
use super::frame::Frame;
use super::outcome::Outcome;
use super::position::Position;
use super::script_service::{Level, Service};
use super::tell::{Called, is_hidden};
use super::walk::{Flow, Walk};
use crate::host::HostError;
use crate::playbook::{Block, Item, Script};
use crate::script::role::{self, Link};
use crate::script::{Budget, Diagnosis, Stop};
use crate::source::Problem;
use crate::value::NotKnown;
use crate::yaml::Node;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// How deep scripts may include each other; a script beyond that includes itself.
const MOST_SCRIPTS: usize = 20;

/// The size of a script's stack in bytes; only the used part takes memory.
const STACK: usize = 64 << 20;

impl Walk<'_, '_> {
    /// Runs a script, or one handler of it.
    pub(super) async fn script(
        &mut self,
        script: &Arc<Script>,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let own = Frame {
            parent: Some(frame),
            folder: Some(&script.folder),
            ..Frame::default()
        };
        if !self.may_take(&script.items, &own, script.outline.computes_tags()) {
            return Flow::Next;
        }
        // A script looks at the host itself.
        self.host.window().end(self.play.session.options.ahead);
        // If a condition around it is false, nothing of the script is run: its tasks are skipped
        // like those in YAML.
        if self.holds(&own) != Ok(true) {
            return self.items(&script.items, &own, position).await;
        }
        if self.scripts >= MOST_SCRIPTS {
            let message = format!("scripts are nested more than {MOST_SCRIPTS} levels deep");
            return self.script_failed(
                script,
                None,
                &own,
                Problem::at(&script.place, message).into(),
            );
        }
        self.scripts += 1;
        let flow = self.run_script(script, &own, position).await;
        self.scripts -= 1;
        flow
    }

    async fn run_script(
        &mut self,
        script: &Arc<Script>,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let session = self.play.session;
        let engine = session.scripts();
        let budget = Budget::new(session.options.script_limits, session.cancel.clone());
        let (requests, asked) = channel();
        let (answers, replies) = channel();
        let link = Link {
            requests,
            replies,
            outline: script.outline.clone(),
            program: script.program.clone(),
            host: self.host.name.to_string(),
            check_mode: session.options.check,
            handler: script.handler.as_ref().map(|handler| handler.site),
            console: script.console.clone(),
        };
        let mut service = Service::new(script, asked, answers);
        let outside = self.rescued_by.len();
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = match thread.spawn(move || role::run(&engine, budget, link)) {
            Ok(running) => running,
            Err(error) => {
                let outcome = Outcome::from(HostError::NoThread(error));
                return self.script_failed(script, None, frame, outcome);
            }
        };
        let level = Level::top(frame, outside);
        self.serve(&mut service, &level, position).await;
        service.hang_up();
        // The link reported how it ended, or else it panicked.
        let _ = running.join();
        self.script_ended(service, frame)
    }

    fn script_ended(&mut self, mut service: Service<'_>, frame: &Frame<'_>) -> Flow {
        let script = service.script;
        let diagnosis = match service.finished.take() {
            Some(Ok(())) => {
                self.caught(&mut service);
                return service.over.take().unwrap_or(Flow::Next);
            }
            Some(Err(diagnosis)) => *diagnosis,
            None => {
                let message = "the script ended unexpectedly";
                let outcome = Problem::at(&script.place, message).into();
                return self.script_failed(script, None, frame, outcome);
            }
        };
        let Diagnosis {
            problem,
            stop,
            raised,
        } = diagnosis;
        if let Some(Stop::Over) = stop {
            return service.over.take().unwrap_or(Flow::Stopped);
        }
        let thrown = raised.and_then(|raised| raised.failure);
        if let Some((id, failure)) = service.pending.take()
            && thrown == Some(id)
        {
            // A rescue may have had it, and thrown it on.
            self.not_rescued_yet(&failure, self.is_fatal_in(frame));
            return Flow::Failed(failure);
        }
        let outcome = match stop {
            Some(Stop::NotKnown(reason)) => {
                let mut outcome = Outcome::not_predicted(&reason);
                let place = problem.place.as_ref().map(ToString::to_string);
                outcome.warnings.push(format!(
                    "the rest of this script, from {} on, cannot be predicted",
                    place.unwrap_or_default()
                ));
                self.tell_script(
                    script,
                    service.failed_in.as_ref(),
                    frame,
                    &problem,
                    &outcome,
                );
                let at = problem.place.as_ref().unwrap_or(&script.place);
                if script.outline.acts_from(at, &script.place) {
                    self.lose(&reason);
                }
                return Flow::Next;
            }
            _ => Outcome::from(problem),
        };
        self.script_failed(script, service.failed_in.as_ref(), frame, outcome)
    }

    /// Continues after a script that failed by itself.
    fn script_failed(
        &mut self,
        script: &Script,
        task: Option<&(Node, bool)>,
        frame: &Frame<'_>,
        outcome: Outcome,
    ) -> Flow {
        let problem = outcome.problem.clone();
        let problem = problem.unwrap_or_else(|| Problem::at(&script.place, "the script failed"));
        self.tell_script(script, task, frame, &problem, &outcome);
        let fatal = self.is_fatal_in(frame);
        self.fails(
            failed_task::without_module(task.map(|(name, _)| name)),
            outcome,
            fatal,
        )
    }

    fn tell_script(
        &self,
        script: &Script,
        task: Option<&(Node, bool)>,
        frame: &Frame<'_>,
        problem: &Problem,
        outcome: &Outcome,
    ) {
        let file = script.place.file.path.file_name();
        let file = file.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let name = task.map_or(file, |(name, _)| name.to_value().to_string());
        let place = problem.place.as_ref().unwrap_or(&script.place);
        let position = self.play.lockstep.position(self.index);
        let written = name.clone();
        let name = Called {
            name,
            role: script.role.as_deref(),
            action: "script".to_owned(),
            handler: self.in_handler,
        };
        let told = self.play.named(name, place, &written, &position);
        let hidden = task.is_some_and(|(_, hidden)| *hidden) || self.hides(frame);
        self.play.tell_of_script(self.host, &told, outcome, hidden);
    }

    /// Returns whether `no_log` hides the output of a frame.
    pub(super) fn hides(&self, frame: &Frame<'_>) -> bool {
        let scope = self.play.scope(self.host, frame);
        scope.is_ok_and(|scope| is_hidden(frame, Some(&scope)))
    }

    /// Returns whether all conditions around are true, or why that is not known; one that cannot be
    /// evaluated counts as false.
    pub(super) fn holds(&self, frame: &Frame<'_>) -> Result<bool, NotKnown> {
        let conditions = frame.conditions();
        if conditions.is_empty() {
            return Ok(true);
        }
        let Ok(scope) = self.play.scope(self.host, frame) else {
            return Ok(false);
        };
        match scope.first_false(conditions) {
            Ok(failing) => Ok(failing.is_none()),
            Err(error) => error.not_known.map_or(Ok(false), Err),
        }
    }

    /// Returns whether the tags of the run select anything in a script.
    pub(super) fn may_take(&self, items: &[Item], frame: &Frame<'_>, any_tags: bool) -> bool {
        if self
            .waits_for
            .is_some_and(|place| !holds_place(items, place))
        {
            return false;
        }
        let filter = &self.play.session.options.tags;
        let all = filter.tags.is_empty() && filter.skip.is_empty();
        all || any_tags || self.in_handler || self.takes(frame) || self.takes_one(items, frame)
    }

    fn takes_one(&self, items: &[Item], frame: &Frame<'_>) -> bool {
        items.iter().any(|item| match item {
            Item::Task(task) => self.takes(&frame.inner(&task.keywords, "")),
            Item::Include(include) => self.takes(&frame.inner(&include.keywords, "")),
            Item::Block(block) => {
                let inner = frame.inner(&block.keywords, "");
                parts(block).any(|items| self.takes_one(items, &inner))
            }
            Item::Role(_) | Item::Script(_) => true,
        })
    }
}

fn parts(block: &Block) -> impl Iterator<Item = &[Item]> {
    [&block.block, &block.rescue, &block.always]
        .into_iter()
        .map(Vec::as_slice)
}

fn holds_place(items: &[Item], place: &crate::source::Place) -> bool {
    items.iter().any(|item| match item {
        Item::Task(task) => task.place == *place,
        Item::Include(include) => include.place == *place,
        Item::Block(block) => parts(block).any(|items| holds_place(items, place)),
        Item::Role(_) | Item::Script(_) => false,
    })
}
