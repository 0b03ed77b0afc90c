//! Filters for HTML.

use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `escape`: replaces `&`, `<`, `>` and quotes with HTML entities.
pub(super) fn escape(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    if value.is_safe() {
        return Ok(value);
    }
    Ok(Value::from_safe_string(escaped(&text::text(&value)?)))
}

/// `forceescape`: the same, even for text that is already escaped.
pub(super) fn forceescape(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(Value::from_safe_string(escaped(&call.value_text()?)))
}

/// `safe`: marks the text so that `escape` leaves it unchanged.
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

/// `striptags`: removes HTML tags and comments, and collapses blanks.
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
    let space = if call.flag("autospace", true)? && !out.is_empty() {
        " "
    } else {
        ""
    };
    Ok((space.to_owned() + &out.join(" ")).into())
}
