//! Filters that choose a value.

use crate::template::call::Call;
use crate::template::guarded::is_undefined;
use crate::value::{Value, boolean};
use minijinja::{Error, ErrorKind};

/// `default`: a fallback for an undefined value; with `boolean`, for a false one too.
pub(super) fn default(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    let undefined = is_undefined(&value)?;
    if undefined || (call.flag("boolean", false)? && !value.is_true()) {
        Ok(call.get("default_value").unwrap_or_else(|| Value::from("")))
    } else {
        Ok(value)
    }
}

/// `mandatory`: the value, or an error with the given message if it is undefined.
pub(super) fn mandatory(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    match call.text("msg")? {
        Some(message) if is_undefined(&value)? => {
            Err(Error::new(ErrorKind::UndefinedError, message))
        }
        _ => super::super::text::check(&value).map(|()| value),
    }
}

/// `ternary`: one of two values by the truth of another, or a third if that is null.
pub(super) fn ternary(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    match call.some("none_val") {
        Some(none) if value.is_none() => Ok(none),
        _ if value.is_true() => call.required("true_val"),
        _ => call.required("false_val"),
    }
}

/// `bool`: whether the value means true; unlike elsewhere, single letters and surrounding spaces do
/// not count.
pub(super) fn bool(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    let counts = value
        .as_str()
        .is_none_or(|text| text == "1" || (text.len() > 1 && text.trim() == text));
    Ok((counts && boolean(&value) == Some(true)).into())
}

/// `type_debug`: Python's name for the type of the value.
pub(super) fn type_debug(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    Ok(crate::template::text::type_name(&call.value()?).into())
}
