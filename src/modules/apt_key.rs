//! `apt_key`: keys of apt's old kind, which count for all sources.

use super::edited_file::EditedFile;
use super::openpgp::fingerprints;
use super::web;
use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use crate::value::Value;

/// Adds or removes a key that apt trusts for all sources, with the program `apt-key`.
///
/// Debian 13 and Ubuntu 24.10 no longer have that program: use `deb822_repository`, whose key counts
/// for one source alone.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AptKey {
    /// The key's id: 8, 16 or more hexadecimal digits; by default that of the file.
    id: Option<String>,
    /// The key itself.
    data: Option<String>,
    /// A file of the host with the key.
    file: Option<String>,
    /// A URL of the key, which this machine downloads from.
    url: Option<String>,
    /// A server of keys, which the host asks for `id`.
    keyserver: Option<String>,
    /// The file in `/etc/apt/trusted.gpg.d` to add it to; by default `/etc/apt/trusted.gpg`.
    keyring: Option<String>,
    /// Whether apt should trust the key.
    #[serde(default)]
    state: Presence,
    /// Must be `true`: certificates of an `https` URL are always verified.
    #[serde(default = "crate::module::yes")]
    validate_certs: bool,
}

impl BuiltIn for AptKey {
    const NAME: &'static str = "apt_key";
    const PATHS: &'static [&'static str] = &["file", "keyring"];
    const EXAMPLE: &'static str = "\
- name: An old key is no longer trusted
  apt_key:
    id: 36A1D7869245C8950F966E92D8576A8BA88D21E9
    state: absent
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("id", "As given, or that of the file."),
        ("key_id", "The same in upper case, without `0x`."),
        ("fp", "Its last 16 digits."),
        ("short_id", "Its last 8 digits."),
        ("before", "The ids of all keys."),
        ("after", "The same after a change."),
    ];
}

impl Module for AptKey {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        self.check()?;
        let content = self.content(context, &mut change)?;
        let id = match (&self.id, &content) {
            (Some(id), _) => id.clone(),
            (None, Some(content)) => {
                let all = fingerprints("the key", content)?;
                let first = all.into_iter().next().unwrap_or_default();
                last(&first, 16).to_owned()
            }
            (None, None) => {
                return Err(ModuleError::refused("apt_key needs id, data, file or url"));
            }
        };
        let key_id = key_id(&id)?;
        let (teller, before) = self.keys(context)?;
        let short = key_id.len() == 8;
        let ids = |text: &str| -> Vec<String> {
            let ids = text.lines().filter_map(id_of);
            ids.map(|id| if short { last(id, 8) } else { id }.to_owned())
                .collect()
        };
        let fingerprint = last(&key_id, 16);
        let is_there = ids(&before).iter().any(|id| id == fingerprint);
        change.returns("id", id);
        change.returns("key_id", key_id.as_str());
        change.returns("fp", fingerprint);
        change.returns("short_id", last(&key_id, 8));
        change.returns("before", Value::from(ids(&before)));
        let (after, setter) = match (self.state, is_there) {
            (Presence::Present, false) => (
                format!("{before}pub::::{fingerprint}:\n"),
                self.add(content, &key_id)?,
            ),
            (Presence::Absent, true) => (
                without(&before, fingerprint),
                self.command(&["del", last(&key_id, 8)]),
            ),
            _ => return Ok(change),
        };
        change.returns("after", Value::from(ids(&after)));
        change.steps.push(Step::Set(Setting {
            name: "keys of apt".to_owned(),
            teller,
            before,
            after,
            setters: vec![setter],
            brings_programs: false,
        }));
        Ok(change)
    }
}

impl AptKey {
    fn check(&self) -> Result<(), ModuleError> {
        let given = [&self.data, &self.file, &self.url, &self.keyserver];
        if given.iter().filter(|given| given.is_some()).count() > 1 {
            let message = "data, file, url and keyserver are mutually exclusive";
            return Err(ModuleError::refused(message));
        }
        if !self.validate_certs && self.url.is_some() {
            return Err(ModuleError::Refused {
                message: "validate_certs: false is not supported".to_owned(),
                help: Some("give the key itself as data".to_owned()),
            });
        }
        Ok(())
    }

    /// Returns the key, unless only its id counts.
    fn content(
        &self,
        context: &PlanContext,
        change: &mut Change,
    ) -> Result<Option<Vec<u8>>, ModuleError> {
        if self.state == Presence::Absent && self.id.is_some() {
            return Ok(None);
        }
        if let Some(data) = &self.data {
            return Ok(Some(data.clone().into_bytes()));
        }
        if let Some(path) = &self.file {
            let file = EditedFile::open(context.host, path)?;
            return Ok(Some(file.existing("Path", None)?.to_vec()));
        }
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let fetched = web::download(context, url, None, false)?;
        change.warnings.extend(fetched.doubt);
        Ok(Some(crate::files::read(&fetched.path)?))
    }

    /// Returns the command that lists the keys, and what it prints.
    fn keys(&self, context: &PlanContext) -> Result<(Command, String), ModuleError> {
        let teller = self.command(&[
            "adv",
            "--list-public-keys",
            "--with-colons",
            "--keyid-format=long",
        ]);
        let output = context.host.query(&teller)?;
        if output.lacks_program() {
            return Err(ModuleError::Refused {
                message: "the host has no apt-key".to_owned(),
                help: Some("use deb822_repository with signed_by".to_owned()),
            });
        }
        if output.status != 0 {
            return Err(ModuleError::refused(super::package::said(&output)));
        }
        Ok((teller, String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    fn add(&self, content: Option<Vec<u8>>, id: &str) -> Result<Command, ModuleError> {
        if let Some(server) = &self.keyserver {
            return Ok(self.command(&["adv", "--no-tty", "--keyserver", server, "--recv", id]));
        }
        if content.is_none() {
            return Err(ModuleError::refused(
                "state: present needs data, file, url or keyserver",
            ));
        }
        Ok(Command {
            stdin: content,
            ..self.command(&["add", "-"])
        })
    }

    fn command(&self, words: &[&str]) -> Command {
        let keyring = self
            .keyring
            .iter()
            .flat_map(|path| ["--keyring", path.as_str()]);
        let words = words.iter().copied();
        Command::new(std::iter::once("apt-key").chain(keyring).chain(words))
    }
}

/// Returns the id of a key or a key below it, from a line with colons.
fn id_of(line: &str) -> Option<&str> {
    let mut fields = line.split(':');
    let kind = fields.next()?;
    let is_expired = fields.clone().next() == Some("e");
    (["pub", "sub"].contains(&kind) && !is_expired)
        .then(|| fields.nth(3))
        .flatten()
}

/// Returns the list without a key and those below it.
fn without(list: &str, id: &str) -> String {
    let mut is_kept = true;
    let mut kept = String::new();
    for line in list.split_inclusive('\n') {
        if line.starts_with("pub:") {
            is_kept = id_of(line).is_none_or(|found| !found.ends_with(id));
        }
        if is_kept {
            kept += line;
        }
    }
    kept
}

/// Returns an id in upper case.
fn key_id(id: &str) -> Result<String, ModuleError> {
    let upper = id.trim().to_uppercase();
    let upper = upper.strip_prefix("0X").unwrap_or(&upper);
    let is_hex = upper.chars().all(|letter| letter.is_ascii_hexdigit());
    if !is_hex || !(upper.len() == 8 || upper.len() >= 16) {
        return Err(ModuleError::Refused {
            message: format!("id: {id:?} is not the id of a key"),
            help: Some("expected 8, 16 or more hexadecimal digits".to_owned()),
        });
    }
    Ok(upper.to_owned())
}

fn last(id: &str, digits: usize) -> &str {
    id.get(id.len().saturating_sub(digits)..).unwrap_or(id)
}
