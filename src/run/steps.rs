//! `--step`: the user decides at the terminal whether each task runs.

use super::play_run::lock;
use super::position::{Position, TaskKey, task_key};
use super::session::Session;
use crate::source::on_one_line;
use std::collections::HashMap;
use std::sync::Mutex;

/// The user's answer for each task, shared by all hosts that reach the task.
pub(super) struct Steps(Option<Mutex<HashMap<TaskKey, bool>>>);

impl Steps {
    pub(super) fn new(session: &Session) -> Self {
        Self(session.options.step.then(Mutex::default))
    }

    /// Returns whether the task at a position runs; the first host to reach it asks.
    pub(super) fn take(&self, session: &Session, position: &Position, name: &str) -> bool {
        let Some(answers) = &self.0 else {
            return true;
        };
        let mut answers = lock(answers);
        if let Some(answer) = answers.get(&task_key(position)) {
            return *answer;
        }
        let answer = session.asks_no_more() || ask(session, name);
        answers.insert(task_key(position), answer);
        answer
    }
}

fn ask(session: &Session, name: &str) -> bool {
    let name = on_one_line(name);
    let question =
        format!("Run task \"{name}\"? y = yes, n = skip it (default), c = run all the rest");
    match (session.ask)(&question, true).unwrap_or_default().trim() {
        "y" | "yes" => true,
        "c" | "continue" => {
            session.ask_no_more();
            true
        }
        _ => false,
    }
}
