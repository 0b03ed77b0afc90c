//! `known_hosts`: host keys in a file of the host.

use super::edited_file::{EditedFile, Writing};
use crate::change::{Change, Shows};
use crate::host::{NAME_SALT, hashed_name, names_host};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use std::sync::OnceLock;

/// Adds or removes the keys of a host in a `known_hosts` file.
///
/// A host may have one key of each type: a different one of the same type is replaced.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownHostsModule {
    /// The name or address of the host: `[NAME]:PORT` for a port other than 22.
    name: String,
    /// The line for the file: `NAME TYPE KEY`. For `absent`, all keys of the host by default.
    key: Option<String>,
    /// The file.
    #[serde(default = "usual_file")]
    path: String,
    /// Whether to store a hash instead of the name.
    #[serde(default)]
    hash_host: bool,
    /// Whether the key should be in the file.
    #[serde(default)]
    state: Presence,
}

fn usual_file() -> String {
    "~/.ssh/known_hosts".to_owned()
}

/// The fields of a line.
#[derive(Clone, PartialEq, Eq)]
struct Line<'a> {
    /// `@cert-authority` or `@revoked`.
    marker: Option<&'a str>,
    names: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl BuiltIn for KnownHostsModule {
    const NAME: &'static str = "known_hosts";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("host", "name")];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: The host knows the backup server
  known_hosts:
    name: backup.example.com
    key: backup.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1
    path: /etc/ssh/ssh_known_hosts
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "As given."),
        ("key", "As given."),
        ("path", "The file."),
        ("hash_host", "As given."),
        ("state", "As given."),
    ];
}

impl Module for KnownHostsModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let name = self.name.to_lowercase();
        let key = self
            .key
            .as_deref()
            .map(str::trim)
            .filter(|key| !key.is_empty());
        let wanted = key.map(|key| self.wanted(&name, key)).transpose()?;
        if wanted.is_none() && self.state == Presence::Present {
            return Err(ModuleError::refused("state: present needs key"));
        }
        let path = expanded(context, &self.path)?;
        let file = EditedFile::open(context.host, &path)?;
        let old = file.text()?;
        let mut lines: Vec<&str> = old.split_inclusive('\n').collect();
        let added = match &wanted {
            None => {
                let is_key = |line: &Line| line.marker.is_none() && names_host(line.names, &name);
                lines.retain(|line| !Line::read(line).is_some_and(|line| is_key(&line)));
                None
            }
            Some(wanted) => self.replaced(&name, wanted, &mut lines),
        };
        let mut new = lines.concat();
        if let Some(added) = added {
            if !new.is_empty() && !new.ends_with('\n') {
                new.push('\n');
            }
            new = new + &added + "\n";
        }
        let mut change = if new == old {
            Change::default()
        } else {
            file.put(new.into_bytes(), "", Writing::default())?
        };
        change.shows = Shows::Always;
        change.result.shift_remove("msg");
        change.returns("name", self.name.as_str());
        change.returns("key", self.key.clone());
        change.returns("path", path);
        change.returns("hash_host", self.hash_host);
        change.returns("state", self.state.name());
        Ok(change)
    }
}

impl KnownHostsModule {
    /// Returns the line for the file.
    fn wanted(&self, name: &str, key: &str) -> Result<String, ModuleError> {
        let refused = |message: String, help: &str| ModuleError::Refused {
            message,
            help: Some(help.to_owned()),
        };
        if name.contains([',', ' ', '\n']) {
            let message = format!("{:?} is not the name of one host", self.name);
            return Err(refused(message, "use one task for each name"));
        }
        let line = Line::read(key).filter(|_| !key.contains('\n'));
        let Some(line) = line else {
            let message = format!("key: {key:?} is not a line of known_hosts");
            return Err(refused(
                message,
                "expected NAME TYPE KEY, as ssh-keyscan prints it",
            ));
        };
        if !names_host(line.names, name) {
            let message = format!("key: {:?} is not for the host {:?}", line.names, self.name);
            return Err(refused(
                message,
                "write the name before the key, as in `name`",
            ));
        }
        if !self.hash_host {
            return Ok(key.to_owned());
        }
        let hashed = hashed_name(name, &salt(name, key)?);
        let words = key.split_whitespace();
        let words = words.map(|word| {
            if word == line.names {
                hashed.as_str()
            } else {
                word
            }
        });
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    /// Removes the line that the wanted one replaces; returns the line to add, unless it is there.
    fn replaced(&self, name: &str, wanted: &str, lines: &mut Vec<&str>) -> Option<String> {
        let new = Line::read(wanted)?;
        let mut other = None;
        for (index, line) in lines.iter().enumerate() {
            let Some(found) = Line::read(line).filter(|line| names_host(line.names, name)) else {
                continue;
            };
            let both_hashed = new.names.starts_with("|1|") && found.names.starts_with("|1|");
            let same_name = Line {
                names: if both_hashed { found.names } else { new.names },
                ..new.clone()
            };
            if found == same_name {
                if self.state == Presence::Absent {
                    lines.remove(index);
                }
                return None;
            }
            if found.marker.is_none() && found.kind == new.kind {
                other = Some(index);
                break;
            }
        }
        if let Some(index) = other {
            lines.remove(index);
        }
        (self.state == Presence::Present).then(|| wanted.to_owned())
    }
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let names = words.next().filter(|word| !word.starts_with('#'))?;
        Some(Self {
            marker,
            names,
            kind: words.next()?,
            key: words.next()?,
        })
    }
}

/// Returns the path with the user's home directory, if it is the default.
fn expanded(context: &PlanContext, path: &str) -> Result<String, ModuleError> {
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(path.to_owned());
    };
    let facts = context.host.facts()?;
    let home = facts
        .0
        .get("user_dir")
        .map_or_else(|| "/root".to_owned(), ToString::to_string);
    Ok(home + rest)
}

/// Returns a salt that nobody can foresee, yet the same whenever this run plans the task: so check
/// mode shows what the run writes.
fn salt(name: &str, key: &str) -> Result<[u8; NAME_SALT], ModuleError> {
    use ring::{hmac, rand};
    static SECRET: OnceLock<Option<hmac::Key>> = OnceLock::new();
    let random = || hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).ok();
    let lacking = || ModuleError::refused("this machine has no random numbers");
    let secret = SECRET.get_or_init(random).as_ref().ok_or_else(lacking)?;
    let tag = hmac::sign(secret, format!("{name}\n{key}").as_bytes());
    let salt = tag.as_ref().first_chunk::<NAME_SALT>();
    salt.copied().ok_or_else(lacking)
}
