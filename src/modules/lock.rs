//! `lock`: one run at a time.

use crate::change::Change;
use crate::host::{Lock, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Takes a lock on the host, so that one run at a time does what follows.
///
/// The run keeps the lock until it ends. If another run has it, the task fails at once and names that
/// run: playbook, user, machine and since when. A lock ends with its run, even if that is killed or cut
/// off: a shell on the host holds it, and gives it up if it hears nothing of the run for 60 s. Check
/// mode takes no lock, and fails if another run has it. Where all hosts of a play lock, let one of them
/// be first (`run_once: true`), so that of two runs one goes on.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LockModule {
    /// Name of the lock on this host, of letters, digits, `.`, `_` and `-`.
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
