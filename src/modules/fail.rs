//! `fail`: fails with a message.

use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Fails with a message; usually used with `when`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Fail {
    /// The message.
    #[serde(default = "default_message")]
    msg: String,
}

fn default_message() -> String {
    "Failed as requested from task".to_owned()
}

impl BuiltIn for Fail {
    const NAME: &'static str = "fail";
    const EXAMPLE: &'static str = "\
- name: Refuse old systems
  fail:
    msg: this system is too old
  when: false
";
}

impl Module for Fail {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        Ok(Change {
            failed: Some(self.msg.clone()),
            ..Change::default()
        })
    }
}
