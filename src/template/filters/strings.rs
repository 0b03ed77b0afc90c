//! Filters that change a text.

use crate::template::call::Call;
use crate::template::format;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `upper`: in upper case.
pub(super) fn upper(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.value_text()?.to_uppercase().into())
}

/// `lower`: in lower case.
pub(super) fn lower(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.value_text()?.to_lowercase().into())
}

/// `capitalize`: the first letter in upper case, the others in lower case.
pub(super) fn capitalize(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(capitalized(&call.value_text()?).into())
}

/// Returns the text with the first letter in upper case, the others in lower case.
pub(in crate::template) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.collect::<String>() + &characters.as_str().to_lowercase()
}

/// `title`: every word capitalised.
pub(super) fn title(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let words = text.split_inclusive(|character: char| {
        character.is_whitespace() || "-({[<".contains(character)
    });
    Ok(words.map(capitalized).collect::<String>().into())
}

/// `trim`: without blanks, or the given characters, at both ends.
pub(super) fn trim(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    Ok(match call.text("chars")? {
        Some(characters) => text.trim_matches(|c| characters.contains(c)).into(),
        None => text.trim().into(),
    })
}

/// `string`: the value as text.
pub(super) fn string(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.value_text()?.into())
}

/// `pprint`: the value as Python writes it in code.
pub(super) fn pprint(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(text::repr(&call.value()?)?.into())
}

/// `replace`: each occurrence of a text, or the first `count`, replaced.
pub(super) fn replace(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let old = text::text(&call.required("old")?)?;
    let new = text::text(&call.required("new")?)?;
    let count = call
        .integer("count")?
        .and_then(|count| usize::try_from(count).ok());
    Ok(call.replaced(&text, &old, &new, count)?.into())
}

/// `format`: replaces `%s`, `%d` and so on by values.
pub(super) fn format(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    if call.more_named.is_empty() {
        return Ok(format::percent(&text, &call.more)?.into());
    }
    let named = Value::from_pairs(call.more_named.clone());
    Ok(format::percent(&text, &[named])?.into())
}

/// `split`: the parts between separators, or between blanks.
pub(super) fn split(call: &mut Call<'_, '_, '_>) -> Result {
    let most = call.integer("maxsplit")?.unwrap_or(-1);
    let separator = call.text("sep")?;
    parts(call, &call.value_text()?, separator.as_deref(), most)
}

/// Splits a text like Python's `str.split`.
pub(in crate::template) fn parts(
    call: &Call<'_, '_, '_>,
    text: &str,
    separator: Option<&str>,
    most: i64,
) -> Result {
    let most = usize::try_from(most).ok();
    match (separator, most) {
        (Some(""), _) => Err(call.wrong("empty separator")),
        (Some(separator), Some(most)) => call.texts(text.splitn(most.saturating_add(1), separator)),
        (Some(separator), None) => call.texts(text.split(separator)),
        (None, _) => {
            let (mut rest, mut found) = (text.trim_start(), 0);
            call.texts(std::iter::from_fn(move || {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                // Python keeps the blanks at the end of the rest.
                let end = if most == Some(found) { rest.len() } else { end };
                let (part, after) = rest.split_at(end);
                rest = after.trim_start();
                found += 1;
                (!part.is_empty()).then_some(part)
            }))
        }
    }
}

/// `wordcount`: the number of words.
pub(super) fn wordcount(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    Ok(words.filter(|word| !word.is_empty()).count().into())
}

/// `quote`: as one word of a shell command.
pub(super) fn quote(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    let text = if value.is_none() {
        String::new()
    } else {
        text::text(&value)?
    };
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return Ok(text.into());
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")).into())
}
