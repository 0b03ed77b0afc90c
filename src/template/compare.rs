//! The order of values in Python.

use super::bounds;
use super::level::Level;
use super::text;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};
use std::cmp::Ordering;

/// Returns the order of two values; fails if Python defines no order, such as for text and numbers.
pub(super) fn compare(left: &Value, right: &Value) -> Result<Ordering, Error> {
    bounds::tick()?;
    let number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return Ok(left.cmp(right));
    }
    if number(left) && number(right) {
        return Ok(left.cmp(right));
    }
    if is_list(left) && is_list(right) && left.is_tuple() == right.is_tuple() {
        let _level = Level::enter()?;
        let mut others = right.try_iter()?;
        for item in left.try_iter()? {
            let Some(other) = others.next() else {
                return Ok(Ordering::Greater);
            };
            if item != other {
                return compare(&item, &other);
            }
        }
        return Ok(match others.next() {
            Some(_) => Ordering::Less,
            None => Ordering::Equal,
        });
    }
    if let (Some(left), Some(right)) = (super::time::moment(left), super::time::moment(right)) {
        return Ok(left.cmp(&right));
    }
    text::check(left)?;
    text::check(right)?;
    let message = format!(
        "'<' not supported between instances of '{}' and '{}'",
        text::type_name(left),
        text::type_name(right)
    );
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Sorts stably by keys; fails if Python could not compare them.
pub(super) fn sort<T>(items: &mut [(Value, T)], reverse: bool) -> Result<(), Error> {
    let mut failed = None;
    items.sort_by(|(left, _), (right, _)| {
        let order = compare(left, right).unwrap_or_else(|error| {
            failed.get_or_insert(error);
            Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    failed.map_or(Ok(()), Err)
}

/// Returns text in lower case and other values unchanged, for case-insensitive comparison.
pub(super) fn without_case(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(text.to_lowercase()),
        None => value,
    }
}

/// Returns whether it is a list or a tuple.
pub(super) fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}
