//! `set_stats`: values shown after the recap.

use super::set_fact::is_name;
use crate::change::{Addition, Change};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields};

/// Keeps values for the end of the run: they are shown after the recap, and in its JSON.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStats {
    /// The values by name.
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    data: Fields,
    /// Whether to keep them for each host instead of once for the run.
    #[serde(default)]
    per_host: bool,
    /// Whether to add them to earlier values of the same names instead of replacing those: numbers
    /// are added, texts and lists are joined, mappings are merged.
    #[serde(default = "crate::module::yes")]
    aggregate: bool,
}

impl BuiltIn for SetStats {
    const NAME: &'static str = "set_stats";
    const EXAMPLE: &'static str = "\
- name: Count the hosts that were upgraded
  set_stats:
    data:
      upgraded: 1
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "ansible_stats",
        "What was given: `data`, `per_host` and `aggregate`.",
    )];
}

impl Module for SetStats {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        if let Some(name) = self.data.keys().find(|name| !is_name(name)) {
            return Err(ModuleError::refused(format!(
                "{name:?} is not a valid variable name"
            )));
        }
        let mut change = Change::default();
        let stats = Fields::from([
            ("data".to_owned(), value::map(self.data.clone())),
            ("per_host".to_owned(), self.per_host.into()),
            ("aggregate".to_owned(), self.aggregate.into()),
        ]);
        change.returns("ansible_stats", value::map(stats));
        change.adds = Some(Addition::Stats {
            values: self.data.clone(),
            per_host: self.per_host,
            aggregate: self.aggregate,
        });
        Ok(change)
    }
}
