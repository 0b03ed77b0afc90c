//! What a run reports.

use crate::change::Diff;
use crate::host::Traffic;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// What a run reports. Secrets in it are already masked.
#[derive(Debug, Clone)]
pub enum Event {
    /// A play starts on these hosts.
    PlayStarted {
        /// Its name, or its host pattern.
        name: String,
        /// Its hosts, in run order.
        hosts: Vec<Arc<str>>,
    },
    /// A play matches no hosts.
    NoHosts {
        /// Its name, or its host pattern.
        name: String,
    },
    /// A host reached a place in the play; once it reports anything there, no host will report from
    /// before that place. The free strategy, which keeps no order, never sends this.
    Reached {
        /// The host.
        host: Arc<str>,
        /// The place: the same numbers for all hosts that reach it.
        place: Vec<u32>,
    },
    /// A host left the play and reports nothing more.
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
    /// An item of a task's loop is done on a host; the end of the task itself follows.
    ItemFinished(Box<TaskResult>),
    /// A task is done on a host.
    TaskFinished(Box<TaskResult>),
    /// An attempt of a task did not meet its `until`.
    Retrying {
        /// The task.
        task: Arc<TaskName>,
        /// The host.
        host: Arc<str>,
        /// Attempts left.
        left: u32,
    },
    /// A warning about a host.
    Warning {
        /// The host.
        host: Arc<str>,
        /// The text, which names the host.
        text: String,
    },
    /// A message of a script (`log`).
    Said {
        /// The script's host.
        host: Arc<str>,
        /// The text.
        text: String,
    },
    /// A text that a task shows at once, while it runs (`pause`).
    Announced {
        /// The host of the task.
        host: Arc<str>,
        /// The text.
        text: String,
    },
    /// The run is over.
    RunFinished {
        /// The counts of each host, in inventory order.
        recap: Vec<(Arc<str>, Recap)>,
        /// What `set_stats` kept for each host, and for the run under an empty name.
        stats: Vec<(Arc<str>, serde_json::Value)>,
        /// Whether it ran in check mode.
        check: bool,
        /// How long the run took.
        elapsed: Duration,
        /// The traffic with all hosts.
        traffic: Traffic,
    },
}

/// A task as shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskName {
    /// `role : name`, or `name`, or the module if the task is unnamed.
    pub name: String,
    /// The module.
    pub action: String,
    /// `FILE:LINE`.
    pub path: String,
    /// Whether it is a handler.
    pub handler: bool,
    /// The identity of the task within the play.
    pub id: TaskId,
}

/// Identifies a task of a play: the same on all hosts, but different each time the play reaches the
/// task again (a loop of a script or of an include, a further batch of hosts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// Returns the id of the task identified by `parts`.
    pub fn of(parts: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Event {
    /// Returns the host that reports this while it runs the play.
    pub(super) fn host(&self) -> Option<&Arc<str>> {
        match self {
            Self::ItemFinished(result) | Self::TaskFinished(result) => Some(&result.host),
            Self::Retrying { host, .. } | Self::Warning { host, .. } | Self::Said { host, .. } => {
                Some(host)
            }
            _ => None,
        }
    }

    /// Returns the task that the event belongs to.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self {
            Self::ItemFinished(result) | Self::TaskFinished(result) => Some(result.task.id),
            Self::Retrying { task, .. } => Some(task.id),
            _ => None,
        }
    }
}

/// How a task ended on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing had to be done.
    Ok,
    /// Something was changed, or would be in check mode.
    Changed,
    /// It was skipped.
    Skipped,
    /// Check mode cannot predict it: it depends on something that check mode does not run.
    Unknown,
    /// It failed.
    Failed,
    /// The host could not be reached.
    Unreachable,
}

/// The outcome of a task, or of one item of its loop, on a host.
#[derive(Debug, Clone)]
pub struct TaskResult {
    /// The task.
    pub task: Arc<TaskName>,
    /// The host of the task.
    pub host: Arc<str>,
    /// The host that it was delegated to, if any.
    pub delegated_to: Option<String>,
    /// How it ended.
    pub status: Status,
    /// Whether a failure was ignored (`ignore_errors`).
    pub ignored: bool,
    /// The item of a loop, in the form of its label.
    pub item: Option<String>,
    /// The number of conditions of an assert.
    pub that: Option<usize>,
    /// The number of items of a loop.
    pub items: Option<usize>,
    /// Why it failed, was skipped or cannot be predicted, in one sentence.
    pub message: Option<String>,
    /// The full problem, if the user's files are at fault.
    pub problem: Option<crate::source::Problem>,
    /// The command that failed, its exit code and output, for the terminal.
    pub command: Option<FailedCommand>,
    /// How to fix it.
    pub help: Option<String>,
    /// The result to register.
    pub result: Value,
    /// The differences it makes.
    pub diffs: Vec<Diff>,
    /// Warnings of the module.
    pub warnings: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
    /// The traffic with the host.
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

/// The counts of a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recap {
    /// Tasks that succeeded, including changed ones.
    pub ok: u32,
    /// Tasks that changed something, or would.
    pub changed: u32,
    /// Tasks that could not reach the host.
    pub unreachable: u32,
    /// Tasks that failed.
    pub failed: u32,
    /// Tasks that were skipped.
    pub skipped: u32,
    /// Failures that a `rescue` handled.
    pub rescued: u32,
    /// Failures that were ignored.
    pub ignored: u32,
    /// Tasks that check mode cannot predict.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown: u32,
    /// Tasks that failed or could not reach the host, up to the last `meta: clear_host_errors`.
    #[serde(skip)]
    pub cleared: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Recap {
    /// Returns whether a failure counts for the exit code: `meta: clear_host_errors` did not follow.
    pub fn has_errors(&self) -> bool {
        self.failed + self.unreachable > self.cleared
    }

    /// Takes all failures back, as `meta: clear_host_errors` does.
    pub fn clear_errors(&mut self) {
        self.cleared = self.failed + self.unreachable;
    }

    /// Returns whether a task was counted since then that was not skipped.
    pub fn acted_since(&self, before: &Self) -> bool {
        let acted = |recap: &Self| recap.ok + recap.failed + recap.unreachable + recap.unknown;
        acted(self) > acted(before)
    }

    /// Counts a finished task; `changed` says whether one that failed changed something.
    pub fn count(&mut self, status: Status, ignored: bool, changed: bool) {
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
                self.changed += u32::from(changed);
            }
            Status::Failed => self.failed += 1,
            Status::Unreachable => self.unreachable += 1,
        }
    }
}

impl TaskResult {
    /// Returns the line for the events file, without its line break.
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
