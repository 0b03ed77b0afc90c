//! Values at run time: what templates use, modules return and results contain.

#[cfg(test)]
pub(crate) mod hostile;
mod truth;

pub use truth::{boolean, boolean_of_text};

use indexmap::IndexMap;
use minijinja::value::ValueKind;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// How deep lists and maps may nest in a value. Anything deeper that is read, registered, or
/// created by a template or a script is refused, so code that walks a value may recurse. JSON
/// parsers have the same limit.
pub const MAX_DEPTH: usize = 128;

/// A value at run time. Text in it is data and is never rendered again.
pub use minijinja::Value;

/// Returns the message for a value that is nested too deeply.
pub fn too_deep() -> String {
    format!("lists and maps are nested more than {MAX_DEPTH} levels deep")
}

/// The named values of a result or of module arguments, in order.
pub type Fields = IndexMap<String, Value>;

/// The start of the text shown for a value that check mode cannot know.
pub const UNKNOWN: &str = "unknown in check mode";

/// Why a value is unknown: it depends on something that check mode does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKnown {
    /// What it depends on, such as "depends on the output of `id`, which check mode does not run".
    pub reason: Arc<str>,
    /// Whether the value may be missing, so that `is defined` is unknown too.
    pub may_be_missing: bool,
}

impl fmt::Display for NotKnown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for NotKnown {}

impl NotKnown {
    /// Returns the reason for a value that exists but is unknown.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self {
            reason: reason.into(),
            may_be_missing: false,
        }
    }

    /// Returns the same reason for a value that may be missing.
    #[must_use]
    pub fn perhaps_missing(&self) -> Self {
        Self {
            may_be_missing: true,
            ..self.clone()
        }
    }

    /// Returns a value that fails with this reason on any use.
    pub fn value(&self) -> Value {
        self.error().into()
    }

    /// Returns the error of the use of a value that is not known for this reason.
    pub fn error(&self) -> minijinja::Error {
        let kind = minijinja::ErrorKind::InvalidOperation;
        minijinja::Error::new(kind, self.to_string()).with_source(self.clone())
    }

    /// Returns the text shown in place of the value.
    pub fn shown(&self) -> String {
        format!("({UNKNOWN}: {self})")
    }

    /// Returns the reason if `error` or one of its causes is the use of an unknown value.
    pub fn cause_of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a NotKnown> {
        std::iter::successors(Some(error), |error| error.source())
            .find_map(|error| error.downcast_ref())
    }
}

/// Returns a map of the fields, in order.
pub fn map(fields: Fields) -> Value {
    Value::from_pairs(fields)
}

/// Returns the fields of a map, or `None` if it is not a map.
pub fn fields(value: &Value) -> Option<Fields> {
    if value.kind() != ValueKind::Map {
        return None;
    }
    let keys = value.try_iter().ok()?;
    Some(
        keys.map(|key| {
            let item = value.get_item(&key).unwrap_or(Value::UNDEFINED);
            (
                key.as_str().map_or_else(|| key.to_string(), str::to_owned),
                item,
            )
        })
        .collect(),
    )
}

/// Converts any serializable data to a value.
pub fn of(data: &impl serde::Serialize) -> Value {
    Value::from(minijinja::value::Serde(data))
}

/// Returns why a value, or a part of it, is unknown in check mode.
pub fn unknown_in(value: &Value) -> Option<NotKnown> {
    match value.kind() {
        ValueKind::Invalid => {
            let error = error_of(value)?;
            NotKnown::cause_of(&error).cloned()
        }
        ValueKind::Seq => value.try_iter().ok()?.find_map(|item| unknown_in(&item)),
        ValueKind::Map => fields(value)?.values().find_map(unknown_in),
        _ => None,
    }
}

/// Returns whether a value is known and not an error, such as that of an undefined variable.
pub fn can_be_shown(value: &Value) -> bool {
    value.kind() != ValueKind::Invalid && unknown_in(value).is_none()
}

/// Returns why the first unknown field is unknown.
pub fn reason(fields: &Fields) -> Option<NotKnown> {
    fields.values().find_map(unknown_in)
}

/// Returns the error of an invalid value; only evaluating an expression reports it.
pub fn error_of(value: &Value) -> Option<minijinja::Error> {
    static ENVIRONMENT: LazyLock<minijinja::Environment<'static>> =
        LazyLock::new(minijinja::Environment::new);
    let expression = ENVIRONMENT.compile_expression("value").ok()?;
    let context = Value::from_pairs([("value", value.clone())]);
    expression.eval(context).err()
}

/// Returns the message of an error without its kind and its place in an expression of ours.
fn said(error: &minijinja::Error) -> String {
    error
        .detail()
        .map_or_else(|| error.to_string(), str::to_owned)
}

/// Returns the value as JSON; values that cannot be known or shown become a text that says so.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.kind() {
        ValueKind::Invalid => match unknown_in(value) {
            Some(reason) => reason.shown().into(),
            None => error_of(value).map(|error| said(&error)).into(),
        },
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .map(|items| items.map(|item| to_json(&item)).collect())
            .unwrap_or_default(),
        ValueKind::Map => {
            let entries = fields(value).unwrap_or_default();
            entries
                .iter()
                .map(|(key, item)| (key.clone(), to_json(item)))
                .collect()
        }
        ValueKind::Bytes => String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into(),
        ValueKind::Undefined => serde_json::Value::Null,
        _ => serde_json::to_value(value).unwrap_or_else(|_| value.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_value_that_is_not_known_is_found_in_it() {
        let reason = NotKnown::new("the command was not run");
        let value = reason.value();
        assert_eq!(unknown_in(&value), Some(reason.clone()));
        let list: Value = [Value::from(1), value.clone()].into_iter().collect();
        assert_eq!(unknown_in(&list), Some(reason.clone()));
        let map = map([("rc".to_owned(), list)].into());
        assert_eq!(unknown_in(&map), Some(reason));
        assert_eq!(
            to_json(&value),
            "(unknown in check mode: the command was not run)"
        );
        assert_eq!(unknown_in(&Value::from(1)), None);
    }
}
