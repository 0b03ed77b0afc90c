//! From rendered arguments to a module's struct, with Ansible's tolerance for types.
//!
//! A struct asks for what it wants (`bool`, `String`, `Vec<String>`, `u32`); this deserialiser
//! gives it that from what playbooks hold: `yes` as text for a boolean, a number for a text, one
//! text with commas for a list.

use super::argument::Argument;
use crate::value::{Fields, Value};
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Why arguments do not fit a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentError {
    /// The argument it is about, if it is about one.
    pub argument: Option<String>,
    /// What is wrong, such as `expected a boolean, found "maybe"`.
    pub message: String,
    /// What kind of mistake it is.
    pub fault: Fault,
}

/// What is wrong with the arguments of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fault {
    /// An argument is missing.
    Missing,
    /// The module has no such argument.
    Unknown,
    /// Not one of the accepted words.
    Choice {
        /// The accepted words.
        expected: Vec<String>,
        /// What was given.
        found: String,
    },
    /// A value of another type.
    Type {
        /// The name of the type in Ansible.
        expected: &'static str,
        /// The name of the type of what was given.
        given: &'static str,
        /// What was given.
        found: String,
    },
    /// Anything else.
    #[default]
    Other,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.argument {
            Some(argument) => write!(formatter, "{argument}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for ArgumentError {}

impl Error for ArgumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            argument: None,
            message: message.to_string(),
            fault: Fault::Other,
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::missing(field)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|name| format!("`{name}`"));
        let known = match expected {
            [] => "there are no fields".to_owned(),
            [only] => format!("expected `{only}`"),
            _ => format!("expected one of {}", known.collect::<Vec<_>>().join(", ")),
        };
        Self {
            fault: Fault::Unknown,
            ..Self::custom(format!("unknown field `{field}`, {known}"))
        }
    }
}

impl ArgumentError {
    /// Returns the error for a missing argument.
    pub fn missing(name: &str) -> Self {
        Self {
            fault: Fault::Missing,
            ..Self::custom(format!("missing field `{name}`"))
        }
    }
}

/// Builds a module's struct from rendered arguments.
pub fn from_fields<T: DeserializeOwned>(fields: Fields) -> Result<T, ArgumentError> {
    T::deserialize(ArgumentMap::new(fields))
}

/// Returns one argument as the type that is asked for.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ArgumentError> {
    T::deserialize(Argument(value))
}

/// Returns the items of an argument that is a list, as what they are.
pub fn items(value: Value) -> Result<Vec<Value>, ArgumentError> {
    Argument(value).items()
}

/// Arguments by name, or a mapping that is one.
pub(super) struct ArgumentMap {
    entries: indexmap::map::IntoIter<String, Value>,
    current: Option<(String, Value)>,
}

impl ArgumentMap {
    pub(super) fn new(fields: Fields) -> Self {
        Self {
            entries: fields.into_iter(),
            current: None,
        }
    }
}

impl<'de> Deserializer<'de> for ArgumentMap {
    type Error = ArgumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> MapAccess<'de> for ArgumentMap {
    type Error = ArgumentError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ArgumentError> {
        self.current = self.entries.next();
        match &self.current {
            None => Ok(None),
            Some((key, _)) => {
                let deserializer: StringDeserializer<ArgumentError> =
                    key.clone().into_deserializer();
                let about = |error: ArgumentError| about(error, key);
                seed.deserialize(deserializer).map(Some).map_err(about)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ArgumentError> {
        let Some((key, value)) = self.current.take() else {
            return Err(ArgumentError::custom("a value without a key"));
        };
        seed.deserialize(Argument(value))
            .map_err(|error| about(error, &key))
    }
}

/// Names the argument that an error is about, unless an inner one is named already.
fn about(mut error: ArgumentError, key: &str) -> ArgumentError {
    let inner = error.argument.take();
    error.argument = Some(inner.map_or_else(|| key.to_owned(), |inner| format!("{key}.{inner}")));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "lowercase")]
    enum State {
        Present,
        Absent,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        path: String,
        #[serde(default)]
        force: bool,
        #[serde(default)]
        names: Vec<String>,
        size: Option<u32>,
        state: Option<State>,
    }

    fn build(arguments: &[(&str, Value)]) -> Result<Example, ArgumentError> {
        from_fields(
            arguments
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
        )
    }

    #[test]
    fn text_numbers_and_lists_become_what_the_struct_asks_for() {
        let built = build(&[
            ("path", Value::from(5)),
            ("force", Value::from("yes")),
            ("names", Value::from("a, b")),
            ("size", Value::from("7")),
            ("state", Value::from("absent")),
        ]);
        let expected = Example {
            path: "5".to_owned(),
            force: true,
            names: vec!["a".to_owned(), "b".to_owned()],
            size: Some(7),
            state: Some(State::Absent),
        };
        assert_eq!(built, Ok(expected));
    }

    #[test]
    fn errors_name_the_argument() {
        for (name, value, message) in [
            (
                "force",
                Value::from("maybe"),
                "force: expected a boolean, found \"maybe\"",
            ),
            (
                "size",
                Value::from(-1),
                "size: expected a whole number, found -1",
            ),
            (
                "state",
                Value::from("gone"),
                "state: expected one of present, absent, found \"gone\"",
            ),
            (
                "path",
                Value::from(vec![1]),
                "path: expected text, found a list",
            ),
        ] {
            let error = build(&[(name, value)]).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        let error = build(&[("pth", Value::from("/x"))]).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some("pth"));
    }
}
