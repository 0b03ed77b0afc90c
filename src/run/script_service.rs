//! A running script, as seen by the host's thread.

use super::frame::Frame;
use super::position::Step;
use super::walk::{Failure, Flow};
use crate::playbook::{Script, TaskOptions};
use crate::script::role::{Reply, Request};
use crate::script::{Diagnosis, Raised};
use crate::source::{Problem, Problems};
use crate::value::{self, Fields, Value};
use crate::yaml::Node;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// A running script, as seen by the host's thread.
pub(super) struct Service<'s> {
    pub(super) script: &'s Arc<Script>,
    pub(super) asked: Receiver<Request>,
    answers: Option<Sender<Reply>>,
    /// How it ended, once it has.
    pub(super) finished: Option<Result<(), Box<Diagnosis>>>,
    /// A task's failure that the script has not handled yet, and its number.
    pub(super) pending: Option<(u64, Box<Failure>)>,
    /// How the host continues if the run ends the script.
    pub(super) over: Option<Flow>,
    /// The task, as the script calls it, that an error came from, and whether `no_log` hides it.
    pub(super) failed_in: Option<(Node, bool)>,
    failures: u64,
    /// How often each call was made.
    visits: HashMap<usize, u32>,
}

/// The level a script is in: the script itself, or a function passed to `task` or `block`.
pub(super) struct Level<'f> {
    pub(super) frame: &'f Frame<'f>,
    /// The options of the surrounding `task`.
    pub(super) options: Option<&'f TaskOptions>,
    /// The byte offset of the surrounding call of `task` or `block`.
    pub(super) around: Option<usize>,
    /// How many blocks with a rescue surround it whose first part the host is in.
    pub(super) outside: usize,
}

/// The position of a level.
#[derive(Default)]
pub(super) struct Progress {
    statement: u32,
    calls: u32,
}

impl<'f> Level<'f> {
    pub(super) fn top(frame: &'f Frame<'f>, outside: usize) -> Self {
        Self {
            frame,
            options: None,
            around: None,
            outside,
        }
    }
}

impl<'s> Service<'s> {
    pub(super) fn new(
        script: &'s Arc<Script>,
        asked: Receiver<Request>,
        answers: Sender<Reply>,
    ) -> Self {
        Self {
            script,
            asked,
            answers: Some(answers),
            finished: None,
            pending: None,
            over: None,
            failed_in: None,
            failures: 0,
            visits: HashMap::new(),
        }
    }

    /// Stops answering: a script that still waits continues and ends.
    pub(super) fn hang_up(&mut self) {
        self.answers = None;
    }

    pub(super) fn answer(&self, reply: Reply) {
        if let Some(answers) = &self.answers {
            // A script that has ended needs no answer.
            let _ = answers.send(reply);
        }
    }

    /// Returns the steps of a position that lead to a call: the statement that contains it, the
    /// calls within that, the call itself.
    pub(super) fn steps(
        &mut self,
        level: &Level<'_>,
        progress: &mut Progress,
        site: usize,
    ) -> [Step; 3] {
        let outline = &self.script.outline;
        let statement = outline.statement(level.around, site, progress.statement);
        if statement != progress.statement {
            *progress = Progress {
                statement,
                calls: 0,
            };
        }
        progress.calls += 1;
        let site_number = u32::try_from(site).unwrap_or(u32::MAX);
        let visit = self.visits.entry(site).or_default();
        *visit += 1;
        [
            Step::of_script(statement, 0),
            Step::of_script(progress.calls, site_number),
            Step::of_script(site_number, *visit),
        ]
    }

    /// Returns the reply to the script about the end of a task.
    pub(super) fn reply(&mut self, flow: Flow, result: Option<Value>) -> Reply {
        match flow {
            Flow::Next => Reply::Value(result.unwrap_or_else(not_taken)),
            Flow::Failed(failure) => {
                self.failures += 1;
                let raised = Raised {
                    message: failure.outcome.message.clone().unwrap_or_default(),
                    task: failure
                        .task
                        .get_attr("name")
                        .ok()
                        .map(|name| name.to_string()),
                    result: Some(failure.outcome.value()),
                    failure: Some(self.failures),
                    ..Raised::default()
                };
                self.pending = Some((self.failures, failure));
                Reply::Failed(raised)
            }
            other => {
                self.over = Some(other);
                Reply::Over
            }
        }
    }
}

/// The result of a task that the run does not select, for example because of its tags.
pub(super) fn not_taken() -> Value {
    let mut fields = Fields::new();
    fields.insert("changed".to_owned(), false.into());
    fields.insert("skipped".to_owned(), true.into());
    fields.insert("skip_reason".to_owned(), "left out of this run".into());
    value::map(fields)
}

pub(super) fn wrong(problems: Problems) -> Reply {
    let mut problems = problems.0.into_iter();
    let problem = problems.next();
    Reply::Wrong(Box::new(
        problem.unwrap_or_else(|| Problem::new("a file of the user's is wrong")),
    ))
}
