//! `setup`: gathers facts.

use super::fact_subset::{self, Subset};
use super::local_facts;
use crate::change::{Change, Sets};
use crate::glob;
use crate::host::Doubtful;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields, Value};
use camino::Utf8Path;

/// The fact that holds those of files of the host.
const LOCAL: &str = "local";

/// Gathers facts about the host: the contents of `ansible_facts`.
///
/// They come with the connection, so gathering them costs nothing, except for local facts if the
/// host has any. The host only needs a shell.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Setup {
    /// Names of facts to return, with `*` and `?`; all if empty.
    filter: Vec<String>,
    /// Which facts to return: `all`, `min`, the names of Ansible's subsets such as `network`, and
    /// with `!` those to leave out.
    gather_subset: Vec<String>,
    /// Ignored.
    gather_timeout: Option<u64>,
    /// Folder of local facts; `/etc/ansible/facts.d` by default. Each file `NAME.fact` becomes
    /// `ansible_local.NAME`: JSON, INI, or a program that prints one of them.
    fact_path: Option<String>,
    /// Ignored: one module gathers all facts.
    parallel: Option<bool>,
}

impl BuiltIn for Setup {
    const NAME: &'static str = "setup";
    const OTHER_NAMES: &'static [&'static str] = &["gather_facts"];
    const PATHS: &'static [&'static str] = &["fact_path"];
    const EXAMPLE: &'static str = "\
- name: See what kind of machine it is
  setup:
    filter: distribution*
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("ansible_facts", "The facts.")];
}

impl Module for Setup {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut facts = context.host.facts()?.0;
        let subset = self.subset()?;
        let interfaces = facts
            .get("interfaces")
            .and_then(|names| names.try_iter().ok());
        let interfaces: Vec<String> = interfaces
            .into_iter()
            .flatten()
            .map(|name| name.to_string().replace(['-', '.', ':'], "_"))
            .collect();
        let wanted = |name: &String| {
            if !subset.has(name, &interfaces) {
                return false;
            }
            let name = name.strip_prefix("ansible_").unwrap_or(name);
            let matches = |pattern: &String| {
                let pattern = pattern.strip_prefix("ansible_").unwrap_or(pattern);
                glob::matches(pattern, name)
            };
            self.filter.is_empty() || self.filter.iter().any(matches)
        };
        let mut change = Change::default();
        if wanted(&LOCAL.to_owned()) {
            let local = self.local(context, facts.get(LOCAL), &mut change)?;
            facts.insert(LOCAL.to_owned(), value::map(local));
        }
        let facts: Fields = facts.into_iter().filter(|(name, _)| wanted(name)).collect();
        let prefixed = facts
            .iter()
            .map(|(name, fact)| (format!("ansible_{name}"), fact.clone()));
        change.returns("ansible_facts", value::map(prefixed.collect()));
        change.sets = Sets::Facts(facts);
        Ok(change)
    }
}

impl Setup {
    fn subset(&self) -> Result<Subset, ModuleError> {
        Subset::of(&self.gather_subset).map_err(|wrong| {
            let known = fact_subset::names().join(", ");
            let words = format!(
                "Bad subset '{wrong}' given to Ansible. gather_subset options allowed: all, {known}"
            );
            let message =
                format!("unknown subset of facts \"{wrong}\" (expected all, min, {known})");
            ModuleError::refused(message).as_ansible(words)
        })
    }

    /// Returns the local facts. The facts of the connection tell whether the usual folder is there:
    /// `local` is null then.
    fn local(
        &self,
        context: &PlanContext,
        told: Option<&Value>,
        change: &mut Change,
    ) -> Result<Fields, ModuleError> {
        let given = self.fact_path.as_deref().filter(|path| !path.is_empty());
        let folder = Utf8Path::new(given.unwrap_or(local_facts::FOLDER));
        let is_there = told.is_some_and(Value::is_none);
        let foreseen = || context.host.foreseen(&Doubtful::Path(folder.to_owned()));
        if given.is_none() && !is_there && foreseen()?.is_none() {
            return Ok(Fields::new());
        }
        local_facts::read(context.host, folder, change)
    }
}
