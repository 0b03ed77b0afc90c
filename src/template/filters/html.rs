//! Filters for HTML.

use crate::template::bounds::tick;
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
    let text = without(&call.value_text()?, "<!--", "-->")?;
    let text = without(&text, "<", ">")?;
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

/// Returns a text without the parts from `open` to `close`. What is left may be such a part again,
/// but only with what comes after it.
fn without(text: &str, open: &str, close: &str) -> std::result::Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        tick()?;
        let (before, part) = rest.split_at(start);
        let Some(length) = part.find(close) else {
            break;
        };
        out.push_str(before);
        rest = part.get(length + close.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
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
