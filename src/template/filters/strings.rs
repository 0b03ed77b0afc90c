//! Filters that change a text.

use crate::template::call::Call;
use crate::template::format;
use crate::template::lines::split_lines;
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
    Ok(match call.integer("count")?.map(usize::try_from) {
        Some(Ok(count)) => text.replacen(&old, &new, count).into(),
        _ => text.replace(&old, &new).into(),
    })
}

/// `center`: with blanks on both sides to a width.
pub(super) fn center(call: &mut Call<'_, '_, '_>) -> Result {
    let width = call.integer("width")?.unwrap_or(80);
    Ok(centered(&call.value_text()?, width, ' ').into())
}

/// Returns the text in the middle of `width` characters, as Python divides an odd rest.
pub(in crate::template) fn centered(text: &str, width: i64, fill: char) -> String {
    let length = text.chars().count();
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(length);
    let left = missing / 2 + (missing & width & 1);
    let repeated = |count: usize| std::iter::repeat_n(fill, count);
    repeated(left)
        .chain(text.chars())
        .chain(repeated(missing - left))
        .collect()
}

/// `indent`: every line but the first moved to the right.
pub(super) fn indent(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let width = match call.some("width") {
        Some(width) if width.as_str().is_some() => text::text(&width)?,
        _ => {
            let width = call.integer("width")?.unwrap_or(4);
            " ".repeat(usize::try_from(width).unwrap_or(0).min(10_000))
        }
    };
    let blank = call.flag("blank", false);
    let text = text + "\n";
    let mut lines = split_lines(&text, false).into_iter();
    let mut out = String::new();
    if call.flag("first", false) {
        out.push_str(&width);
    }
    out.push_str(lines.next().unwrap_or_default());
    for line in lines {
        out.push('\n');
        if blank || !line.is_empty() {
            out.push_str(&width);
        }
        out.push_str(line);
    }
    Ok(out.into())
}

/// `format`: values put where the text has `%s`, `%d` and so on.
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

/// Returns the parts of a text as Python's `str.split` makes them.
pub(in crate::template) fn parts(
    call: &Call<'_, '_, '_>,
    text: &str,
    separator: Option<&str>,
    most: i64,
) -> Result {
    let most = usize::try_from(most).ok();
    let list = |parts: Vec<&str>| parts.into_iter().map(Value::from).collect::<Vec<_>>();
    match separator {
        Some("") => Err(call.wrong("empty separator")),
        Some(separator) => Ok(list(match most {
            Some(most) => text.splitn(most.saturating_add(1), separator).collect(),
            None => text.split(separator).collect(),
        })
        .into()),
        None => {
            let mut parts = Vec::new();
            let mut rest = text.trim_start();
            while !rest.is_empty() {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                if most == Some(parts.len()) {
                    // Python leaves the blanks at the end of the rest.
                    parts.push(rest);
                    break;
                }
                let (part, after) = rest.split_at(end);
                parts.push(part);
                rest = after.trim_start();
            }
            Ok(list(parts).into())
        }
    }
}

/// `truncate`: cut to a length, at a word unless `killwords`, with `end` after it.
pub(super) fn truncate(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let length = call.integer("length")?.unwrap_or(255);
    let end = call.text("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = call.integer("leeway")?.unwrap_or(5);
    let ending = i64::try_from(end.chars().count()).unwrap_or(i64::MAX);
    if length < ending {
        return Err(call.wrong(&format!("expected length >= {ending}, got {length}")));
    }
    let long = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if long <= length.saturating_add(leeway) {
        return Ok(text.into());
    }
    let kept = usize::try_from(length - ending).unwrap_or(0);
    let cut: String = text.chars().take(kept).collect();
    if call.flag("killwords", false) {
        return Ok((cut + &end).into());
    }
    let word = cut.rsplit_once(' ').map_or(cut.as_str(), |(word, _)| word);
    Ok((word.to_owned() + &end).into())
}

/// `wordcount`: how many words there are.
pub(super) fn wordcount(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    Ok(words.filter(|word| !word.is_empty()).count().into())
}

/// `comment`: the text as a comment of some language.
pub(super) fn comment(call: &mut Call<'_, '_, '_>) -> Result {
    let content = call.value_text()?;
    let style = call.text("style")?.unwrap_or_else(|| "plain".to_owned());
    let (beginning, decoration, end) = match style.as_str() {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        _ => return Err(call.wrong(&format!("there is no style '{style}'"))),
    };
    let given = |name: &str, default: &str| {
        Ok::<_, Error>(call.text(name)?.unwrap_or_else(|| default.to_owned()))
    };
    let newline = given("newline", "\n")?;
    let beginning = given("beginning", beginning)?;
    let decoration = given("decoration", decoration)?;
    let end = given("end", end)?;
    let prefix = given("prefix", decoration.trim_end())?;
    let postfix = given("postfix", decoration.trim_end())?;
    let count = |name| {
        let count = call.integer(name)?.unwrap_or(1);
        Ok::<_, Error>(usize::try_from(count).unwrap_or(0).min(10_000))
    };
    let mut out = String::new();
    if !beginning.is_empty() {
        out += &(beginning + &newline);
    }
    if prefix == newline {
        out += &newline.repeat(count("prefix_count")?);
    } else if !prefix.is_empty() {
        out += &(prefix + &newline).repeat(count("prefix_count")?);
    }
    let lines = decoration.clone() + &content.replace(&newline, &(newline.clone() + &decoration));
    let bare = decoration.trim_end().to_owned() + &newline;
    out += &lines.replace(&(decoration + &newline), &bare);
    out += &(newline.clone() + &postfix).repeat(count("postfix_count")?);
    if !end.is_empty() {
        out += &(newline + &end);
    }
    Ok(out.into())
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

/// `escape`: with `&`, `<`, `>` and quotes as HTML has them.
pub(super) fn escape(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    if value.is_safe() {
        return Ok(value);
    }
    Ok(Value::from_safe_string(escaped(&text::text(&value)?)))
}

/// `forceescape`: the same for text that was escaped already.
pub(super) fn forceescape(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(Value::from_safe_string(escaped(&call.value_text()?)))
}

/// `safe`: the text, which `escape` then leaves as it is.
pub(super) fn safe(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(Value::from_safe_string(call.value_text()?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

/// `striptags`: without HTML tags and comments, blanks joined.
pub(super) fn striptags(call: &mut Call<'_, '_, '_>) -> Result {
    let mut text = call.value_text()?;
    for (open, close) in [("<!--", "-->"), ("<", ">")] {
        while let Some(start) = text.find(open)
            && let Some(length) = text.get(start..).and_then(|rest| rest.find(close))
        {
            text.replace_range(start..start + length + close.len(), "");
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to));
    Ok(text.into())
}

/// `xmlattr`: a map as attributes of an XML tag.
pub(super) fn xmlattr(call: &mut Call<'_, '_, '_>) -> Result {
    let map = call.value()?;
    let mut out = Vec::new();
    for key in call.items()? {
        let value = map.get_item(&key)?;
        let name = text::text(&key)?;
        if value.is_none() || value.is_undefined() {
            continue;
        }
        if name.contains(|c: char| c.is_whitespace() || "/>=".contains(c)) {
            return Err(call.wrong(&format!("Invalid character in attribute name: '{name}'")));
        }
        out.push(format!(
            "{}=\"{}\"",
            escaped(&name),
            escaped(&text::text(&value)?)
        ));
    }
    let space = if call.flag("autospace", true) && !out.is_empty() {
        " "
    } else {
        ""
    };
    Ok((space.to_owned() + &out.join(" ")).into())
}
