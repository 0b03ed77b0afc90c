//! The lines of an `authorized_keys` file.

use std::fmt;

/// The key types that OpenSSH knows, by which a line's options end.
const TYPES: &[&str] = &[
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-xmss-cert-v01@openssh.com",
    "ssh-xmss@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
];

/// One authorized key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) options: Options,
    kind: String,
    /// The key itself, in base64.
    pub(super) blob: String,
    pub(super) comment: String,
}

/// The options of a key, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Options(Vec<String>);

impl Key {
    /// Parses a line; `None` if it is not a key.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.replace(r"\#", "#");
        if line.trim_start().starts_with('#') {
            return None;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let at = words.iter().position(|word| TYPES.contains(word))?;
        let (options, key) = words.split_at(at);
        let [kind, blob, comment @ ..] = key else {
            return None;
        };
        Some(Self {
            options: Options::parse(&options.join(" ")),
            kind: (*kind).to_owned(),
            blob: (*blob).to_owned(),
            comment: comment.join(" "),
        })
    }
}

impl fmt::Display for Key {
    /// Writes the line as Ansible does, with a blank even before an empty comment.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            options,
            kind,
            blob,
            comment,
        } = self;
        let blank = if options.0.is_empty() { "" } else { " " };
        let options = options.0.join(",");
        writeln!(formatter, "{options}{blank}{kind} {blob} {comment}")
    }
}

impl Options {
    /// Splits options at commas outside of quotes.
    pub(super) fn parse(text: &str) -> Self {
        let mut options = vec![String::new()];
        let mut quote = None;
        for letter in text.chars() {
            match (letter, quote) {
                (',', None) => options.push(String::new()),
                (_, Some(open)) if letter == open => quote = None,
                ('"' | '\'', None) => quote = Some(letter),
                _ => {}
            }
            if (letter, quote) != (',', None)
                && let Some(option) = options.last_mut()
            {
                option.push(letter);
            }
        }
        options.retain(|option| !option.is_empty());
        Self(options)
    }
}

impl PartialEq for Options {
    /// The order of different options has no meaning, only that of repeated ones.
    fn eq(&self, other: &Self) -> bool {
        let sorted = |options: &Self| {
            let mut options = options.0.clone();
            let name = |option: &String| option.split('=').next().map(str::to_owned);
            options.sort_by_key(name);
            options
        };
        sorted(self) == sorted(other)
    }
}

impl Eq for Options {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_options_and_comments() {
        for (line, written) in [
            (
                "ssh-ed25519 AAAA me@host\n",
                Some("ssh-ed25519 AAAA me@host\n"),
            ),
            ("ssh-rsa AAAA", Some("ssh-rsa AAAA \n")),
            (
                "no-pty,command=\"ls  -l, date\" ssh-rsa AAAA  a  b",
                Some("no-pty,command=\"ls -l, date\" ssh-rsa AAAA a b\n"),
            ),
            ("# ssh-rsa AAAA", None),
            ("#ssh-rsa AAAA", None),
            ("ssh-rsa", None),
            ("", None),
        ] {
            let key = Key::parse(line).map(|key| key.to_string());
            assert_eq!(key.as_deref(), written, "{line}");
        }
    }

    #[test]
    fn the_order_of_different_options_has_no_meaning() {
        for (one, other, equal) in [
            ("no-pty,from=\"a,b\"", "from=\"a,b\",no-pty", true),
            (
                "environment=A=1,environment=B=2",
                "environment=B=2,environment=A=1",
                false,
            ),
            ("no-pty", "", false),
        ] {
            assert_eq!(Options::parse(one) == Options::parse(other), equal);
        }
    }
}
