//! Booleans in text: one table for everything that takes a boolean.

use super::Value;
use minijinja::value::ValueKind;

/// Returns the boolean that a value means, as in Ansible; `None` if it is neither.
///
/// Keywords, arguments of modules, connection variables, options of lookups and argument specs all
/// use this, so that `off` is the same everywhere.
pub fn boolean(value: &Value) -> Option<bool> {
    match value.kind() {
        ValueKind::Bool => Some(value.is_true()),
        ValueKind::Number if *value == Value::from(1) => Some(true),
        ValueKind::Number if *value == Value::from(0) => Some(false),
        ValueKind::String => value.as_str().and_then(boolean_of_text),
        _ => None,
    }
}

/// Returns the boolean that a text means, ignoring case; `None` if it is neither.
pub fn boolean_of_text(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" => Some(false),
        _ => None,
    }
}
