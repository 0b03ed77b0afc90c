//! `setup`: gathers facts.

use crate::change::{Change, Sets};
use crate::glob;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields};

/// Gathers facts about the host: the contents of `ansible_facts`.
///
/// They come with the connection, so gathering them costs nothing. The host only needs a shell.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Setup {
    /// Names of facts to return, with `*` and `?`; all if empty.
    filter: Vec<String>,
    /// Ignored: all facts cost the same.
    gather_subset: Vec<String>,
    /// Ignored.
    gather_timeout: Option<u64>,
    /// Ignored: in Ansible local facts are programs.
    fact_path: Option<String>,
}

impl BuiltIn for Setup {
    const NAME: &'static str = "setup";
    const OTHER_NAMES: &'static [&'static str] = &["gather_facts"];
    const EXAMPLE: &'static str = "\
- name: See what kind of machine it is
  setup:
    filter: distribution*
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("ansible_facts", "The facts.")];
}

impl Module for Setup {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let wanted = |name: &String| {
            let name = name.strip_prefix("ansible_").unwrap_or(name);
            let matches = |pattern: &String| {
                let pattern = pattern.strip_prefix("ansible_").unwrap_or(pattern);
                glob::matches(pattern, name)
            };
            self.filter.is_empty() || self.filter.iter().any(matches)
        };
        let facts = context.host.facts()?.0;
        let facts: Fields = facts.into_iter().filter(|(name, _)| wanted(name)).collect();
        let mut change = Change::default();
        let prefixed = facts
            .iter()
            .map(|(name, fact)| (format!("ansible_{name}"), fact.clone()));
        change.returns("ansible_facts", value::map(prefixed.collect()));
        change.sets = Sets::Facts(facts);
        Ok(change)
    }
}
