//! Keeps the values that a template puts out, so that `"{{ list }}"` stays a list.

use super::changeable::Map;
use super::compare::is_list;
use super::level::Level;
use super::text;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State};

/// What a template has put out so far.
#[derive(Debug, Default)]
pub(super) struct Emitted {
    /// How many values.
    pub(super) count: usize,
    /// The last of them.
    pub(super) value: Value,
    /// How many bytes of text that one was.
    pub(super) length: usize,
}

/// Keeps the value and puts out its text.
pub(super) fn text_and_value(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
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
    // Nothing is no text and hides no value beside it.
    if !value.is_none() || emitted.count == 0 {
        emitted.count += usize::from(!value.is_none());
        emitted.value = value.clone();
        emitted.length = text;
    }
    Ok(())
}

/// Keeps the value of a template that is one expression and puts out nothing.
pub(super) fn value_alone(
    _: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    // Only an `if` without `else` gets here undefined.
    if value.is_undefined() {
        let message = "the expression has no value: its `if` does not hold and has no `else`";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    text::check(value)?;
    state.get_or_insert_extension(Emitted::default()).value = value.clone();
    Ok(())
}

/// Returns what a template gives as Ansible has it: the value that alone is its output, nothing
/// where there is no output at all, or the text. `captures` tells that some values went into
/// variables or macros.
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

/// Returns a value that a template made as others may keep it: tuples and what comes item by item
/// as lists, what can be changed as what cannot. Fails where something in it is undefined.
pub(super) fn finished(value: Value) -> Result<Value, Error> {
    let _level = Level::enter()?;
    if is_list(&value) {
        let items = value.try_iter()?.map(|item| {
            if item.is_undefined() {
                text::check(&item)?;
            }
            finished(item)
        });
        return Ok(items.collect::<Result<Vec<_>, _>>()?.into());
    }
    if value.kind() != ValueKind::Map {
        return Ok(value);
    }
    let made = value.downcast_object_ref::<Map>().is_some();
    let mut entries = Vec::new();
    for key in value.try_iter()? {
        let entry = value.get_item(&key)?;
        if entry.is_undefined() {
            text::check(&entry)?;
        }
        if made {
            entries.push((key, finished(entry)?));
        }
    }
    Ok(if made {
        Value::from_pairs(entries)
    } else {
        value
    })
}

/// Returns the value with as many line breaks at its end as the template has, if it is text:
/// Jinja2 drops one, and statements may drop more.
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
