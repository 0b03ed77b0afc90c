//! Python's methods that search for a text in a text.

use super::strings::required;
use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// Returns the part of the text selected by `start` and `end`, and its start in characters.
fn part(call: &Call<'_, '_, '_>) -> std::result::Result<Option<(String, i64)>, Error> {
    let characters: Vec<char> = call.value_text()?.chars().collect();
    let length = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    let bound = |index: i64| {
        if index < 0 {
            (index + length).max(0)
        } else {
            index
        }
    };
    let start = call.integer("start")?.map_or(0, bound);
    let end = call.integer("end")?.map_or(length, bound).min(length);
    if start > length || start > end {
        return Ok(None);
    }
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Ok(Some((
        characters.get(range).unwrap_or_default().iter().collect(),
        start,
    )))
}

/// Returns the position of a text in characters, from the left or from the right.
pub(super) fn found(
    call: &Call<'_, '_, '_>,
    last: bool,
) -> std::result::Result<Option<i64>, Error> {
    let wanted = required(call, "sub")?;
    let Some((text, start)) = part(call)? else {
        return Ok(None);
    };
    let byte = if last {
        text.rfind(&wanted)
    } else {
        text.find(&wanted)
    };
    let before = byte
        .and_then(|byte| text.get(..byte))
        .map(|before| before.chars().count());
    Ok(before.map(|before| start + i64::try_from(before).unwrap_or(0)))
}

/// Returns the same, or fails if the text is not found.
pub(super) fn must(call: &Call<'_, '_, '_>, last: bool) -> Result {
    let found = found(call, last)?;
    found
        .map(Value::from)
        .ok_or_else(|| call.wrong("substring not found"))
}

/// `count`: how often a text occurs.
pub(super) fn count(call: &mut Call<'_, '_, '_>) -> Result {
    let wanted = required(call, "sub")?;
    let Some((text, _)) = part(call)? else {
        return Ok(0.into());
    };
    if wanted.is_empty() {
        return Ok((text.chars().count() + 1).into());
    }
    Ok(text.matches(&wanted).count().into())
}

/// Returns the texts in an argument that is a text or a tuple of texts.
fn choices(call: &Call<'_, '_, '_>, name: &str) -> std::result::Result<Vec<String>, Error> {
    let value = call.required(name)?;
    if value.is_tuple() {
        return value.try_iter()?.map(|item| text::text(&item)).collect();
    }
    Ok(vec![required(call, name)?])
}

/// `startswith`: whether the text starts with one of the given texts.
pub(super) fn startswith(call: &mut Call<'_, '_, '_>) -> Result {
    let choices = choices(call, "prefix")?;
    let part = part(call)?;
    Ok(part
        .is_some_and(|(text, _)| choices.iter().any(|choice| text.starts_with(choice)))
        .into())
}

/// `endswith`: whether the text ends with one of the given texts.
pub(super) fn endswith(call: &mut Call<'_, '_, '_>) -> Result {
    let choices = choices(call, "suffix")?;
    let part = part(call)?;
    Ok(part
        .is_some_and(|(text, _)| choices.iter().any(|choice| text.ends_with(choice)))
        .into())
}
