//! Operators that Python has for more types than minijinja.

use super::numbers::{float, number, whole};
use super::{text, time};
use crate::value::Value;
use minijinja::formatting::{FormatStyle, format};
use minijinja::{Error, ErrorKind};

/// `left % right`: the remainder of numbers, or values put into a text.
pub(super) fn modulo(left: Value, right: Value) -> Result<Value, Error> {
    text::check(&left)?;
    text::check(&right)?;
    if let Some(template) = left.as_str() {
        let values: Vec<Value> = if right.is_tuple() {
            right.try_iter()?.collect()
        } else {
            vec![right]
        };
        // A value that failed must not be put into the text.
        for value in &values {
            text::text(value)?;
        }
        return Ok(format(FormatStyle::Printf, template, &values)?.into());
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

/// `left ~ right`: the texts of both.
pub(super) fn concatenate(left: Value, right: Value) -> Result<String, Error> {
    text::check(&left)?;
    text::check(&right)?;
    Ok(text::text(&left)? + &text::text(&right)?)
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    let message = format!(
        "unsupported operand types for {operator}: '{}' and '{}'",
        text::type_name(left),
        text::type_name(right)
    );
    Error::new(ErrorKind::InvalidOperation, message)
}
