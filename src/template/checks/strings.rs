//! Tests for text.

use crate::template::call::Call;
use crate::template::compare::is_list;
use crate::template::regex::{self, Flags};
use crate::template::url;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `lower`: whether it has letters and all are lower case.
pub(super) fn lower(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    Ok((text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)).into())
}

/// `upper`: whether it has letters and all are upper case.
pub(super) fn upper(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    Ok((text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)).into())
}

/// `match`: whether a regular expression matches at the start.
pub(super) fn matches(call: &mut Call<'_, '_, '_>) -> Result {
    found(call, "match")
}

/// `search`: whether a regular expression matches anywhere.
pub(super) fn search(call: &mut Call<'_, '_, '_>) -> Result {
    found(call, "search")
}

/// `regex`: whether a regular expression matches, anywhere unless `match_type` says otherwise.
pub(super) fn regex(call: &mut Call<'_, '_, '_>) -> Result {
    let kind = call.text("match_type")?;
    found(call, kind.as_deref().unwrap_or("search"))
}

fn found(call: &Call<'_, '_, '_>, kind: &str) -> Result {
    let text = call.value_text()?;
    let pattern = call.text("pattern")?.unwrap_or_default();
    let flags = Flags {
        ignore_case: call.flag("ignorecase", false)?,
        multiline: call.flag("multiline", false)?,
    };
    let pattern = match kind {
        "match" => format!("\\A(?:{pattern})"),
        "fullmatch" => format!("\\A(?:{pattern})\\Z"),
        _ => pattern,
    };
    let regex = regex::compile(&pattern, flags)?;
    Ok(regex::search(&regex, &text)?.is_some().into())
}

/// `uri`: whether it is a URI, with one of the given schemes if any.
pub(super) fn uri(call: &mut Call<'_, '_, '_>) -> Result {
    is_uri(call).map(Value::from)
}

fn is_uri(call: &Call<'_, '_, '_>) -> std::result::Result<bool, Error> {
    let value = call.value()?;
    let Some(text) = value.as_str() else {
        return Ok(false);
    };
    let Some(schemes) = call.some("schemes").filter(Value::is_true) else {
        return Ok(true);
    };
    let scheme = Value::from(url::scheme(text).0.to_lowercase());
    if is_list(&schemes) {
        return Ok(call.items_of(&schemes)?.contains(&scheme));
    }
    Ok(schemes
        .as_str()
        .is_some_and(|text| scheme.as_str().is_some_and(|scheme| text.contains(scheme))))
}

/// `url`: whether it is a URI with a host or a `file` URI.
pub(super) fn url(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let (scheme, rest) = url::scheme(&text);
    let host = rest
        .strip_prefix("//")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
    Ok((is_uri(call)? && (host || scheme.eq_ignore_ascii_case("file"))).into())
}

/// `urn`: whether it is a URI with the scheme `urn`.
pub(super) fn urn(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(url::scheme(&call.value_text()?)
        .0
        .eq_ignore_ascii_case("urn")
        .into())
}
