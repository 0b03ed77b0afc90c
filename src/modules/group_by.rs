//! `group_by`: puts hosts into groups of the run, by what is known of them.

use crate::change::{Addition, Change};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;

/// Puts each host into a group by a fact or another value, for the rest of the run.
///
/// Groups that do not exist are created. Spaces in names become `-`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupBy {
    /// The name of the group, usually with a variable in it.
    key: String,
    /// Groups above it.
    #[serde(default = "all")]
    parents: Vec<String>,
}

fn all() -> Vec<String> {
    vec!["all".to_owned()]
}

impl BuiltIn for GroupBy {
    const NAME: &'static str = "group_by";
    const EXAMPLE: &'static str = "\
- name: Sort hosts by the first part of their name
  group_by:
    key: site_{{ inventory_hostname.split('-') | first }}
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("add_group", "The group."),
        ("parent_groups", "The groups above it."),
    ];
}

impl Module for GroupBy {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        let name = self.key.replace(' ', "-");
        if name.is_empty() {
            return Err(ModuleError::refused("key must not be empty"));
        }
        let parents = self.parents.iter().map(|name| name.replace(' ', "-"));
        let parents: Vec<String> = parents.collect();
        let mut change = Change::default();
        change.returns("add_group", name.as_str());
        change.returns("parent_groups", parents.iter().cloned().collect::<Value>());
        change.adds = Some(Addition::Group { name, parents });
        Ok(change)
    }
}
