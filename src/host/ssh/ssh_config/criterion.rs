//! One condition of a `Match` line.

use super::super::pattern;

/// One condition of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    /// Whether it is negated: `!host web*`.
    negated: bool,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    All,
    Final,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    /// `exec`, `canonical`, `localnetwork` and those of newer versions of ssh: never true.
    Unsupported,
}

/// What the conditions are evaluated against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    /// The host as the user named it.
    pub(super) original_host: &'a str,
    /// The host according to the `HostName` known so far.
    pub(super) host: &'a str,
    /// The remote user, as far as known.
    pub(super) user: &'a str,
    /// The user of this machine.
    pub(super) local_user: &'a str,
    /// Whether this is the second reading of the files.
    pub(super) last_pass: bool,
}

impl Criterion {
    /// Parses the words after `Match`.
    pub(super) fn parse_all(words: &[String]) -> Result<Vec<Self>, String> {
        let mut criteria = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = word.strip_prefix('!').unwrap_or(word);
            // `host=web1` is equivalent to `host web1`.
            let (name, given) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            let mut value = || {
                let value = given.clone().or_else(|| words.next().cloned());
                value.ok_or_else(|| format!("expected a value after {name:?}"))
            };
            let kind = match name.to_lowercase().as_str() {
                "all" => Kind::All,
                "final" => Kind::Final,
                "canonical" => Kind::Unsupported,
                "host" => Kind::Host(value()?.to_lowercase()),
                "originalhost" => Kind::OriginalHost(value()?.to_lowercase()),
                "user" => Kind::User(value()?),
                "localuser" => Kind::LocalUser(value()?),
                "exec" | "localnetwork" | "tagged" | "command" | "version" | "sessiontype" => {
                    value()?;
                    Kind::Unsupported
                }
                _ => return Err(format!("unknown condition {name:?}")),
            };
            criteria.push(Self {
                negated: word.starts_with('!'),
                kind,
            });
        }
        if criteria.is_empty() {
            return Err("expected a condition such as `host web*`".to_owned());
        }
        Ok(criteria)
    }

    /// Returns whether it requires a second reading of the files.
    pub(super) fn is_final(&self) -> bool {
        self.kind == Kind::Final
    }

    /// Returns whether it is true. An unsupported one is never true, even if negated.
    pub(super) fn holds(&self, circumstances: &Circumstances) -> bool {
        let list = |patterns: &str, text: &str| pattern::matches_list(patterns.split(','), text);
        let holds = match &self.kind {
            Kind::All => true,
            Kind::Final => circumstances.last_pass,
            Kind::Host(patterns) => list(patterns, &circumstances.host.to_lowercase()),
            Kind::OriginalHost(patterns) => {
                list(patterns, &circumstances.original_host.to_lowercase())
            }
            Kind::User(patterns) => list(patterns, circumstances.user),
            Kind::LocalUser(patterns) => list(patterns, circumstances.local_user),
            Kind::Unsupported => return false,
        };
        holds != self.negated
    }
}
