//! What a task would do to one host: an ordered list of steps, and how they are carried out.

mod absent;
mod attributes;
mod backup;
mod diff;
mod directory;
mod file;
mod link;
mod mode;
mod refusal;

pub use attributes::Attributes;
pub use backup::backup_path;
pub use diff::Diff;
pub use directory::questions as directory_questions;
pub use file::{DIFF_LIMIT, EnsureCopy, EnsureFile, question as file_question};
pub use link::Replace;
pub use mode::Mode;
pub use refusal::Refusal;

use crate::host::{Host, HostError, Limits, Output, Step};
use crate::value::{Fields, NotKnown, Value};
use crate::yaml::Map;
use camino::Utf8PathBuf;

/// What a task would do to one host: steps in order, none when nothing is to be done, and what
/// the task returns.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What is done, in this order, until one fails.
    pub steps: Vec<Step>,
    /// Return values that are known already; `changed`, `diff` and a command's output are added
    /// by whoever carries the change out.
    pub result: Fields,
    /// Whether the output of the last `Step::Run` belongs into the result (`rc`, `stdout`, …).
    pub reports_output: bool,
    /// Whether the line breaks at the ends of that output stay.
    pub keeps_line_ends: bool,
    /// Whether it counts as a change; `None` means where there is a step that changes something.
    pub changed: Option<bool>,
    /// Whether the module plans again once the steps are carried out: what it needs to know comes
    /// with them.
    pub again: bool,
    /// Why nothing was to be done, if the task counts as skipped for it (`creates` exists).
    pub skipped: Option<String>,
    /// Why the task failed though nothing went wrong on the host (`fail`, `assert`).
    pub failed: Option<String>,
    /// Why what the task returns is not all known in check mode, though nothing is to be done.
    pub unknown: Option<NotKnown>,
    /// The path that the command makes (`creates`): if it is not run, nobody knows what is there.
    pub makes: Option<Utf8PathBuf>,
    /// What the user should know though it is no failure.
    pub warnings: Vec<String>,
    /// Variables of the host that the task sets.
    pub sets: Sets,
    /// What the run itself does next.
    pub control: Option<Control>,
}

/// Variables of the host that a task sets.
#[derive(Debug, Clone, Default)]
pub enum Sets {
    /// None.
    #[default]
    Nothing,
    /// Facts: under `ansible_facts` and as `ansible_NAME`.
    Facts(Fields),
    /// Variables as of `set_fact`.
    Variables(Fields),
    /// Variables as of `include_vars`: as the user wrote them, so templates in them are rendered
    /// where they are used.
    Included(Map),
}

/// What `meta` asks of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Run the notified handlers now.
    FlushHandlers,
    /// End the play for all hosts.
    EndPlay,
    /// End the play for the hosts of this batch.
    EndBatch,
    /// End the play for this host.
    EndHost,
    /// Leave the role this task is in.
    EndRole,
    /// Forget the facts and `set_fact` variables of this host.
    ClearFacts,
    /// Take back the hosts that failed.
    ClearHostErrors,
    /// Close the connections to this host.
    ResetConnection,
}

impl Change {
    /// Returns whether the task counts as changed once its steps are done.
    pub fn is_changed(&self) -> bool {
        self.changed
            .unwrap_or_else(|| self.steps.iter().any(Step::is_change))
    }

    /// Adds a return value.
    pub fn returns(&mut self, name: &str, value: impl Into<Value>) {
        self.result.insert(name.to_owned(), value.into());
    }

    /// Carries out the steps in order, stopping at the first failure; returns the output of the
    /// last command among them, with all that was returned by what was said.
    pub fn apply(&self, host: &dyn Host, limits: &Limits) -> Result<Option<Output>, HostError> {
        self.apply_in_turn(host, limits, ())
    }

    /// The same within a turn, which is dropped as soon as no further step depends on what was
    /// found: others need not wait until a program that was started is ready.
    pub fn apply_in_turn<T>(
        &self,
        host: &dyn Host,
        limits: &Limits,
        turn: T,
    ) -> Result<Option<Output>, HostError> {
        let mut last: Option<Output> = None;
        let mut returned = Fields::new();
        let last_in_turn = self.steps.iter().rposition(Step::depends_on_what_was_found);
        let (in_turn, others) = self.steps.split_at(last_in_turn.map_or(0, |last| last + 1));
        let mut outputs = host.apply_all(in_turn, limits)?;
        drop(turn);
        outputs.extend(host.apply_all(others, limits)?);
        for (step, output) in self.steps.iter().zip(outputs) {
            match step {
                Step::Run { .. } => last = Some(output),
                Step::Talk(talk) if output.not_run => {
                    let mut unknown = talk.not_known();
                    unknown.retain(|name, _| !self.result.contains_key(name));
                    returned.extend(unknown);
                }
                Step::Talk(_) => returned.extend(*output.returned),
                _ => {}
            }
        }
        if !returned.is_empty() {
            *last.get_or_insert_default().returned = returned;
        }
        Ok(last)
    }
}
