//! Operators that support more types in Python than in minijinja.

use super::bounds;
use super::compare::{compare, is_list};
use super::numbers::{float, number, whole};
use super::{format, text, time};
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};
use std::cmp::Ordering;

/// `left % right`: the remainder of numbers, or text formatting.
pub(super) fn modulo(left: Value, right: Value) -> Result<Value, Error> {
    text::check(&left)?;
    text::check(&right)?;
    if let Some(template) = left.as_str() {
        let values: Vec<Value> = if right.is_tuple() {
            right.try_iter()?.collect()
        } else {
            vec![right]
        };
        return Ok(format::percent(template, &values)?.into());
    }
    let zero = || Error::new(ErrorKind::InvalidOperation, "modulo by zero");
    if let (Some(left), Some(right)) = (whole(&left), whole(&right)) {
        let rest = left.checked_rem(right).ok_or_else(zero)?;
        let other_sign = rest != 0 && (rest < 0) != (right < 0);
        return Ok(number(if other_sign { rest + right } else { rest }));
    }
    match (float(&left), float(&right)) {
        (Some(_), Some(0.0)) => Err(zero()),
        (Some(left), Some(right)) => {
            let rest = left % right;
            let other_sign = rest != 0.0 && (rest < 0.0) != (right < 0.0);
            Ok(if other_sign {
                rest + right
            } else if rest == 0.0 {
                0f64.copysign(right)
            } else {
                rest
            }
            .into())
        }
        _ => Err(unsupported("%", &left, &right)),
    }
}

/// `left - right`: of numbers or times.
pub(super) fn minus(left: Value, right: Value) -> Result<Value, Error> {
    text::check(&left)?;
    text::check(&right)?;
    if let Some(difference) = time::subtract(&left, &right) {
        return difference;
    }
    if let (Some(left), Some(right)) = (whole(&left), whole(&right)) {
        let difference = left.checked_sub(right).map(number);
        return difference
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the difference is too large"));
    }
    match (float(&left), float(&right)) {
        (Some(left), Some(right)) => Ok((left - right).into()),
        _ => Err(unsupported("-", &left, &right)),
    }
}

/// `left ~ right`: both texts concatenated.
pub(super) fn concatenate(left: Value, right: Value) -> Result<String, Error> {
    text::check(&left)?;
    text::check(&right)?;
    bounds::joined(text::text(&left)?, &text::text(&right)?)
}

/// `left < right`.
pub(super) fn less(left: Value, right: Value) -> Result<bool, Error> {
    Ok(compare(&left, &right)? == Ordering::Less)
}

/// `left <= right`.
pub(super) fn not_greater(left: Value, right: Value) -> Result<bool, Error> {
    Ok(matches!(
        compare(&left, &right)?,
        Ordering::Less | Ordering::Equal
    ))
}

/// `left > right`.
pub(super) fn greater(left: Value, right: Value) -> Result<bool, Error> {
    Ok(compare(&left, &right)? == Ordering::Greater)
}

/// `left >= right`.
pub(super) fn not_less(left: Value, right: Value) -> Result<bool, Error> {
    Ok(matches!(
        compare(&left, &right)?,
        Ordering::Greater | Ordering::Equal
    ))
}

/// `left in right`.
pub(super) fn within(left: Value, right: Value) -> Result<bool, Error> {
    text::check(&left)?;
    text::check(&right)?;
    if let Some(whole) = right.as_str() {
        let kind = text::type_name(&left);
        let message = format!("'in <string>' requires string as left operand, not {kind}");
        let part = left.as_str();
        let part = part.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, message))?;
        return Ok(whole.contains(part));
    }
    match right.kind() {
        ValueKind::Map => Ok(!right.get_item(&left)?.is_undefined()),
        _ if is_list(&right) => {
            for item in right.try_iter()?.checked() {
                bounds::tick()?;
                if item? == left {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => {
            let message = format!(
                "argument of type '{}' is not iterable",
                text::type_name(&right)
            );
            Err(Error::new(ErrorKind::InvalidOperation, message))
        }
    }
}

/// `left not in right`.
pub(super) fn not_within(left: Value, right: Value) -> Result<bool, Error> {
    within(left, right).map(|within| !within)
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    let message = format!(
        "unsupported operand types for {operator}: '{}' and '{}'",
        text::type_name(left),
        text::type_name(right)
    );
    Error::new(ErrorKind::InvalidOperation, message)
}
