//! What a run tells those who report it.

use crate::change::Diff;
use crate::host::Traffic;
use crate::value::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// What a run tells those who report it. Secrets in it are masked already.
#[derive(Debug, Clone)]
pub enum Event {
    /// A play starts on these hosts.
    PlayStarted {
        /// Its name, or its host pattern.
        name: String,
        /// Hosts in the order in which they are taken.
        hosts: Vec<Arc<str>>,
    },
    /// A play has no hosts.
    NoHosts {
        /// Its name, or its host pattern.
        name: String,
    },
    /// A host came to a place in the play, and nobody is before it any more once it tells something
    /// there. With the free strategy, which keeps no order, nobody tells this.
    Reached {
        /// The host.
        host: Arc<str>,
        /// The place: the same numbers for all hosts there.
        place: Vec<u32>,
    },
    /// A host left the play: nothing more comes from it.
    Left {
        /// The host.
        host: Arc<str>,
    },
    /// A host starts a task.
    TaskStarted {
        /// The task.
        task: Arc<TaskName>,
        /// The host.
        host: Arc<str>,
    },
    /// An item of a task's loop is done on a host; the task's own end follows.
    ItemFinished(Box<TaskResult>),
    /// A task is done on a host.
    TaskFinished(Box<TaskResult>),
    /// A try of a task did not fulfil its `until`.
    Retrying {
        /// The task.
        task: Arc<TaskName>,
        /// The host.
        host: Arc<str>,
        /// Tries left.
        left: u32,
    },
    /// Something the user should know of a host.
    Warning {
        /// The host.
        host: Arc<str>,
        /// The text, which names the host.
        text: String,
    },
    /// A script says something (`log`).
    Said {
        /// Its host.
        host: Arc<str>,
        /// The text.
        text: String,
    },
    /// The run is over.
    RunFinished {
        /// What was counted on each host, in inventory order.
        recap: Vec<(Arc<str>, Recap)>,
        /// Whether it was a check run.
        check: bool,
        /// How long it took.
        elapsed: Duration,
        /// What the conversation with all hosts cost.
        traffic: Traffic,
    },
}

/// A task as shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskName {
    /// `role : name`, or `name`; the module's name where the task has none.
    pub name: String,
    /// The module.
    pub action: String,
    /// `FILE:LINE`.
    pub path: String,
    /// Whether it is a handler.
    pub handler: bool,
    /// Which task of the play it is.
    pub id: TaskId,
}

/// Tells the tasks of a play apart: the same on all hosts, another one for each time the play comes
/// to a task again (a loop of a script or of an include, a further batch of hosts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// Returns the id of the task that all of `parts` lead to.
    pub fn of(parts: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Event {
    /// Returns the host that tells this on its way through a play.
    pub(super) fn host(&self) -> Option<&Arc<str>> {
        match self {
            Self::ItemFinished(result) | Self::TaskFinished(result) => Some(&result.host),
            Self::Retrying { host, .. } | Self::Warning { host, .. } | Self::Said { host, .. } => {
                Some(host)
            }
            _ => None,
        }
    }

    /// Returns the task that this is about.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::ItemFinished(result) | Self::TaskFinished(result) => Some(result.task.id),
            Self::Retrying { task, .. } => Some(task.id),
            _ => None,
        }
    }
}

/// How a task ended on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing was to be done.
    Ok,
    /// Something was changed, or would be.
    Changed,
    /// It did not apply.
    Skipped,
    /// Check mode cannot predict it: it depends on something that check mode does not run.
    Unknown,
    /// It failed.
    Failed,
    /// The host could not be reached.
    Unreachable,
}

/// What came of a task, or of one item of its loop, on a host.
#[derive(Debug, Clone)]
pub struct TaskResult {
    /// The task.
    pub task: Arc<TaskName>,
    /// The host whose task it is.
    pub host: Arc<str>,
    /// The host it was carried out on, if another.
    pub delegated_to: Option<String>,
    /// How it ended.
    pub status: Status,
    /// A failure that does not count (`ignore_errors`).
    pub ignored: bool,
    /// The item of a loop, as its label shows it.
    pub item: Option<String>,
    /// Number of conditions of an assert.
    pub that: Option<usize>,
    /// Number of items of a loop.
    pub items: Option<usize>,
    /// What failed, was skipped or cannot be predicted, in one sentence.
    pub message: Option<String>,
    /// The problem in full where the user's files are at fault, as cargo would show it.
    pub problem: Option<crate::source::Problem>,
    /// The command that failed, its exit code and output, for the terminal.
    pub command: Option<FailedCommand>,
    /// What to do about it.
    pub help: Option<String>,
    /// The result as registered.
    pub result: Value,
    /// What it changes.
    pub diffs: Vec<Diff>,
    /// Warnings of the module.
    pub warnings: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
    /// What the conversation with the host cost.
    pub traffic: Traffic,
}

/// A command that failed.
#[derive(Debug, Clone)]
pub struct FailedCommand {
    /// The command line.
    pub command: String,
    /// Its exit code.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// What was counted on a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recap {
    /// Tasks that ended well, changed ones included.
    pub ok: u32,
    /// Tasks that changed something, or would.
    pub changed: u32,
    /// Tasks that found no connection.
    pub unreachable: u32,
    /// Tasks that failed.
    pub failed: u32,
    /// Tasks that did not apply.
    pub skipped: u32,
    /// Failures that a `rescue` dealt with.
    pub rescued: u32,
    /// Failures that were ignored.
    pub ignored: u32,
    /// Tasks that check mode cannot predict.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Recap {
    /// Counts a finished task.
    pub fn count(&mut self, status: Status, ignored: bool) {
        match status {
            Status::Ok => self.ok += 1,
            Status::Changed => {
                self.ok += 1;
                self.changed += 1;
            }
            Status::Skipped => self.skipped += 1,
            Status::Unknown => self.unknown += 1,
            Status::Failed | Status::Unreachable if ignored => {
                self.ok += 1;
                self.ignored += 1;
            }
            Status::Failed => self.failed += 1,
            Status::Unreachable => self.unreachable += 1,
        }
    }
}

impl TaskResult {
    /// Returns the line of the events file (without its line break).
    pub fn line(&self) -> String {
        let mut fields = BTreeMap::new();
        let text = |text: &str| serde_json::Value::from(text);
        fields.insert("host", text(&self.host));
        fields.insert("task", text(&self.task.name));
        fields.insert("action", text(&self.task.action));
        fields.insert("path", text(&self.task.path));
        fields.insert(
            "status",
            serde_json::to_value(self.status).unwrap_or_default(),
        );
        if self.ignored {
            fields.insert("ignored", true.into());
        }
        if let Some(that) = self.that {
            fields.insert("that", that.into());
        }
        if let Some(items) = self.items {
            fields.insert("items", items.into());
        }
        if !self.diffs.is_empty() {
            let texts: Vec<_> = self.diffs.iter().map(ToString::to_string).collect();
            fields.insert("diff", texts.into());
        }
        let says_why = matches!(
            self.status,
            Status::Failed | Status::Unreachable | Status::Unknown
        );
        if let (true, Some(message)) = (says_why, &self.message) {
            fields.insert("msg", text(message));
        }
        serde_json::to_string(&fields).unwrap_or_default()
    }
}
