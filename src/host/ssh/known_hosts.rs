//! Reads and extends OpenSSH's `known_hosts` files.

use super::pattern;
use crate::source::regular;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The port of names without a port in the files.
const DEFAULT_PORT: u16 = 22;

/// The contents of the `known_hosts` files, in order.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub number: usize,
}

/// The result of looking up a host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The key is known for the host.
    Known,
    /// The files have no key of the host.
    Unknown {
        /// A `@cert-authority` line for the host; it has no effect, since host certificates are not
        /// supported.
        authority: Option<Line>,
    },
    /// The files have keys of the host, but not this one.
    Changed {
        /// The first line with a different key.
        line: Line,
    },
    /// The key is marked as revoked.
    Revoked {
        /// The `@revoked` line.
        line: Line,
    },
}

/// An existing file that cannot be read: none of its hosts can be trusted.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", file.display())]
pub struct Unreadable {
    /// The file.
    pub file: PathBuf,
    /// The reason.
    pub source: std::io::Error,
}

#[derive(Debug, Clone)]
struct Entry {
    line: Line,
    marker: Option<Marker>,
    names: Names,
    algorithm: String,
    key: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Revoked,
    Authority,
}

#[derive(Debug, Clone)]
enum Names {
    Patterns(Vec<String>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

impl KnownHosts {
    /// Reads the files in order. A missing file is empty; one that cannot be read is an error.
    pub fn read(files: &[PathBuf]) -> Result<Self, Unreadable> {
        let mut known = Self::default();
        for file in files {
            match regular::read(file) {
                Ok(bytes) => known.add(file, &String::from_utf8_lossy(&bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    let file = file.clone();
                    return Err(Unreadable { file, source });
                }
            }
        }
        Ok(known)
    }

    /// Adds the lines of a file's text. Invalid lines are ignored, like in ssh.
    pub fn add(&mut self, file: &Path, text: &str) {
        let lines = text.split('\n').enumerate();
        self.entries.extend(lines.filter_map(|(index, line)| {
            Entry::parse(
                line,
                Line {
                    file: file.to_owned(),
                    number: index + 1,
                },
            )
        }));
    }

    /// Returns the result for a `key` of a host; the key is the decoded second field of a public
    /// key file.
    pub fn standing(&self, host: &str, port: u16, key: &[u8]) -> Standing {
        let name = name_of(host, port);
        let plain = host.to_lowercase();
        // A key revoked for the host on any port must not be trusted on this one.
        let revoked = self.entries.iter().find(|entry| {
            entry.marker == Some(Marker::Revoked)
                && entry.key == key
                && (entry.names.matches(&name) || entry.names.matches(&plain))
        });
        if let Some(entry) = revoked {
            let line = entry.line.clone();
            return Standing::Revoked { line };
        }
        let mut other = None;
        for entry in self.keys_of(&name) {
            if entry.key == key {
                return Standing::Known;
            }
            other.get_or_insert_with(|| entry.line.clone());
        }
        if let Some(line) = other {
            return Standing::Changed { line };
        }
        // Like in ssh: the same key without the port is valid, another one is irrelevant.
        if self.keys_of(&plain).any(|entry| entry.key == key) {
            return Standing::Known;
        }
        let authority = self
            .entries
            .iter()
            .find(|entry| entry.marker == Some(Marker::Authority) && entry.names.matches(&name));
        Standing::Unknown {
            authority: authority.map(|entry| entry.line.clone()),
        }
    }

    /// Returns the algorithms of the known keys of a host, such as `ssh-ed25519`, in the files'
    /// order. A server with a key for one of them must present that one.
    pub fn algorithms(&self, host: &str, port: u16) -> Vec<&str> {
        let (name, plain) = (name_of(host, port), host.to_lowercase());
        let mut algorithms = Vec::new();
        for entry in self.keys_of(&name).chain(self.keys_of(&plain)) {
            if !algorithms.contains(&entry.algorithm.as_str()) {
                algorithms.push(entry.algorithm.as_str());
            }
        }
        algorithms
    }

    fn keys_of<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Entry> + use<'a, 'n> {
        let keys = self.entries.iter();
        keys.filter(move |entry| entry.marker.is_none() && entry.names.matches(name))
    }
}

/// A host key to store.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// Host name or address.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Algorithm, such as `ssh-ed25519`.
    pub algorithm: &'a str,
    /// The decoded second field of a public key file.
    pub key: &'a [u8],
    /// Whether the host's name is hashed (`HashKnownHosts`).
    pub hashed: bool,
}

/// Appends a key to `file`, which is created with its folder if it is missing.
///
/// The file is locked and read again first, so that hosts of the same name met at the same time are
/// not both written. Returns the result after that: `Known`, unless the file by then had another
/// key of the host, or the key as revoked.
pub fn learn(file: &Path, new: &NewKey) -> std::io::Result<Standing> {
    if let Some(folder) = file.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let mut open: File = options.open(file)?;
    open.lock()?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes)?;
    let mut known = KnownHosts::default();
    known.add(file, &String::from_utf8_lossy(&bytes));
    match known.standing(new.host, new.port, new.key) {
        Standing::Unknown { .. } => {}
        standing => return Ok(standing),
    }
    let name = name_of(new.host, new.port);
    let name = if new.hashed { hash(&name)? } else { name };
    let newline = bytes.last().is_some_and(|last| *last != b'\n');
    let line = format!(
        "{}{name} {} {}\n",
        if newline { "\n" } else { "" },
        new.algorithm,
        STANDARD.encode(new.key)
    );
    open.write_all(line.as_bytes())?;
    Ok(Standing::Known)
}

/// Returns the name that a host is looked up by: `[host]:port` unless the port is 22.
pub fn name_of(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == DEFAULT_PORT {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

fn hash(name: &str) -> std::io::Result<String> {
    let mut salt = [0; NAME_SALT];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut salt)
        .map_err(|_| std::io::Error::other("the system has no random numbers"))?;
    Ok(hashed_name(name, &salt))
}

/// Length in bytes of the salt of a hashed name.
pub const NAME_SALT: usize = 20;

/// Returns the hashed form of a name (`HashKnownHosts`).
pub fn hashed_name(name: &str, salt: &[u8; NAME_SALT]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
    let hash = hmac::sign(&key, name.as_bytes());
    format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash))
}

/// Returns whether the field of names of a line is for a host, whose name is as [`name_of`] returns
/// it. The field contains patterns, or one hashed name.
pub fn names_host(field: &str, name: &str) -> bool {
    Names::parse(field).is_some_and(|names| names.matches(name))
}

impl Entry {
    fn parse(text: &str, line: Line) -> Option<Self> {
        let mut fields = text
            .split([' ', '\t', '\r'])
            .filter(|field| !field.is_empty());
        let mut first = fields.next()?;
        let marker = match first {
            "@revoked" => Some(Marker::Revoked),
            "@cert-authority" => Some(Marker::Authority),
            _ if first.starts_with(['#', '@']) => return None,
            _ => None,
        };
        if marker.is_some() {
            first = fields.next()?;
        }
        let names = Names::parse(first)?;
        let algorithm = fields.next()?.to_owned();
        let key = STANDARD.decode(fields.next()?).ok()?;
        Some(Self {
            line,
            marker,
            names,
            algorithm,
            key,
        })
    }
}

impl Names {
    fn parse(field: &str) -> Option<Self> {
        let Some(hashed) = field.strip_prefix("|1|") else {
            let patterns = field.split(',').map(str::to_lowercase);
            return Some(Self::Patterns(patterns.collect()));
        };
        let (salt, hash) = hashed.split_once('|')?;
        Some(Self::Hashed {
            salt: STANDARD.decode(salt).ok()?,
            hash: STANDARD.decode(hash).ok()?,
        })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Patterns(patterns) => {
                pattern::matches_list(patterns.iter().map(String::as_str), name)
            }
            Self::Hashed { salt, hash } => {
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
                hmac::verify(&key, name.as_bytes(), hash).is_ok()
            }
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file.display(), self.number)
    }
}

#[cfg(test)]
mod tests;
