//! What came of a task on a host.

use super::ahead::Spent;
use super::become_help;
use crate::change::{Addition, Control, Diff, Sets};
use crate::host::{HostError, THREAD_HELP, Traffic};
use crate::internal_error::{self, InternalError};
use crate::module::ModuleError;
use crate::report::{FailedCommand, Status};
use crate::source::Problem;
use crate::template::TemplateError;
use crate::value::{self, Fields, NotKnown, Value};
use crate::yaml::Node;
use std::time::Duration;

/// What came of a task, or of one item of its loop, on a host.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// A failure that does not count.
    pub ignored: bool,
    /// The result, as `register` keeps it.
    pub result: Fields,
    /// Why nothing of the result is known, in check mode.
    pub unknown: Option<NotKnown>,
    /// One sentence: what failed, or why it was skipped.
    pub message: Option<String>,
    /// The user's mistake, where it is one.
    pub problem: Option<Problem>,
    /// The command that failed.
    pub command: Option<FailedCommand>,
    /// What to do about it.
    pub help: Option<String>,
    /// What it changes.
    pub diffs: Vec<Diff>,
    /// Warnings of the module.
    pub warnings: Vec<String>,
    /// The item of a loop, as shown.
    pub item: Option<String>,
    /// Items of a loop.
    pub items: Option<usize>,
    /// Conditions of an assert.
    pub that: Option<usize>,
    /// Variables it sets.
    pub sets: Sets,
    /// What it adds to the run itself.
    pub adds: Option<Addition>,
    /// What the run does next.
    pub control: Option<Control>,
    /// The host it was carried out on, if another.
    pub delegated_to: Option<String>,
    /// The user called the run off.
    pub cancelled: bool,
    /// The time limit of the task ended it.
    pub timed_out: bool,
    /// How long it took.
    pub elapsed: Duration,
    /// What the conversation with the host cost.
    pub traffic: Traffic,
}

/// The keyword whose condition ends the attempts at a task.
pub(super) const UNTIL: &str = "until";

impl Outcome {
    /// Returns an outcome with nothing in it.
    pub(super) fn new(status: Status) -> Self {
        Self {
            status,
            ignored: false,
            result: Fields::new(),
            unknown: None,
            message: None,
            problem: None,
            command: None,
            help: None,
            diffs: Vec::new(),
            warnings: Vec::new(),
            item: None,
            items: None,
            that: None,
            sets: Sets::Nothing,
            adds: None,
            control: None,
            delegated_to: None,
            cancelled: false,
            timed_out: false,
            elapsed: Duration::ZERO,
            traffic: Traffic::default(),
        }
    }

    /// Returns a skipped outcome and why.
    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        let mut outcome = Self::new(Status::Skipped);
        let mut set = |name: &str, value: Value| outcome.result.insert(name.to_owned(), value);
        set("changed", false.into());
        set("skipped", true.into());
        // Playbooks compare with Ansible's text.
        set("skip_reason", "Conditional result was False".into());
        outcome.message = Some(reason.into());
        outcome
    }

    /// Adds what was spent for the task before it began.
    pub(super) fn spent(&mut self, spent: &Spent) {
        self.elapsed += spent.elapsed;
        self.traffic = self.traffic + spent.traffic;
    }

    /// Returns the outcome of a task whose condition is false.
    pub(super) fn condition_is_false(condition: &Node) -> Self {
        let mut outcome = Self::skipped("the condition is false");
        let condition = condition.to_value();
        let written = "false_condition".to_owned();
        outcome.result.insert(written, condition);
        outcome
    }

    /// Returns a failed outcome.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        let mut outcome = Self::new(Status::Failed);
        let message = message.into();
        outcome.result.insert("changed".to_owned(), false.into());
        outcome.result.insert("failed".to_owned(), true.into());
        outcome
            .result
            .insert("msg".to_owned(), message.clone().into());
        outcome.message = Some(message);
        outcome
    }

    /// Returns the outcome of a task one of whose conditions (`keyword`) cannot be evaluated: what the
    /// module returned stays. Where the module itself failed, that is the reason; the condition may
    /// well need what only a success returns.
    pub(super) fn broken_by(mut self, keyword: &str, error: Self) -> Self {
        let message = error.message.clone().unwrap_or_default();
        let mut set = |name: &str, value: Value| self.result.insert(name.to_owned(), value);
        set("failed", true.into());
        if keyword != UNTIL {
            set(&format!("{keyword}_result"), message.clone().into());
        }
        if self.status == Status::Failed {
            let note = format!("`{keyword}` could not be evaluated then: {message}");
            let help = self.help.into_iter().chain([note]).collect::<Vec<_>>();
            self.help = Some(help.join("\n"));
            return self;
        }
        if !self.result.contains_key("msg") {
            self.result.insert("msg".to_owned(), message.into());
        }
        Self {
            status: Status::Failed,
            message: error.message,
            problem: error.problem,
            command: None,
            help: error.help,
            ..self
        }
    }

    /// Returns the outcome of a task that check mode cannot predict.
    pub(super) fn not_predicted(reason: &NotKnown) -> Self {
        let mut outcome = Self::new(Status::Unknown);
        outcome.unknown = Some(reason.clone());
        outcome.say_unknown(reason);
        outcome
    }

    /// Takes it that how the task ends is not known, though its result is as far as it goes.
    pub(super) fn say_unknown(&mut self, reason: &NotKnown) {
        let message = format!("cannot be predicted: {reason}");
        self.status = Status::Unknown;
        self.result.insert("unknown".to_owned(), true.into());
        self.result.insert("msg".to_owned(), message.clone().into());
        self.message = Some(message);
    }

    /// Returns the result as it is shown.
    pub(super) fn value(&self) -> Value {
        value::map(self.result.clone())
    }

    /// Returns the result as later tasks see it: unlike what is shown, it always says whether the
    /// task failed.
    pub(super) fn registered(&self) -> Value {
        if let Some(reason) = &self.unknown {
            return reason.value();
        }
        let mut fields = self.result.clone();
        fields
            .entry("failed".to_owned())
            .or_insert_with(|| matches!(self.status, Status::Failed | Status::Unreachable).into());
        value::map(fields)
    }

    /// Returns whether the task changes something, or why that is not known.
    pub(super) fn changed(&self) -> Result<bool, NotKnown> {
        match (self.status, &self.unknown) {
            (Status::Changed, _) => Ok(true),
            (Status::Unknown, Some(reason)) => Err(reason.clone()),
            (Status::Unknown, None) => match self.result.get("changed") {
                None => Ok(false),
                Some(changed) => value::unknown_in(changed).map_or(Ok(changed.is_true()), Err),
            },
            _ => Ok(false),
        }
    }

    /// Returns whether the task had no end of its own, so that its conditions have nothing to judge.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cancelled || self.timed_out || self.status == Status::Unreachable
    }

    /// Returns whether the task failed and that counts.
    pub(super) fn counts_as_failed(&self) -> bool {
        matches!(self.status, Status::Failed | Status::Unreachable) && !self.ignored
    }
}

impl From<TemplateError> for Outcome {
    fn from(error: TemplateError) -> Self {
        if let Some(reason) = &error.not_known {
            return Self::not_predicted(reason);
        }
        let limit = error
            .reached
            .map(|limit| Self::from(HostError::from(limit)));
        let mut outcome: Self = (*error.problem).into();
        if let Some(limit) = limit {
            outcome.cancelled = limit.cancelled;
            outcome.timed_out = limit.timed_out;
            outcome.help = limit.help;
        }
        outcome
    }
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        let mut outcome = Self::failed(problem.message.clone());
        outcome.problem = Some(problem);
        outcome
    }
}

impl From<InternalError> for Outcome {
    fn from(error: InternalError) -> Self {
        let mut outcome = Self::failed(error.to_string());
        outcome.help = Some(internal_error::HELP.to_owned());
        outcome
    }
}

impl From<ModuleError> for Outcome {
    fn from(error: ModuleError) -> Self {
        match error {
            ModuleError::Host(error) => error.into(),
            ModuleError::NotKnown(reason) => Self::not_predicted(&reason),
            ModuleError::Problem(problem) => (*problem).into(),
            ModuleError::Known { error, returns, .. } => {
                let mut outcome = Self::from(*error);
                outcome.result.extend(returns);
                outcome
            }
            ModuleError::Refused { message, help } => {
                let mut outcome = Self::failed(message);
                outcome.help = help;
                outcome
            }
        }
    }
}

impl From<HostError> for Outcome {
    fn from(error: HostError) -> Self {
        let message = error.to_string();
        match error {
            HostError::NotKnown(reason) => Self::not_predicted(&reason),
            HostError::WhileRunning(error) => (*error).into(),
            HostError::Unreachable { help, .. } => {
                let mut outcome = Self::failed(message);
                outcome.status = Status::Unreachable;
                outcome.result.insert("unreachable".to_owned(), true.into());
                outcome.help = help;
                outcome
            }
            HostError::Command { command, output } => {
                let mut outcome = Self::failed(message);
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
                let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
                outcome.result.insert("rc".to_owned(), output.status.into());
                outcome
                    .result
                    .insert("stdout".to_owned(), stdout.clone().into());
                outcome
                    .result
                    .insert("stderr".to_owned(), stderr.clone().into());
                outcome.command = Some(FailedCommand {
                    command,
                    status: output.status,
                    stdout,
                    stderr,
                });
                outcome
            }
            HostError::NotHappened { log, help, .. } => {
                let mut outcome = Self::failed(message);
                let tail = log.map(|log| {
                    let shown = format!("the last lines of its log:\n{log}");
                    outcome.result.insert("log".to_owned(), log.into());
                    shown
                });
                let help: Vec<_> = help.into_iter().chain(tail).collect();
                outcome.help = (!help.is_empty()).then(|| help.join("\n"));
                outcome
            }
            HostError::Locked { .. } => {
                let mut outcome = Self::failed(message);
                outcome.help =
                    Some("wait for that run, or stop it; its lock ends with it".to_owned());
                outcome
            }
            HostError::LockLost { .. } => {
                let mut outcome = Self::failed(message);
                outcome.help = Some(
                    "rerun the playbook; without the lock, this run changes nothing more"
                        .to_owned(),
                );
                outcome
            }
            HostError::ForeignLink { link, .. } => {
                let mut outcome = Self::failed(message);
                outcome.help = Some(format!(
                    "name the path that it leads to, or make it root's: chown -h root {link}"
                ));
                outcome
            }
            HostError::ForwardingForbidden { .. } => {
                let mut outcome = Self::failed(message);
                outcome.help = Some(
                    "set `AllowTcpForwarding yes` in its sshd_config, or set rmqplay_tcp to \
                     `controller` if this machine can reach the address itself"
                        .to_owned(),
                );
                outcome
            }
            HostError::Become { user, reason } => {
                let mut outcome = Self::failed(message);
                outcome.help = Some(become_help::help(&user, &reason));
                outcome
            }
            HostError::NoThread(_) => {
                let mut outcome = Self::failed(message);
                outcome.help = Some(THREAD_HELP.to_owned());
                outcome
            }
            HostError::TimedOut => {
                let mut outcome = Self::failed(message);
                outcome.timed_out = true;
                outcome.help = Some(
                    "`timeout: SECONDS` gives the task more time, --task-timeout all tasks without \
                     one"
                        .to_owned(),
                );
                outcome
            }
            HostError::Cancelled => {
                let mut outcome = Self::failed(message);
                outcome.cancelled = true;
                outcome
            }
            _ => Self::failed(message),
        }
    }
}
