//! Tests for whether a value exists.

use crate::template::call::Call;
use crate::template::guarded::is_missing;
use crate::value::Value;
use minijinja::Error;

/// `defined`: whether the value exists and could be computed.
pub(super) fn defined(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    Ok(Value::from(!is_missing(&call.value()?)?))
}

/// `undefined`: the opposite.
pub(super) fn undefined(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    Ok(Value::from(is_missing(&call.value()?)?))
}
