//! The parts of a URL as Python's `urllib.parse` returns them.

use crate::value::Value;

/// Returns the parts of a URL, sorted by name; a missing user, password or port is null.
pub(super) fn parts(url: &str) -> Vec<(&'static str, Value)> {
    let (scheme, rest) = scheme(url);
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (user, host) = netloc
        .rsplit_once('@')
        .map_or((None, netloc), |(user, host)| (Some(user), host));
    let (username, password) = match user {
        None => (None, None),
        Some(user) => user
            .split_once(':')
            .map_or((Some(user), None), |(name, word)| (Some(name), Some(word))),
    };
    let (hostname, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => host
            .split_once(':')
            .map_or((host, None), |(host, port)| (host, Some(port))),
    };
    let optional = |text: Option<&str>| text.map_or(Value::from(()), Value::from);
    let hostname = Some(hostname.to_lowercase()).filter(|host| !host.is_empty());
    vec![
        ("fragment", fragment.into()),
        ("hostname", optional(hostname.as_deref())),
        ("netloc", netloc.into()),
        ("password", optional(password)),
        ("path", path.into()),
        (
            "port",
            port.and_then(|port| port.parse::<u16>().ok())
                .map_or(Value::from(()), Value::from),
        ),
        ("query", query.into()),
        ("scheme", scheme.to_lowercase().into()),
        ("username", optional(username)),
    ]
}

/// Returns the scheme of a URL, which may be empty, and the rest.
pub(super) fn scheme(url: &str) -> (&str, &str) {
    match url.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
        {
            (scheme, rest)
        }
        _ => ("", url),
    }
}
