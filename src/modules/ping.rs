//! `ping`: whether a host can be worked on.

use crate::change::Change;
use crate::host::Question;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Tells whether a host can be reached and logged in to, and answers with `pong`.
///
/// It looks at the host's root directory, so the answer means that a shell works there. It has
/// nothing to do with ICMP.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ping {
    /// What is answered. `crash` makes the task fail.
    #[serde(default = "pong")]
    data: String,
}

fn pong() -> String {
    "pong".to_owned()
}

impl BuiltIn for Ping {
    const NAME: &'static str = "ping";
    const EXAMPLE: &'static str = "- name: The host answers\n  ping:\n";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("ping", "The value of `data`.")];
}

impl Module for Ping {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.data == "crash" {
            return Err(ModuleError::refused("boom"));
        }
        let root = Question::Path {
            path: "/".into(),
            follow: true,
            content: crate::host::Content::None,
        };
        context.host.ask(&[root])?;
        let mut change = Change::default();
        change.returns("ping", self.data.clone());
        Ok(change)
    }
}
