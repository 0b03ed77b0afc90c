//! Mistakes in arguments in the words of Ansible, which playbooks for Ansible test for.

use super::arguments::Fault;
use super::{ArgumentError, Entry};
use crate::value::Fields;

impl Entry {
    /// Returns what Ansible says about a mistake in these arguments; `called` is the module's name
    /// as written in the task.
    pub fn in_words_of_ansible(
        &self,
        called: &str,
        given: &Fields,
        error: &ArgumentError,
    ) -> Option<String> {
        let is_top = error.argument.as_ref().filter(|name| !name.contains('.'));
        match (&error.fault, is_top) {
            (Fault::Missing, _) if error.argument.is_none() => Some(self.missing_words(given)),
            (Fault::Unknown, Some(_)) => Some(self.unknown_words(called, given)),
            (Fault::Choice { expected, found }, Some(name)) => Some(format!(
                "value of {name} must be one of: {}, got: {found}",
                expected.join(", ")
            )),
            (
                Fault::Type {
                    expected,
                    given,
                    found,
                },
                Some(name),
            ) => {
                let why = match *expected {
                    "bool" => format!(
                        "The value '{found}' is not a valid boolean. Valid booleans include: 0, 1, \
                         'on', 'off', 'false', '0', 'true', '1', 'y', 'yes', 'n', 't', 'no', 'f'"
                    ),
                    "str" => format!("'{found}' is not a string and conversion is not allowed"),
                    kind @ ("list" | "dict") => {
                        format!("<class '{given}'> cannot be converted to a {kind}")
                    }
                    kind => format!("\"'{found}'\" cannot be converted to an {kind}"),
                };
                Some(format!(
                    "argument '{name}' is of type {given} and we were unable to convert to \
                     {expected}: {why}"
                ))
            }
            _ => None,
        }
    }

    /// The modules that Ansible splits between the two machines check their arguments by themselves.
    fn missing_words(&self, given: &Fields) -> String {
        let is_given = |name: &str| given.keys().any(|key| self.canonical(key) == name);
        let required = self.schema.get("required").and_then(|all| all.as_array());
        let required = required
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str());
        let mut missing: Vec<&str> = required.filter(|name| !is_given(name)).collect();
        missing.sort_unstable();
        match self.name.as_str() {
            "copy" => "dest is required".to_owned(),
            "template" => "src and dest are required".to_owned(),
            "script" => "one of the following is required: _raw_params, cmd".to_owned(),
            _ => format!("missing required arguments: {}", missing.join(", ")),
        }
    }

    fn unknown_words(&self, called: &str, given: &Fields) -> String {
        let mut known = self.arguments();
        known.sort_unstable();
        let mut unknown: Vec<&str> = given.keys().map(String::as_str).collect();
        unknown.retain(|name| !known.contains(&self.canonical(name)));
        unknown.sort_unstable();
        let mut aliases: Vec<&str> = self
            .aliases
            .iter()
            .map(|(alias, _)| alias.as_str())
            .collect();
        aliases.sort_unstable();
        let aliases = match aliases.as_slice() {
            [] => String::new(),
            aliases => format!(" ({})", aliases.join(", ")),
        };
        format!(
            "Unsupported parameters for ({called}) module: {}. Supported parameters include: \
             {}{aliases}.",
            unknown.join(", "),
            known.join(", ")
        )
    }
}
