//! Keeps the values that a template puts out, so that `"{{ list }}"` stays a list.

use super::text;
use crate::value::Value;
use minijinja::{Error, Output, State};

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
    state.get_or_insert_extension(Emitted::default()).value = value.clone();
    Ok(())
}

/// Returns the value if it alone is the whole output of a template, as Ansible returns it:
/// tuples are lists.
pub(super) fn whole(emitted: Option<&Emitted>, output: &str) -> Option<Value> {
    let emitted = emitted?;
    (emitted.count == 1 && emitted.length == output.len()).then(|| emitted.value.clone())
}
