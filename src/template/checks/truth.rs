//! Tests for truth.

use crate::template::call::Call;
use crate::value::{Value, boolean};
use minijinja::Error;
use minijinja::value::ValueKind;

/// `true`: whether it is the boolean true.
pub(super) fn is_true(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    Ok((value.kind() == ValueKind::Bool && value.is_true()).into())
}

/// `false`: whether it is the boolean false.
pub(super) fn is_false(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    Ok((value.kind() == ValueKind::Bool && !value.is_true()).into())
}

/// `truthy`: whether Python treats it as true; with `convert_bool`, text such as "no" is false.
pub(super) fn truthy(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    truth(call).map(Value::from)
}

/// `falsy`: the opposite.
pub(super) fn falsy(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    truth(call).map(|truth| Value::from(!truth))
}

fn truth(call: &Call<'_, '_, '_>) -> Result<bool, Error> {
    let value = call.value()?;
    if !call.flag("convert_bool", false)? {
        return Ok(value.is_true());
    }
    Ok(boolean(&value).unwrap_or_else(|| value.is_true()))
}
