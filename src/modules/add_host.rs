//! `add_host`: adds a host to the inventory of the run.

use crate::change::{Addition, Change};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, from_value};
use crate::value::{self, Fields, NotKnown, Value};

/// Adds a host to the inventory of the run, so that later plays of it can use the host.
///
/// It runs once for all hosts. If the host exists, the groups and variables are added to its own.
/// Every other argument is a variable of the host; its value is not a template.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub(super) struct AddHost(#[schemars(with = "Documented")] Fields);

/// The arguments that are not variables.
#[derive(schemars::JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its documentation is used")]
struct Documented {
    /// The name of the host; `NAME:PORT` also sets the port of its sshd.
    name: String,
    /// Groups to put the host into; created if they do not exist.
    groups: Option<Vec<String>>,
}

impl BuiltIn for AddHost {
    const NAME: &'static str = "add_host";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("host", "name"),
        ("hostname", "name"),
        ("group", "groups"),
        ("groupname", "groups"),
    ];
    const ANY_ARGUMENT: bool = true;
    const ONCE: bool = true;
    const EXAMPLE: &'static str = "\
- name: The new broker takes part in the next play
  add_host:
    name: broker-c
    groups: [brokers, new]
    ansible_host: 10.0.0.13
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "add_host",
        "What was added: `host_name`, `groups` and `host_vars`.",
    )];
}

impl Module for AddHost {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let given = |name: &str| known(self.0.get(name).or_else(|| context.unknown.get(name)));
        let name = given("name")?.filter(|name| !name.is_none());
        let name = name.ok_or_else(|| ModuleError::refused("add_host needs name"))?;
        let name = name.to_string();
        let (name, port) = with_port(&name);
        let groups: Vec<String> = match given("groups")? {
            None => Vec::new(),
            Some(groups) if groups.is_none() => Vec::new(),
            Some(groups) => from_value(groups)
                .map_err(|error| ModuleError::refused(format!("groups: {error}")))?,
        };
        let mut named: Vec<String> = Vec::new();
        for group in groups.iter().map(|group| group.trim()) {
            if !group.is_empty() && !named.iter().any(|known| known == group) {
                named.push(group.to_owned());
            }
        }
        let mut variables = Fields::new();
        if let Some(port) = port {
            variables.insert("ansible_port".to_owned(), port.into());
        }
        let others = self.0.iter().chain(context.unknown);
        let others = others.filter(|(key, _)| !["name", "groups"].contains(&key.as_str()));
        variables.extend(others.map(|(key, value)| (key.clone(), value.clone())));
        let mut change = Change::default();
        let added = Fields::from([
            ("host_name".to_owned(), name.into()),
            ("groups".to_owned(), named.iter().cloned().collect()),
            ("host_vars".to_owned(), value::map(variables.clone())),
        ]);
        change.returns("add_host", value::map(added));
        change.adds = Some(Addition::Host {
            name: name.to_owned(),
            groups: named,
            variables,
        });
        Ok(change)
    }
}

/// Returns a value that check mode must know.
fn known(value: Option<&Value>) -> Result<Option<Value>, NotKnown> {
    let value = value.cloned();
    match value.as_ref().and_then(value::unknown_in) {
        Some(reason) => Err(reason),
        None => Ok(value),
    }
}

/// Returns the name and the port of `NAME:PORT` or `[ADDRESS]:PORT`.
fn with_port(text: &str) -> (&str, Option<u16>) {
    let parted = text.rsplit_once(':');
    let parted = parted.and_then(|(name, port)| Some((name, port.parse().ok()?)));
    match parted {
        Some((name, port)) if !name.contains(':') && !name.is_empty() => (name, Some(port)),
        Some((name, port)) => {
            let inner = name
                .strip_prefix('[')
                .and_then(|name| name.strip_suffix(']'));
            inner.map_or((text, None), |inner| (inner, Some(port)))
        }
        None => (text, None),
    }
}
