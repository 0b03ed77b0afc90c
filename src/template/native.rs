//! Keeps the values that a template outputs, so that `"{{ list }}"` stays a list.

use super::bounds;
use super::changeable::{Map, is_foreign};
use super::compare::is_list;
use super::level::Level;
use super::text;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State};

/// The output of a template so far.
#[derive(Debug, Default)]
pub(super) struct Emitted {
    /// The number of values.
    pub(super) count: usize,
    /// The last of them.
    pub(super) value: Value,
    /// The length of that value's text in bytes.
    pub(super) length: usize,
    /// The length of the text of all values in bytes.
    pub(super) all: usize,
}

/// Keeps the value and outputs its text.
pub(super) fn text_and_value(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    bounds::tick()?;
    let text = match value.as_str() {
        Some(text) => {
            output.write_str(text)?;
            text.len()
        }
        None => {
            let text = text::output(value)?;
            output.write_str(&text)?;
            text.len()
        }
    };
    let emitted = state.get_or_insert_extension(Emitted::default());
    emitted.all = emitted.all.saturating_add(text);
    bounds::fits(emitted.all).map_err(|why| Error::new(ErrorKind::InvalidOperation, why))?;
    // Null is not text, and does not hide a value next to it.
    if !value.is_none() || emitted.count == 0 {
        emitted.count += usize::from(!value.is_none());
        emitted.value = value.clone();
        emitted.length = text;
    }
    Ok(())
}

/// Keeps the value of a single expression and outputs nothing.
pub(super) fn value_alone(
    _: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    // Only an `if` without `else` is undefined here.
    if value.is_undefined() {
        let message = "the expression has no value: its `if` is false and has no `else`";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    text::check(value)?;
    text::check_function(value)?;
    state.get_or_insert_extension(Emitted::default()).value = value.clone();
    Ok(())
}

/// Returns a template's result as Ansible defines it: the value if that is the whole output, null
/// if there is no output, else the text. `captures` says that some values went into variables or
/// macros.
pub(super) fn result(emitted: Option<&Emitted>, output: &str, captures: bool) -> Value {
    match emitted {
        None if output.is_empty() => Value::from(()),
        Some(emitted) if output.is_empty() && (emitted.count == 0 || captures) => Value::from(()),
        Some(emitted) if emitted.length == output.len() && emitted.count == 1 && !captures => {
            emitted.value.clone()
        }
        Some(emitted) if captures && is_whole(&emitted.value, output) => emitted.value.clone(),
        _ => Value::from(output),
    }
}

fn is_whole(value: &Value, output: &str) -> bool {
    text::output(value).is_ok_and(|text| text == output)
}

/// Returns a template's value in a form that can be kept: tuples and iterators become lists, and
/// mutable objects immutable ones. Fails if any part of it is undefined.
pub(super) fn finished(value: Value) -> Result<Value, Error> {
    bounds::tick()?;
    let _level = Level::enter()?;
    if is_list(&value) {
        let items = value.try_iter()?.map(|item| {
            check_part(&item)?;
            finished(item)
        });
        return Ok(items.collect::<Result<Vec<_>, _>>()?.into());
    }
    if value.kind() != ValueKind::Map {
        return Ok(value);
    }
    // Variables of hosts create their entries on use, and none of them is undefined.
    let is_made = !is_foreign(&value) || value.downcast_object_ref::<Map>().is_some();
    let mut entries = Vec::new();
    for key in value.try_iter()? {
        let entry = value.get_item(&key)?;
        check_part(&entry)?;
        if is_made {
            let kept = finished(entry.clone())?;
            // In a map of its own, a tuple stays one for those who turn it into text.
            entries.push((key, if entry.is_tuple() { entry } else { kept }));
        }
    }
    Ok(if is_made {
        Value::from_pairs(entries)
    } else {
        value
    })
}

/// Fails if a part of a value cannot be kept. One that is unknown in check mode can.
fn check_part(value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        text::check(value)?;
    }
    text::check_function(value)
}

/// Returns text with as many line breaks at its end as the template has: Jinja2 drops one, and
/// statements may drop more. Other values are unchanged.
pub(super) fn with_line_breaks(value: Value, breaks: usize, sequence: &str) -> Value {
    let Some(text) = value.as_str() else {
        return value;
    };
    let missing = breaks.saturating_sub(line_breaks(text));
    if missing == 0 {
        return value;
    }
    Value::from(text.to_owned() + &sequence.repeat(missing))
}

/// Returns how many line breaks a text ends with.
pub(super) fn line_breaks(text: &str) -> usize {
    text.len() - text.trim_end_matches('\n').len()
}
