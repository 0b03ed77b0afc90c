//! Python's methods of texts.

use super::classes::{cased, every, is_decimal, is_digit, isidentifier, istitle};
use super::search::{count, endswith, found, must, startswith};
use crate::template::call::{Call, Callable, callable};
use crate::template::filters::layout::centered;
use crate::template::filters::strings::{capitalized, parts};
use crate::template::format;
use crate::template::lines::split_lines;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::Tuple;

type Result = std::result::Result<Value, Error>;

/// All methods, sorted by name.
pub(super) const METHODS: &[Callable] = &[
    callable("capitalize", "value", |call| {
        Ok(capitalized(&call.value_text()?).into())
    }),
    callable("casefold", "value", |call| {
        Ok(call.value_text()?.to_lowercase().replace('ß', "ss").into())
    }),
    callable("center", "value width fillchar", center),
    callable("count", "value sub start end", count),
    callable("encode", "value encoding", |call| {
        Ok(Value::from_bytes(call.value_text()?.into_bytes()))
    }),
    callable("endswith", "value suffix start end", endswith),
    callable("expandtabs", "value tabsize", expandtabs),
    callable("find", "value sub start end", |call| {
        Ok(found(call, false)?.unwrap_or(-1).into())
    }),
    callable("format", "value * **", format),
    callable("format_map", "value mapping", format_map),
    callable("index", "value sub start end", |call| must(call, false)),
    callable("isalnum", "value", |call| {
        every(call, char::is_alphanumeric)
    }),
    callable("isalpha", "value", |call| every(call, char::is_alphabetic)),
    callable("isascii", "value", |call| {
        Ok(call.value_text()?.is_ascii().into())
    }),
    callable("isdecimal", "value", |call| every(call, is_decimal)),
    callable("isdigit", "value", |call| every(call, is_digit)),
    callable("isidentifier", "value", isidentifier),
    callable("islower", "value", |call| {
        cased(call, char::is_lowercase, char::is_uppercase)
    }),
    callable("isnumeric", "value", |call| every(call, char::is_numeric)),
    callable("isprintable", "value", |call| {
        Ok(call.value_text()?.chars().all(text::printable).into())
    }),
    callable("isspace", "value", |call| every(call, char::is_whitespace)),
    callable("istitle", "value", istitle),
    callable("isupper", "value", |call| {
        cased(call, char::is_uppercase, char::is_lowercase)
    }),
    callable("join", "value items", join),
    callable("ljust", "value width fillchar", |call| {
        justified(call, false)
    }),
    callable("lower", "value", |call| {
        Ok(call.value_text()?.to_lowercase().into())
    }),
    callable("lstrip", "value chars", |call| stripped(call, true, false)),
    callable("partition", "value sep", |call| partition(call, false)),
    callable("removeprefix", "value prefix", removeprefix),
    callable("removesuffix", "value suffix", removesuffix),
    callable("replace", "value old new count", replace),
    callable("rfind", "value sub start end", |call| {
        Ok(found(call, true)?.unwrap_or(-1).into())
    }),
    callable("rindex", "value sub start end", |call| must(call, true)),
    callable("rjust", "value width fillchar", |call| {
        justified(call, true)
    }),
    callable("rpartition", "value sep", |call| partition(call, true)),
    callable("rsplit", "value sep maxsplit", rsplit),
    callable("rstrip", "value chars", |call| stripped(call, false, true)),
    callable("split", "value sep maxsplit", split),
    callable("splitlines", "value keepends", splitlines),
    callable("startswith", "value prefix start end", startswith),
    callable("strip", "value chars", |call| stripped(call, true, true)),
    callable("swapcase", "value", swapcase),
    callable("title", "value", title),
    callable("upper", "value", |call| {
        Ok(call.value_text()?.to_uppercase().into())
    }),
    callable("zfill", "value width", zfill),
];

/// Returns an argument that must be a text.
pub(super) fn required(call: &Call<'_, '_, '_>, name: &str) -> std::result::Result<String, Error> {
    let value = call.required(name)?;
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(call.wrong(&format!(
            "{name} must be text, not {}",
            text::type_name(&value)
        ))),
    }
}

fn fill(call: &Call<'_, '_, '_>) -> std::result::Result<char, Error> {
    let text = call.text("fillchar")?;
    Ok(text.and_then(|text| text.chars().next()).unwrap_or(' '))
}

fn center(call: &mut Call<'_, '_, '_>) -> Result {
    let width = call.integer("width")?.unwrap_or(0);
    Ok(centered(call, width, fill(call)?)?.into())
}

fn justified(call: &Call<'_, '_, '_>, right: bool) -> Result {
    let text = call.value_text()?;
    let width = usize::try_from(call.integer("width")?.unwrap_or(0)).unwrap_or(0);
    let missing = width.saturating_sub(text.chars().count());
    let padding = call.repeated(&fill(call)?.to_string(), missing)?;
    Ok(if right {
        padding + &text
    } else {
        text + &padding
    }
    .into())
}

fn zfill(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let width = usize::try_from(call.integer("width")?.unwrap_or(0)).unwrap_or(0);
    let zeros = call.repeated("0", width.saturating_sub(text.chars().count()))?;
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    Ok(format!("{sign}{zeros}{digits}").into())
}

fn removeprefix(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    Ok(text
        .strip_prefix(&required(call, "prefix")?)
        .unwrap_or(&text)
        .into())
}

fn removesuffix(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    Ok(text
        .strip_suffix(&required(call, "suffix")?)
        .unwrap_or(&text)
        .into())
}

fn stripped(call: &Call<'_, '_, '_>, left: bool, right: bool) -> Result {
    let text = call.value_text()?;
    let characters = call.text("chars")?;
    let drop = |c: char| match &characters {
        Some(characters) => characters.contains(c),
        None => c.is_whitespace(),
    };
    let text = if left {
        text.trim_start_matches(drop)
    } else {
        &text
    };
    Ok(if right {
        text.trim_end_matches(drop)
    } else {
        text
    }
    .into())
}

fn replace(call: &mut Call<'_, '_, '_>) -> Result {
    let (text, old, new) = (
        call.value_text()?,
        required(call, "old")?,
        required(call, "new")?,
    );
    let count = call
        .integer("count")?
        .and_then(|count| usize::try_from(count).ok());
    Ok(call.replaced(&text, &old, &new, count)?.into())
}

fn split(call: &mut Call<'_, '_, '_>) -> Result {
    let most = call.integer("maxsplit")?.unwrap_or(-1);
    let separator = call.text("sep")?;
    parts(call, &call.value_text()?, separator.as_deref(), most)
}

fn rsplit(call: &mut Call<'_, '_, '_>) -> Result {
    let most = call.integer("maxsplit")?.unwrap_or(-1);
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let separator = call.text("sep")?.map(|separator| reversed(&separator));
    // Splitting from the right is splitting the reversed text.
    let found = parts(
        call,
        &reversed(&call.value_text()?),
        separator.as_deref(),
        most,
    )?;
    let mut out: Vec<Value> = found
        .try_iter()?
        .map(|part| reversed(part.as_str().unwrap_or_default()).into())
        .collect();
    out.reverse();
    Ok(out.into())
}

fn splitlines(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    call.texts(split_lines(&text, call.flag("keepends", false)?).into_iter())
}

fn partition(call: &Call<'_, '_, '_>, last: bool) -> Result {
    let (text, separator) = (call.value_text()?, required(call, "sep")?);
    if separator.is_empty() {
        return Err(call.wrong("empty separator"));
    }
    let halves = if last {
        text.rsplit_once(&separator)
    } else {
        text.split_once(&separator)
    };
    let parts = match halves {
        Some((before, after)) => [before, &separator, after],
        None if last => ["", "", &text],
        None => [&text, "", ""],
    };
    Ok(Tuple::from(parts.map(Value::from).to_vec()).into())
}

fn join(call: &mut Call<'_, '_, '_>) -> Result {
    let separator = call.value_text()?;
    let mut out = Vec::new();
    for item in call.items_of(&call.required("items")?)? {
        match item.as_str() {
            Some(text) => out.push(text.to_owned()),
            None => {
                text::check(&item)?;
                let index = out.len();
                let kind = text::type_name(&item);
                return Err(call.wrong(&format!(
                    "sequence item {index}: expected str instance, {kind} found"
                )));
            }
        }
    }
    Ok(call.joined(&out, &separator)?.into())
}

fn format(call: &mut Call<'_, '_, '_>) -> Result {
    let named = |name: &str| {
        let mut named = call.more_named.iter();
        named
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    Ok(format::braces(&call.value_text()?, &call.more, &named)?.into())
}

fn format_map(call: &mut Call<'_, '_, '_>) -> Result {
    let map = call.required("mapping")?;
    let named = |name: &str| {
        map.get_attr(name)
            .ok()
            .filter(|value| !value.is_undefined())
    };
    Ok(format::braces(&call.value_text()?, &[], &named)?.into())
}

fn expandtabs(call: &mut Call<'_, '_, '_>) -> Result {
    let size = usize::try_from(call.integer("tabsize")?.unwrap_or(8))
        .unwrap_or(0)
        .min(1000);
    let mut out = String::new();
    let mut column = 0;
    for character in call.value_text()?.chars() {
        match character {
            '\t' if size > 0 => {
                let width = size - column % size;
                out.push_str(&" ".repeat(width));
                column += width;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(character);
                column = 0;
            }
            _ => {
                out.push(character);
                column += 1;
            }
        }
    }
    Ok(out.into())
}

fn swapcase(call: &mut Call<'_, '_, '_>) -> Result {
    let swap = |c: char| -> String {
        if c.is_uppercase() {
            c.to_lowercase().collect()
        } else {
            c.to_uppercase().collect()
        }
    };
    Ok(call
        .value_text()?
        .chars()
        .map(swap)
        .collect::<String>()
        .into())
}

/// Capitalises every run of letters.
fn title(call: &mut Call<'_, '_, '_>) -> Result {
    let mut out = String::new();
    let mut inside = false;
    for character in call.value_text()?.chars() {
        if inside {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    Ok(out.into())
}
