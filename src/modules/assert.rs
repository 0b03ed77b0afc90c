//! `assert`: fails unless conditions are true.

use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use crate::yaml::{Data, Node};

/// Fails unless all conditions are true.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assert {
    /// Conditions, without `{{ }}`.
    #[schemars(with = "Vec<String>")]
    #[expect(
        dead_code,
        reason = "the conditions are taken as written, to be evaluated here"
    )]
    that: Value,
    /// The message if a condition is false.
    fail_msg: Option<String>,
    /// The message if all conditions are true.
    success_msg: Option<String>,
    /// Whether to print nothing if all conditions are true.
    #[serde(default)]
    quiet: bool,
}

impl BuiltIn for Assert {
    const NAME: &'static str = "assert";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("msg", "fail_msg")];
    const RAW: &'static [&'static str] = &["that"];
    const EXAMPLE: &'static str = "\
- name: The host has a name
  assert:
    that:
      - inventory_hostname is defined
      - inventory_hostname | length > 0
    fail_msg: a host without a name
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("assertion", "The false condition."),
        ("evaluated_to", "Its value."),
        ("msg", "The message."),
    ];
}

impl Module for Assert {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        let Some(that) = context.raw.get("that") else {
            return Err(ModuleError::refused("assert needs conditions in \"that\""));
        };
        let conditions: &[Node] = match &that.data {
            Data::List(items) => items,
            _ => std::slice::from_ref(that),
        };
        if let Some(condition) = context.templates.first_false(conditions)? {
            let message = self
                .fail_msg
                .clone()
                .unwrap_or_else(|| "Assertion failed".to_owned());
            change.returns("assertion", condition.to_value());
            change.returns("evaluated_to", false);
            change.returns("msg", message.clone());
            change.failed = Some(match &self.fail_msg {
                Some(_) => message,
                None => format!("assertion failed: {}", condition.to_value()),
            });
            return Ok(change);
        }
        if !self.quiet {
            let message = self
                .success_msg
                .as_deref()
                .unwrap_or("All assertions passed");
            change.returns("msg", message);
        }
        Ok(change)
    }
}
