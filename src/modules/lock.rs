//! `lock`: one run at a time.

use crate::change::Change;
use crate::host::{Lock, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Takes a lock on the host, so that only one run at a time executes the following tasks.
///
/// The run holds the lock until it ends. If another run holds it, the task fails immediately and
/// names that run: playbook, user, machine and start time. A lock ends with its run, even if the
/// run is killed or disconnected: a shell on the host holds it, and releases it after 60 s without
/// contact. A run that has lost its lock changes nothing more: its next change fails. Check mode takes no lock, but fails if another run holds it. If all hosts of a play
/// take a lock, let one of them be first (`run_once: true`), so that one of two runs can continue.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LockModule {
    /// Name of the lock on this host: letters, digits, `.`, `_` and `-`.
    name: String,
}

impl BuiltIn for LockModule {
    const NAME: &'static str = "lock";
    const EXAMPLE: &'static str = "\
- name: One run at a time
  lock:
    name: billing
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("holder", "This run, as other runs see it.")];
}

impl Module for LockModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.name.is_empty() || !self.name.chars().all(is_allowed) {
            return Err(ModuleError::refused(format!(
                "invalid name {:?} of a lock: use letters, digits, \".\", \"_\" and \"-\"",
                self.name
            )));
        }
        let holder = context.templates.run_name();
        let mut change = Change::default();
        change.returns("holder", holder.as_str());
        change.steps.push(Step::Lock(Lock {
            name: self.name.clone(),
            holder,
        }));
        Ok(change)
    }
}
