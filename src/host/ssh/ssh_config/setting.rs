//! One setting of an `ssh_config` file.

use std::time::Duration;

/// A setting that rmqplay supports; all others are ignored. Texts are unchanged, including tokens
/// such as `%h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting {
    CertificateFile(String),
    Ciphers(String),
    ConnectTimeout(Option<Duration>),
    GlobalKnownHostsFile(Vec<String>),
    HashKnownHosts(bool),
    HostKeyAlgorithms(String),
    HostKeyAlias(String),
    HostName(String),
    IdentitiesOnly(bool),
    IdentityAgent(String),
    IdentityFile(String),
    KexAlgorithms(String),
    Macs(String),
    Port(u16),
    Proxy(Proxy),
    ServerAliveInterval(u64),
    StrictHostKeyChecking(Checking),
    User(String),
    UserKnownHostsFile(Vec<String>),
}

/// How a host is reached: `ProxyJump` and `ProxyCommand`; the first one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// Directly: `none`.
    None,
    /// Through other hosts, separated by commas.
    Jump(String),
    /// Through a command's standard input and output.
    Command(String),
}

/// The values of `StrictHostKeyChecking`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checking {
    /// `yes`: an unknown key is refused.
    Yes,
    /// `ask`: the user decides about an unknown key.
    Ask,
    /// `accept-new`: an unknown key is stored and trusted.
    AcceptNew,
    /// `no`: like `accept-new`, since a changed key is still refused.
    No,
}

impl Setting {
    /// Parses a setting: `None` for a keyword that rmqplay does not use, an error for an invalid
    /// value.
    pub(super) fn parse(keyword: &str, rest: &str) -> Result<Option<Self>, String> {
        // These two take the unchanged rest of the line.
        match keyword {
            "proxycommand" => return Ok(Some(Self::proxy(rest, Proxy::Command))),
            "proxyjump" => return Ok(Some(Self::proxy(rest, Proxy::Jump))),
            _ => {}
        }
        let words = super::line::words(rest).ok_or("a quote is not closed")?;
        let one = || match words.as_slice() {
            [word] => Ok(word.clone()),
            [] => Err("expected a value".to_owned()),
            [_, more, ..] => Err(format!("expected one value, but there is also {more:?}")),
        };
        Ok(Some(match keyword {
            "certificatefile" => Self::CertificateFile(one()?),
            "ciphers" => Self::Ciphers(one()?),
            "connecttimeout" => Self::ConnectTimeout(timeout(&one()?)?),
            "globalknownhostsfile" => Self::GlobalKnownHostsFile(words),
            "hashknownhosts" => Self::HashKnownHosts(flag(&one()?)?),
            "hostkeyalgorithms" => Self::HostKeyAlgorithms(one()?),
            "hostkeyalias" => Self::HostKeyAlias(one()?),
            "hostname" => Self::HostName(one()?),
            "identitiesonly" => Self::IdentitiesOnly(flag(&one()?)?),
            "identityagent" => Self::IdentityAgent(one()?),
            "identityfile" => Self::IdentityFile(one()?),
            "kexalgorithms" => Self::KexAlgorithms(one()?),
            "macs" => Self::Macs(one()?),
            "port" => Self::Port(port(&one()?)?),
            "serveraliveinterval" => {
                Self::ServerAliveInterval(timeout(&one()?)?.unwrap_or_default().as_secs())
            }
            "stricthostkeychecking" => Self::StrictHostKeyChecking(checking(&one()?)?),
            "user" => Self::User(one()?),
            "userknownhostsfile" => Self::UserKnownHostsFile(words),
            _ => return Ok(None),
        }))
    }

    fn proxy(rest: &str, make: fn(String) -> Proxy) -> Self {
        Self::Proxy(if rest.eq_ignore_ascii_case("none") {
            Proxy::None
        } else {
            make(rest.to_owned())
        })
    }
}

fn flag(word: &str) -> Result<bool, String> {
    match word.to_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(format!("expected yes or no, found {word:?}")),
    }
}

fn checking(word: &str) -> Result<Checking, String> {
    match word.to_lowercase().as_str() {
        "yes" | "true" => Ok(Checking::Yes),
        "ask" => Ok(Checking::Ask),
        "accept-new" => Ok(Checking::AcceptNew),
        "no" | "false" | "off" => Ok(Checking::No),
        _ => Err(format!(
            "expected yes, no, ask or accept-new, found {word:?}"
        )),
    }
}

fn port(word: &str) -> Result<u16, String> {
    match word.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!(
            "expected a port between 1 and 65535, found {word:?}"
        )),
    }
}

/// Parses a time such as `90`, `90s` or `1m30s`, or `none`.
fn timeout(word: &str) -> Result<Option<Duration>, String> {
    if word == "none" {
        return Ok(None);
    }
    seconds(word)
        .map(|seconds| Some(Duration::from_secs(seconds)))
        .ok_or_else(|| format!("expected a time such as 10 or 1m30s, found {word:?}"))
}

fn seconds(word: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = rest.split_at(end.unwrap_or(rest.len()));
        let factor = match unit.chars().next() {
            None | Some('s' | 'S') => 1,
            Some('m' | 'M') => 60,
            Some('h' | 'H') => 60 * 60,
            Some('d' | 'D') => 24 * 60 * 60,
            Some('w' | 'W') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = unit.get(1..).unwrap_or_default();
    }
    (!word.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_in_ssh() {
        for (word, expected) in [
            ("10", Some(10)),
            ("0", Some(0)),
            ("90s", Some(90)),
            ("1m30", Some(90)),
            ("1h1M1s", Some(3661)),
            ("1d", Some(86400)),
            ("", None),
            ("m", None),
            ("10x", None),
            ("99999999999999999999", None),
            ("9999999999999999999w", None),
        ] {
            assert_eq!(seconds(word), expected, "{word}");
        }
    }
}
