//! `set_fact`: sets variables of the host.

use crate::change::{Change, Sets};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields};

/// Sets variables of the host, for the rest of the run.
///
/// Every argument is a variable. Its value is not a template: it is never rendered again.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub(super) struct SetFact(
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")] Fields,
);

impl BuiltIn for SetFact {
    const NAME: &'static str = "set_fact";
    const ANY_ARGUMENT: bool = true;
    const EXAMPLE: &'static str = "\
- name: Remember the port
  set_fact:
    service_port: 10911
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("ansible_facts", "The variables that were set.")];
}

impl Module for SetFact {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        // `cacheable` is not a variable. It makes facts of the variables, which do not outlive a run.
        let given = self.0.iter().chain(context.unknown);
        let named = given.filter(|(name, _)| *name != "cacheable");
        let variables: Fields = named
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if variables.is_empty() {
            return Err(ModuleError::refused("set_fact needs a variable to set"));
        }
        if let Some(name) = variables.keys().find(|name| !is_name(name)) {
            return Err(ModuleError::Refused {
                message: format!("{name:?} is not a valid variable name"),
                help: Some("a name has letters, digits and underscores, no digit first".to_owned()),
            });
        }
        let mut change = Change::default();
        change.returns("ansible_facts", value::map(variables.clone()));
        let cacheable = self.0.get("cacheable").and_then(value::boolean);
        change.sets = if cacheable == Some(true) {
            Sets::Cacheable(variables)
        } else {
            Sets::Variables(variables)
        };
        Ok(change)
    }
}

/// Returns whether a text can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}
