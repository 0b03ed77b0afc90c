//! What a request returns.

use super::Call;
use super::answer::Answer;
use super::request::{Reached, cookies_string};
use crate::value::{self, Fields, Value};
use std::io::Read;
use std::time::Duration;

/// What is unknown of a request that check mode does not send.
pub(super) const RETURNED: &[&str] = &[
    "status",
    "msg",
    "url",
    "redirected",
    "content",
    "json",
    "cookies",
    "cookies_string",
    "elapsed",
    "failed",
];

/// What a request returns.
pub(super) struct Told {
    pub(super) fields: Fields,
    /// Why it counts as failed.
    pub(super) failed: Option<String>,
}

impl Told {
    pub(super) fn of(call: &Call, reached: &Result<Reached, String>, elapsed: Duration) -> Self {
        let mut fields = Fields::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("elapsed", elapsed.as_secs().into());
        let written = call.request.address.to_string();
        let (status, message) = match reached {
            Err(reason) => {
                set("url", written.into());
                set("redirected", false.into());
                (-1, format!("Request failed: {reason}"))
            }
            Ok(reached) => {
                let url = reached.address.to_string();
                set("redirected", (url != written).into());
                set("url", url.into());
                add_headers(reached, &mut set);
                add_content(call, &reached.answer, &mut set);
                (i32::from(reached.answer.status), message(&reached.answer))
            }
        };
        set("status", status.into());
        let failed = (!call.status_code.contains(&status)).then(|| {
            let wanted = call.status_code.iter().map(ToString::to_string);
            let wanted = wanted.collect::<Vec<_>>().join(", ");
            format!("Status code was {status} and not [{wanted}]: {message}")
        });
        set("msg", failed.as_ref().unwrap_or(&message).as_str().into());
        Self { fields, failed }
    }
}

fn message(answer: &Answer) -> String {
    if answer.status >= 300 {
        return format!("HTTP Error {}: {}", answer.status, answer.reason);
    }
    let length = answer.header("content-length").unwrap_or("unknown");
    format!("OK ({length} bytes)")
}

fn add_headers<T>(reached: &Reached, set: &mut impl FnMut(&str, Value) -> T) {
    let headers = &reached.answer.headers;
    for (name, _) in headers {
        let values = headers.iter().filter(|(other, _)| other == name);
        let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
        let value = match (name.as_str(), reached.answer.header(name)) {
            ("location", Some(location)) => {
                let to = reached.address.joined(location);
                to.map_or_else(|| location.to_owned(), |to| to.to_string())
            }
            _ => values.join(", "),
        };
        set(&name.replace('-', "_"), value.into());
    }
    let cookies = reached.cookies.iter();
    let cookies = cookies.map(|(name, value)| (name.clone(), value.as_str().into()));
    set("cookies", value::map(cookies.collect()));
    set("cookies_string", cookies_string(&reached.cookies).into());
}

fn add_content<T>(call: &Call, answer: &Answer, set: &mut impl FnMut(&str, Value) -> T) {
    let kind = answer.header("content-type").unwrap_or_default();
    let text = if kind.to_ascii_lowercase().contains("iso-8859-1") {
        answer.body.iter().map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let subtype = kind.rsplit(['/', '+']).next().unwrap_or_default();
    if ["json", "javascript"].contains(&subtype)
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(&text)
    {
        set("json", value::of(&json));
    }
    if call.return_content {
        set("content", text.into());
    }
}

/// Replaces a body in gzip by its content.
pub(super) fn decompress(answer: &mut Answer) {
    let is_gzip = answer
        .header("content-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
    let mut content = Vec::new();
    // As long as what can be received uncompressed.
    let limit = 64 << 20;
    let packed = flate2::read::MultiGzDecoder::new(answer.body.as_slice());
    if is_gzip && packed.take(limit).read_to_end(&mut content).is_ok() {
        answer.body = content;
    }
}
