//! A running script, as the host's thread sees it.

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

/// A running script, as the host's thread sees it.
pub(super) struct Service<'s> {
    pub(super) script: &'s Arc<Script>,
    pub(super) asked: Receiver<Request>,
    answers: Option<Sender<Reply>>,
    /// How it ended.
    pub(super) finished: Option<Result<(), Box<Diagnosis>>>,
    /// A task's failure that the script has not dealt with yet, and its number.
    pub(super) pending: Option<(u64, Box<Failure>)>,
    /// How the host goes on where the run ends the script.
    pub(super) over: Option<Flow>,
    /// The task, in the script's words, that an error came out of, and whether it hides things.
    pub(super) failed_in: Option<(Node, bool)>,
    failures: u64,
    /// How often each call was made.
    visits: HashMap<usize, u32>,
}

/// What a script is within: the script itself, or a function given to `task` or `block`.
pub(super) struct Level<'f> {
    pub(super) frame: &'f Frame<'f>,
    /// The call of `task` around.
    pub(super) options: Option<&'f TaskOptions>,
    /// The byte of the call of `task` or `block` around.
    pub(super) around: Option<usize>,
    /// Around it, how many blocks with a rescue the host is in the first part of.
    pub(super) outside: usize,
}

/// Where a level has got to.
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

    /// Answers nothing more: a script that still waits goes on and ends.
    pub(super) fn hang_up(&mut self) {
        self.answers = None;
    }

    pub(super) fn answer(&self, reply: Reply) {
        if let Some(answers) = &self.answers {
            // A script that has ended wants no answer.
            let _ = answers.send(reply);
        }
    }

    /// Returns the steps of a position that lead to a call: the statement it is in, the calls
    /// within that, the call itself.
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

    /// Returns what the script is told of how a task ended.
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

/// The result of a task that the run does not take, as by its tags.
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
