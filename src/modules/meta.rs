//! `meta`: controls the run: flush handlers, end the play, and so on.

use crate::change::{Change, Control};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Controls the run: flush handlers, end the play, and so on.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    /// What to do.
    action: Action,
}

/// What to do.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Run the handlers notified so far.
    FlushHandlers,
    /// End the play for all hosts.
    EndPlay,
    /// End the play for the hosts of this batch.
    EndBatch,
    /// End the play for this host.
    EndHost,
    /// Leave the role.
    EndRole,
    /// Forget facts and variables set by tasks.
    ClearFacts,
    /// Reinstate failed hosts.
    ClearHostErrors,
    /// Reconnect before the next task.
    ResetConnection,
    /// Do nothing.
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
