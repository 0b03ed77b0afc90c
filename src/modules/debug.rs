//! `debug`: shows a message or the value of an expression.

use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Value};

/// Shows a message, or the value of a variable or expression.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Debug {
    /// The message; `Hello world!` if there is no `var` either.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    msg: Option<Value>,
    /// An expression to show the value of, without `{{ }}`.
    var: Option<String>,
    /// The number of `-v` needed to show it.
    #[serde(default)]
    verbosity: u8,
}

/// Keeps a null that is given: it is shown as one.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

impl BuiltIn for Debug {
    const NAME: &'static str = "debug";
    const RAW: &'static [&'static str] = &["var"];
    const EXAMPLE: &'static str = "\
- name: Show the name of the host
  debug:
    msg: \"this is {{ inventory_hostname }}\"

- name: Show a variable
  debug:
    var: inventory_hostname
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("msg", "The message.")];
}

impl Module for Debug {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        if self.verbosity > context.templates.verbosity() {
            change.skipped = Some("Verbosity threshold not met.".to_owned());
            return Ok(change);
        }
        match (&self.var, &self.msg, context.raw.get("var")) {
            (Some(_), Some(_), _) => {
                return Err(ModuleError::exclusive(&["msg", "var"]));
            }
            (Some(name), None, Some(node)) => {
                let value = context.templates.expression(node)?;
                change.unknown = value::unknown_in(&value);
                if value.is_undefined() {
                    change.returns(name, "VARIABLE IS NOT DEFINED!");
                } else {
                    change.returns(name, value);
                }
            }
            (_, Some(message), _) => change.returns("msg", message.clone()),
            _ => change.returns("msg", "Hello world!"),
        }
        Ok(change)
    }
}
