//! `ping`: whether a host is usable.

use crate::change::Change;
use crate::host::Question;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Checks that a host can be reached and logged in to, and returns `pong`.
///
/// It looks at the host's root directory, so success means that a shell works there. It does not
/// use ICMP.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ping {
    /// What to return. `crash` makes the task fail.
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
