//! What a task would do to one host: an ordered list of steps, and how they are applied.

mod absent;
mod addition;
mod attributes;
mod backup;
mod diff;
mod directory;
mod file;
mod job;
mod link;
mod mode;
mod refusal;
mod since;

pub use addition::Addition;
pub use attributes::Attributes;
pub use backup::backup_path;
pub use diff::Diff;
pub use directory::questions as directory_questions;
pub use file::{DIFF_LIMIT, EnsureCopy, EnsureFile, question as file_question};
pub use job::{ENDS, End, Job, Note};
pub use link::Replace;
pub use mode::Mode;
pub use refusal::Refusal;
pub use since::Since;

use crate::host::{Host, HostError, Limits, Output, Step};
use crate::value::{Fields, NotKnown, Value};
use crate::yaml::Map;
use camino::Utf8PathBuf;

/// What a task would do to one host: its steps in order, which may be empty, and its return values.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The steps, applied in this order until one fails.
    pub steps: Vec<Step>,
    /// Return values that are already known; applying the change adds `changed`, `diff` and a
    /// command's output.
    pub result: Fields,
    /// Whether the output of the last `Step::Run` is part of the result (`rc`, `stdout`, …).
    pub reports_output: bool,
    /// Whether to keep the line breaks at the end of that output.
    pub keeps_line_ends: bool,
    /// When it began, if the result says how long it took, as that of `pause`.
    pub since: Option<Since>,
    /// How the result shows its differences.
    pub shows: Shows,
    /// Whether it counts as a change; `None` means if any step changes something.
    pub changed: Option<bool>,
    /// Whether the module plans again after the steps are applied, because it needs their outcome.
    pub again: bool,
    /// Why nothing is to be done, if the task counts as skipped because of it (`creates` exists).
    pub skipped: Option<String>,
    /// Why the task failed although nothing went wrong on the host (`fail`, `assert`).
    pub failed: Option<String>,
    /// Why parts of the result are unknown in check mode, although nothing is to be done.
    pub unknown: Option<NotKnown>,
    /// The path that the command creates (`creates`): if the command is not run, its content is
    /// unknown.
    pub makes: Option<Utf8PathBuf>,
    /// What the user should know although it is not a failure.
    pub warnings: Vec<String>,
    /// Host variables that the task sets.
    pub sets: Sets,
    /// What it adds to the run itself.
    pub adds: Option<Addition>,
    /// What the run itself should do next.
    pub control: Option<Control>,
}

/// How the `diff` of a result shows the differences, as Ansible's module of the same name does.
#[derive(Debug, Clone, Default)]
pub enum Shows {
    /// A list.
    #[default]
    List,
    /// The first one, as a mapping.
    One,
    /// The same, also if no differences are asked for.
    Always,
    /// This value.
    Value(Value),
}

/// Host variables that a task sets.
#[derive(Debug, Clone, Default)]
pub enum Sets {
    /// None.
    #[default]
    Nothing,
    /// Facts: in `ansible_facts` and as `ansible_NAME`.
    Facts(Fields),
    /// Facts of a project's own module, which are also variables of these names.
    NamedFacts(Fields),
    /// Variables of `set_fact`.
    Variables(Fields),
    /// Variables of `set_fact` that are facts too.
    Cacheable(Fields),
    /// Variables of `include_vars`, as the user wrote them: templates in them are rendered on use.
    Included(Map),
    /// Some that check mode does not know.
    Unknown {
        /// All that is set, if that is known; else it may be any variable.
        name: Option<String>,
        /// Whether they are set as of `include_vars` rather than of `set_fact`.
        by_file: bool,
        /// Why.
        reason: NotKnown,
    },
}

impl Sets {
    /// Returns any variables, as of `set_fact`.
    pub fn unknown(reason: &NotKnown) -> Self {
        Self::Unknown {
            name: None,
            by_file: false,
            reason: reason.clone(),
        }
    }
}

/// What `meta` requests from the run.
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
    /// Reinstate the hosts that failed.
    ClearHostErrors,
    /// Close the connections to this host.
    ResetConnection,
}

impl Change {
    /// Returns whether the task counts as changed once its steps are applied.
    pub fn is_changed(&self) -> bool {
        self.changed
            .unwrap_or_else(|| self.steps.iter().any(Step::is_change))
    }

    /// Adds a return value.
    pub fn returns(&mut self, name: &str, value: impl Into<Value>) {
        self.result.insert(name.to_owned(), value.into());
    }

    /// Applies the steps in order, stopping at the first failure. Returns the output of the last
    /// command, together with everything the steps returned.
    pub fn apply(&self, host: &dyn Host, limits: &Limits) -> Result<Option<Output>, HostError> {
        self.apply_in_turn(host, limits, ())
    }

    /// Applies the steps within a turn, which ends as soon as no further step depends on what was
    /// found: others do not have to wait until a started program is ready.
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
                Step::Wait(_) if self.since.is_some() => last = Some(output),
                Step::Talk(_) | Step::Fetch(_) => returned.extend(*output.returned),
                _ => {}
            }
        }
        if !returned.is_empty() {
            *last.get_or_insert_default().returned = returned;
        }
        Ok(last)
    }
}
