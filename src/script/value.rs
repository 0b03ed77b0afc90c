//! Converts values for scripts and back.

use super::lookup::Lookup;
use super::raised::Raised;
use super::unknown::Unknown;
use super::{Called, place};
use crate::template::TemplateError;
use crate::value::{self, Fields, MAX_DEPTH, NotKnown, Value};
use minijinja::value::ValueKind;
use rhai::{Array, Blob, Dynamic, FnPtr, ImmutableString, Map, Position};

/// Converts a value for scripts: to a text, number, boolean, list or map, or `()` for nothing.
/// Unknown values of check mode stay unknown. Returns the error if the value is one.
pub fn to_dynamic(value: &Value) -> Called<Dynamic> {
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Dynamic::UNIT,
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => number(value),
        ValueKind::String => ImmutableString::from(value.as_str().unwrap_or_default()).into(),
        ValueKind::Bytes => Dynamic::from_blob(value.as_bytes().unwrap_or_default().to_vec()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten();
            let items: Called<Array> = items.map(|item| to_dynamic(&item)).collect();
            Dynamic::from_array(items?)
        }
        // The variables contain those of all hosts, which contain all variables again.
        ValueKind::Map if is_looked_up(value) => Dynamic::from(Lookup {
            value: value.clone(),
            what: "entry",
            inner: None,
        }),
        ValueKind::Map => Dynamic::from_map(fields_of(value)?),
        ValueKind::Invalid => return invalid(value),
        _ => ImmutableString::from(value.to_string()).into(),
    })
}

/// Whether a mapping creates its entries on access.
fn is_looked_up(value: &Value) -> bool {
    let object = value.as_object();
    object.is_some_and(|object| object.type_name().starts_with(env!("CARGO_PKG_NAME")))
}

/// Returns the entries of a mapping as a map.
pub(super) fn fields_of(value: &Value) -> Called<Map> {
    let fields = value::fields(value).unwrap_or_default();
    let entries = fields.iter();
    entries
        .map(|(name, item)| Ok((name.as_str().into(), to_dynamic(item)?)))
        .collect()
}

/// Integers beyond 64 bits are rare enough to become floats, as in Rhai itself.
fn number(value: &Value) -> Dynamic {
    match value.as_i64() {
        Some(whole) if value.is_integer() => whole.into(),
        _ => f64::try_from(value.clone()).unwrap_or(f64::NAN).into(),
    }
}

fn invalid(value: &Value) -> Called<Dynamic> {
    if let Some(reason) = value::unknown_in(value) {
        return Ok(Dynamic::from(Unknown(reason)));
    }
    let error = value::error_of(value);
    let mut raised = Raised::new(
        error
            .as_ref()
            .map_or_else(|| "an invalid value".to_owned(), ToString::to_string),
    );
    if let Some(cause) = error
        .as_ref()
        .and_then(|error| TemplateError::cause_of(error))
    {
        raised.message.clone_from(&cause.problem.message);
        raised.problem = Some(cause.problem.clone());
    }
    Err(raised.at(Position::NONE))
}

/// Converts a script's value for the run; functions and the like are errors.
pub fn to_value(dynamic: &Dynamic) -> Result<Value, String> {
    within(dynamic, MAX_DEPTH)
}

/// Returns the entries of a script's map.
pub fn to_fields(map: &Map) -> Result<Fields, String> {
    let entries = map.iter();
    entries
        .map(|(name, item)| Ok((name.to_string(), to_value(item)?)))
        .collect()
}

fn within(dynamic: &Dynamic, depth: usize) -> Result<Value, String> {
    if depth == 0 {
        return Err(value::too_deep());
    }
    if dynamic.is_shared() {
        return within(&dynamic.flatten_clone(), depth);
    }
    if let Ok(boolean) = dynamic.as_bool() {
        return Ok(boolean.into());
    }
    if let Ok(whole) = dynamic.as_int() {
        return Ok(whole.into());
    }
    if let Ok(float) = dynamic.as_float() {
        return Ok(float.into());
    }
    if dynamic.is_unit() {
        return Ok(Value::from(()));
    }
    if let Ok(letter) = dynamic.as_char() {
        return Ok(letter.to_string().into());
    }
    if let Ok(text) = dynamic.as_immutable_string_ref() {
        return Ok(text.as_str().into());
    }
    if let Ok(items) = dynamic.as_array_ref() {
        return items.iter().map(|item| within(item, depth - 1)).collect();
    }
    if let Ok(map) = dynamic.as_map_ref() {
        let entries = map.iter().map(|(name, item)| {
            let item = within(item, depth - 1)?;
            Ok((name.to_string(), item))
        });
        return Ok(value::map(entries.collect::<Result<Fields, String>>()?));
    }
    of_other_type(dynamic)
}

fn of_other_type(dynamic: &Dynamic) -> Result<Value, String> {
    if let Some(unknown) = dynamic.clone().try_cast::<Unknown>() {
        return Ok(unknown.0.value());
    }
    if dynamic.is::<Lookup>() {
        return Err("this cannot be used as a value, only its entries can".to_owned());
    }
    if let Some(blob) = dynamic.clone().try_cast::<Blob>() {
        return Ok(Value::from_bytes(blob));
    }
    if dynamic.is::<FnPtr>() {
        return Err("a function cannot be used as a value here".to_owned());
    }
    if let Some(error) = dynamic.clone().try_cast::<Raised>() {
        return Ok(error.message.into());
    }
    Err(format!(
        "{} cannot be used as a value here",
        place::article(dynamic.type_name())
    ))
}

/// Returns why a value, or a part of it, is unknown in check mode.
pub(super) fn unknown_in(dynamic: &Dynamic) -> Option<NotKnown> {
    value::unknown_in(&to_value(dynamic).ok()?)
}
