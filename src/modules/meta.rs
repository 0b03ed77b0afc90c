//! `meta`: tells the run itself what to do next.

use crate::change::{Change, Control};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Tells the run itself what to do next.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    /// What.
    action: Action,
}

/// What the run does next.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Runs the handlers that were notified so far.
    FlushHandlers,
    /// Ends the play, for all hosts.
    EndPlay,
    /// Ends the play for the hosts of this batch.
    EndBatch,
    /// Ends the play for this host.
    EndHost,
    /// Leaves the role.
    EndRole,
    /// Forgets facts and variables that tasks set.
    ClearFacts,
    /// Takes hosts that failed back.
    ClearHostErrors,
    /// Connects anew before the next task.
    ResetConnection,
    /// Does nothing.
    Noop,
}

impl BuiltIn for Meta {
    const NAME: &'static str = "meta";
    const FREE_FORM: Option<&'static str> = Some("action");
    const EXAMPLE: &'static str = "\
- name: Run the handlers now
  meta: flush_handlers
";
}

impl Module for Meta {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        let control = match self.action {
            Action::FlushHandlers => Some(Control::FlushHandlers),
            Action::EndPlay => Some(Control::EndPlay),
            Action::EndBatch => Some(Control::EndBatch),
            Action::EndHost => Some(Control::EndHost),
            Action::EndRole => Some(Control::EndRole),
            Action::ClearFacts => Some(Control::ClearFacts),
            Action::ClearHostErrors => Some(Control::ClearHostErrors),
            Action::ResetConnection => Some(Control::ResetConnection),
            Action::Noop => None,
        };
        Ok(Change {
            control,
            ..Change::default()
        })
    }
}
