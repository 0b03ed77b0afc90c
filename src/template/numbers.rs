//! Python's numbers, for filters.

use super::compare::is_list;
use super::text;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};

/// Returns `left + right` of numbers, texts or lists.
pub(super) fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    text::check(left)?;
    text::check(right)?;
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        let sum = left.checked_add(right);
        return sum
            .map(number)
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the sum is too large"));
    }
    if let (Some(left), Some(right)) = (float(left), float(right)) {
        return Ok(Value::from(left + right));
    }
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return Ok(Value::from(format!("{left}{right}")));
    }
    if is_list(left) && is_list(right) && left.is_tuple() == right.is_tuple() {
        let items = left.try_iter()?.chain(right.try_iter()?);
        return Ok(items.collect::<Vec<Value>>().into());
    }
    let message = format!(
        "unsupported operand types for +: '{}' and '{}'",
        text::type_name(left),
        text::type_name(right)
    );
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Returns a whole number; booleans count as one.
pub(super) fn whole(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    }
}

/// Returns any number, or a boolean, as a float.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => None,
    }
}

/// Returns the value of a whole number.
pub(super) fn number(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}
