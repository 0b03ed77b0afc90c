//! `getent`: entries of a name service database as facts.

use crate::change::{Change, Sets};
use crate::host::{Command, Doubtful};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields, Value};

/// Gathers entries of a name service database, such as `passwd` or `hosts`, as
/// `ansible_facts.getent_DATABASE`.
///
/// The host needs the program `getent`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Getent {
    /// The database, such as `passwd`, `group` or `hosts`.
    database: String,
    /// The entry to get; by default all.
    key: Option<String>,
    /// The service to ask, such as `files`; by default those the host is set up for.
    service: Option<String>,
    /// What separates fields; by default a colon for accounts and groups, and blanks for others.
    split: Option<String>,
    /// Whether a missing entry is a failure; otherwise its fact is null.
    #[serde(default = "crate::module::yes")]
    fail_key: bool,
}

impl BuiltIn for Getent {
    const NAME: &'static str = "getent";
    const EXAMPLE: &'static str = "\
- name: Get the entry of root
  getent:
    database: passwd
    key: root
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "ansible_facts",
        "`getent_DATABASE`: by key, each a list of the other fields, or null.",
    )];
}

impl Module for Getent {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.is_as_told(context)?;
        let words = ["getent", &self.database].into_iter();
        let mut argv: Vec<&str> = words.chain(self.key.as_deref()).collect();
        argv.extend(self.service.iter().flat_map(|name| ["-s", name]));
        let output = context.host.query(&Command::new(argv))?;
        let mut change = Change::default();
        let entries = match (output.status, &self.key) {
            (0, _) => self.entries(&String::from_utf8_lossy(&output.stdout)),
            (2, Some(key)) if !self.fail_key => {
                change.returns("msg", reason(2));
                Fields::from([(key.clone(), ().into())])
            }
            _ if output.lacks_program() => {
                return Err(ModuleError::no_program(
                    "getent",
                    "read the file, such as /etc/passwd, with slurp",
                ));
            }
            (status, _) => return Err(ModuleError::refused(reason(status))),
        };
        let name = format!("getent_{}", self.database);
        let facts = Fields::from([(name, value::map(entries))]);
        change.returns("ansible_facts", value::map(facts.clone()));
        change.sets = Sets::NamedFacts(facts);
        Ok(change)
    }
}

/// Returns what an exit code of `getent` means.
fn reason(status: i32) -> String {
    let text = match status {
        1 => "Missing arguments, or database unknown.",
        2 => "One or more supplied key could not be found in the database.",
        3 => "Enumeration not supported on this database.",
        _ => "Unexpected failure!",
    };
    text.to_owned()
}

impl Getent {
    /// Fails if check mode has changed what the program would read.
    fn is_as_told(&self, context: &PlanContext) -> Result<(), ModuleError> {
        let mut parts = vec![Doubtful::Path(format!("/etc/{}", self.database).into())];
        if let Some(key) = &self.key {
            match self.database.as_str() {
                "passwd" | "shadow" => parts.push(Doubtful::User(key.clone())),
                "group" | "gshadow" => parts.push(Doubtful::Group(key.clone())),
                _ => {}
            }
        }
        for part in &parts {
            if let Some(reason) = context.host.foreseen(part)? {
                return Err(reason.into());
            }
        }
        Ok(())
    }

    /// Returns the lines by their first field; a key with several lines has a list of them.
    fn entries(&self, text: &str) -> Fields {
        let colon = ["passwd", "shadow", "group", "gshadow"].contains(&self.database.as_str());
        let split = self.split.as_deref().or(colon.then_some(":"));
        let mut found: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
        for line in text.lines() {
            let mut fields: Box<dyn Iterator<Item = &str>> = match split {
                Some(split) => Box::new(line.split(split)),
                None => Box::new(line.split_whitespace()),
            };
            let Some(key) = fields.next() else { continue };
            let entries = found.entry(key.to_owned()).or_default();
            entries.push(fields.map(Value::from).collect());
        }
        let one = |(key, mut entries): (String, Vec<Value>)| match entries.len() {
            1 => (key, entries.swap_remove(0)),
            _ => (key, entries.into()),
        };
        found.into_iter().map(one).collect()
    }
}
