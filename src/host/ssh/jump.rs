//! One host of a `ProxyJump` list.

/// One host of a `ProxyJump` list: `user@host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jump {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Jump {
    /// Parses `[user@]host[:port]`, with IPv6 addresses in brackets, or the same after `ssh://`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("ssh://").unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        let (user, address) = match text.rsplit_once('@') {
            Some((user, address)) => (Some(user.to_owned()), address),
            None => (None, text),
        };
        let (host, port) = match address.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                match rest {
                    "" => (host, None),
                    rest => (host, Some(rest.strip_prefix(':')?)),
                }
            }
            None => match address.split_once(':') {
                Some((_, port)) if port.contains(':') => (address, None),
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
            None => None,
        };
        let complete = !host.is_empty() && user.as_ref().is_none_or(|user| !user.is_empty());
        complete.then(|| Self {
            user,
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jump_hosts_are_read_as_by_ssh() {
        for (text, expected) in [
            ("gate", Some((None, "gate", None))),
            ("me@gate", Some((Some("me"), "gate", None))),
            ("me@gate:2222", Some((Some("me"), "gate", Some(2222)))),
            ("a@b@gate", Some((Some("a@b"), "gate", None))),
            (
                "ssh://me@gate:2222/",
                Some((Some("me"), "gate", Some(2222))),
            ),
            ("[::1]:22", Some((None, "::1", Some(22)))),
            ("[::1]", Some((None, "::1", None))),
            ("::1", Some((None, "::1", None))),
            ("", None),
            ("@gate", None),
            ("gate:", None),
            ("gate:0", None),
            ("gate:x", None),
            ("[::1", None),
            ("[::1]22", None),
        ] {
            let expected = expected.map(|(user, host, port): (Option<&str>, &str, _)| Jump {
                user: user.map(str::to_owned),
                host: host.to_owned(),
                port,
            });
            assert_eq!(Jump::parse(text), expected, "{text}");
        }
    }
}
