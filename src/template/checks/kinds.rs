//! Tests for the type of a value.

use super::TESTS;
use crate::template::call::Call;
use crate::template::compare::is_list;
use crate::template::filters::FILTERS;
use crate::template::numbers::{float as float_of, whole};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

type Result = std::result::Result<Value, Error>;

/// `none`: whether it is null.
pub(super) fn none(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.value()?.is_none().into())
}

/// `boolean`: whether it is true or false.
pub(super) fn boolean(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()?.kind() == ValueKind::Bool).into())
}

/// `string`: whether it is text.
pub(super) fn string(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()?.kind() == ValueKind::String).into())
}

/// `number`: whether it is a number, which includes booleans as in Python.
pub(super) fn number(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(matches!(call.value()?.kind(), ValueKind::Number | ValueKind::Bool).into())
}

/// `integer`: whether it is an integer and not a boolean.
pub(super) fn integer(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    Ok((value.kind() == ValueKind::Number && value.is_integer()).into())
}

/// `float`: whether it is a float.
pub(super) fn float(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    Ok((value.kind() == ValueKind::Number && !value.is_integer()).into())
}

/// `mapping`: whether it is a map.
pub(super) fn mapping(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()?.kind() == ValueKind::Map).into())
}

/// `iterable`: whether a loop can iterate over it.
pub(super) fn iterable(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(has_items(&call.value()?).into())
}

/// `sequence`: whether it has a length and items.
pub(super) fn sequence(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(has_items(&call.value()?).into())
}

fn has_items(value: &Value) -> bool {
    is_list(value) || matches!(value.kind(), ValueKind::String | ValueKind::Map)
}

/// `callable`: whether it is a function.
pub(super) fn callable(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()?.kind() == ValueKind::Plain).into())
}

/// `escaped`: whether it is escaped text.
pub(super) fn escaped(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.value()?.is_safe().into())
}

/// `sameas`: whether both are equal and of the same type.
pub(super) fn sameas(call: &mut Call<'_, '_, '_>) -> Result {
    let (value, other) = (call.value()?, call.required("other")?);
    Ok((text::type_name(&value) == text::type_name(&other) && value == other).into())
}

fn whole_number(call: &Call<'_, '_, '_>, value: &Value) -> std::result::Result<i128, Error> {
    whole(value)
        .ok_or_else(|| call.wrong(&format!("'{}' is not an integer", text::type_name(value))))
}

/// `even`: whether it is divisible by two.
pub(super) fn even(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((whole_number(call, &call.value()?)? % 2 == 0).into())
}

/// `odd`: whether it is not divisible by two.
pub(super) fn odd(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((whole_number(call, &call.value()?)? % 2 != 0).into())
}

/// `divisibleby`: whether it is divisible by a number.
pub(super) fn divisibleby(call: &mut Call<'_, '_, '_>) -> Result {
    let value = whole_number(call, &call.value()?)?;
    let rest = value.checked_rem(whole_number(call, &call.required("num")?)?);
    rest.map(|rest| (rest == 0).into())
        .ok_or_else(|| call.wrong("integer modulo by zero"))
}

/// `nan`: whether it is the float "not a number".
pub(super) fn nan(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(float_of(&call.value()?).is_some_and(f64::is_nan).into())
}

/// `filter`: whether there is a filter of this name.
pub(super) fn filter(call: &mut Call<'_, '_, '_>) -> Result {
    let name = call.value_text()?;
    let name = name.strip_prefix("ansible.builtin.").unwrap_or(&name);
    Ok(FILTERS.iter().any(|filter| filter.name == name).into())
}

/// `test`: whether there is a test of this name.
pub(super) fn test(call: &mut Call<'_, '_, '_>) -> Result {
    let name = call.value_text()?;
    let name = name.strip_prefix("ansible.builtin.").unwrap_or(&name);
    Ok(TESTS.iter().any(|test| test.name == name).into())
}
