//! `rpm_key`: keys that rpm trusts.

use super::edited_file::EditedFile;
use super::openpgp::fingerprints;
use super::web;
use crate::change::Change;
use crate::host::{Command, CommandScript, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};

/// Lists the keys of rpm: the end of their ids, or whole fingerprints, in lower case.
const LIST: [&str; 5] = ["rpm", "-q", "gpg-pubkey", "--qf", "%{VERSION}\\n"];

/// Adds or removes a public key that rpm trusts.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RpmKey {
    /// The key: a URL, which this machine downloads from; a path on the host; or, to remove it, its
    /// id.
    key: String,
    /// Whether rpm should trust the key.
    #[serde(default)]
    state: Presence,
    /// Fingerprints that the file must contain.
    #[serde(default)]
    fingerprint: Vec<String>,
    /// Must be `true`: certificates of an `https` URL are always verified.
    #[serde(default = "crate::module::yes")]
    validate_certs: bool,
}

/// The key of a task.
struct Key {
    /// The end of its fingerprint, in lower case.
    id: String,
    /// How to add it, if there is a file.
    import: Option<Command>,
}

impl BuiltIn for RpmKey {
    const NAME: &'static str = "rpm_key";
    const EXAMPLE: &'static str = "\
- name: An old key is no longer trusted
  rpm_key:
    key: 4B8EC3BAABDC4346
    state: absent
";
}

impl Module for RpmKey {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        let key = self.key(context, &mut change)?;
        let teller = Command::new(LIST);
        let output = context.host.query(&teller)?;
        if output.lacks_program() {
            return Err(ModuleError::refused("the host has no rpm"));
        }
        // Without any key, rpm prints a sentence to standard output.
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let before = if output.status == 0 {
            told
        } else {
            String::new()
        };
        let is_key = |version: &&str| key.id.ends_with(version) || version.ends_with(&key.id);
        let found: Vec<_> = before.lines().filter(is_key).collect();
        let (after, setter) = match (self.state, found.first()) {
            (Presence::Present, None) => {
                let short = key
                    .id
                    .get(key.id.len().saturating_sub(8)..)
                    .unwrap_or(&key.id);
                let import = key.import.ok_or_else(|| ModuleError::Refused {
                    message: format!("the key {} must come from a file", self.key),
                    help: Some("use the URL or the path of the key".to_owned()),
                })?;
                (format!("{before}{short}\n"), import)
            }
            (Presence::Absent, Some(version)) => {
                let others = before.lines().filter(|line| !is_key(line));
                let package = format!("gpg-pubkey-{version}");
                (
                    others.map(|line| format!("{line}\n")).collect(),
                    Command::new(["rpm", "--erase", "--allmatches", &package]),
                )
            }
            _ => return Ok(change),
        };
        change.steps.push(Step::Set(Setting {
            name: "keys of rpm".to_owned(),
            teller,
            before,
            after,
            setters: vec![setter],
            brings_programs: false,
        }));
        Ok(change)
    }
}

impl RpmKey {
    fn key(&self, context: &PlanContext, change: &mut Change) -> Result<Key, ModuleError> {
        let (content, import) = if self.key.contains("://") {
            if !self.validate_certs {
                return Err(ModuleError::Refused {
                    message: "validate_certs: false is not supported".to_owned(),
                    help: Some("put the key on the host with copy, and use its path".to_owned()),
                });
            }
            let fetched = web::download(context, &self.key, None, false)?;
            change.warnings.extend(fetched.doubt);
            let content = crate::files::read(&fetched.path)?;
            let import = Command {
                script: Some(CommandScript {
                    name: "key.asc".to_owned(),
                    content: content.clone(),
                    position: 2,
                }),
                ..Command::new(["rpm", "--import"])
            };
            (content, import)
        } else if let Some(id) = key_id(&self.key) {
            return Ok(Key { id, import: None });
        } else {
            let file = EditedFile::open(context.host, &self.key)?;
            let content = file
                .existing("Path", Some("use a URL, a path or the id of a key"))?
                .to_vec();
            (content, Command::new(["rpm", "--import", &self.key]))
        };
        let found = fingerprints(&self.key, &content)?;
        for wanted in &self.fingerprint {
            let plain = wanted.replace(' ', "").to_uppercase();
            if !found.contains(&plain) {
                return Err(ModuleError::refused(format!(
                    "{} has the fingerprint {}, not {wanted}",
                    self.key,
                    found.join(", ")
                )));
            }
        }
        let id = found
            .first()
            .map(|first| first.to_lowercase())
            .unwrap_or_default();
        Ok(Key {
            id,
            import: Some(import),
        })
    }
}

/// Returns the id that a text is, in lower case.
fn key_id(text: &str) -> Option<String> {
    let id = text.trim().to_lowercase();
    let id = id.strip_prefix("0x").unwrap_or(&id);
    let is_id = id.len() >= 8 && id.chars().all(|letter| letter.is_ascii_hexdigit());
    is_id.then(|| id.to_owned())
}
