//! The parts of a URL that a request needs.

use std::fmt;

/// The parts of a URL that a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Whether it is `https`.
    pub(super) is_secure: bool,
    /// User name and password in it.
    pub(super) user: Option<(String, String)>,
    /// Name or address of the server; an IPv6 address without brackets.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// The path with the query, which begins with a slash.
    pub(super) path: String,
}

impl Address {
    /// Parses a URL of http or https; `None` if it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (server, path) = rest.split_at(end);
        let (user, server) = match server.rsplit_once('@') {
            Some((user, server)) => {
                let (name, password) = user.split_once(':').unwrap_or((user, ""));
                (Some((decoded(name), decoded(password))), server)
            }
            None => (None, server),
        };
        let (host, port) = match server.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner.split_once(']')?;
                (host, after.strip_prefix(':'))
            }
            None => match server.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (server, None),
            },
        };
        let usual = if is_secure { 443 } else { 80 };
        let port = match port {
            None | Some("") => usual,
            Some(digits) => digits.parse().ok()?,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        (!host.is_empty()).then(|| Self {
            is_secure,
            user,
            host: host.to_owned(),
            port,
            path: format!("{slash}{}", path.replace(' ', "%20")),
        })
    }

    /// Returns the server as the header `Host` names it.
    pub(super) fn server(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.is_secure, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Returns what a `Location` leads to from here.
    pub(super) fn joined(&self, location: &str) -> Option<Self> {
        let scheme = if self.is_secure { "https" } else { "http" };
        let server = self.server();
        if location.contains("://") {
            return Self::parse(location);
        }
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let path = self.path.split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = match location.chars().next() {
            Some('/') => location.to_owned(),
            Some('?') => format!("{path}{location}"),
            _ => format!("{folder}/{location}"),
        };
        Self::parse(&format!("{scheme}://{server}{path}"))
    }
}

/// Shows it without a password.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(formatter, "{scheme}://{}{}", self.server(), self.path)
    }
}

/// Returns a text with `%XX` replaced.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_these_parts() {
        let parse = |text: &str| Address::parse(text).unwrap();
        let whole = parse("https://me:p%40ss@[fe80::1]:8443/a b?c=d#e");
        assert_eq!(whole.to_string(), "https://[fe80::1]:8443/a%20b?c=d");
        assert_eq!(whole.user, Some(("me".to_owned(), "p@ss".to_owned())));
        assert_eq!((whole.host.as_str(), whole.port), ("fe80::1", 8443));
        assert_eq!(parse("http://web1").to_string(), "http://web1/");
        assert_eq!(parse("http://web1?q").path, "/?q");
        for wrong in ["ftp://a/", "web1", "http://", "http://a:b/", "http://a/\n"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_location_may_be_relative() {
        let from = Address::parse("http://web1:8080/a/b?c").unwrap();
        for (location, to) in [
            ("https://web2/x", "https://web2/x"),
            ("//web2/x", "http://web2/x"),
            ("/x?y", "http://web1:8080/x?y"),
            ("x", "http://web1:8080/a/x"),
            ("?x", "http://web1:8080/a/b?x"),
        ] {
            assert_eq!(from.joined(location).unwrap().to_string(), to);
        }
    }
}
