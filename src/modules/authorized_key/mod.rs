//! `authorized_key`: the SSH keys that may log in as a user.

mod keys;

use super::edited_file::{EditedFile, Writing};
use super::host_path::host_path;
use super::web;
use crate::change::{Attributes, Change, Mode, Shows};
use crate::host::User;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use keys::{Key, Options};

/// Adds or removes SSH keys that may log in as a user.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorizedKey {
    /// The user, who must exist.
    user: String,
    /// The public keys, one on each line; or the URL of a file with keys, which this machine
    /// downloads; or `file://` and the path of such a file on the host.
    key: String,
    /// The file with the keys; by default `~/.ssh/authorized_keys` of the user.
    path: Option<String>,
    /// Whether the directory of the file is created, belongs to the user and is closed to others;
    /// use `false` if `path` is in a directory that is not the user's alone.
    #[serde(default = "crate::module::yes")]
    manage_dir: bool,
    /// Whether the keys may log in.
    #[serde(default)]
    state: Presence,
    /// Options for the keys, instead of those written with them: `no-pty,from="10.0.0.0/8"`.
    key_options: Option<String>,
    /// Whether to remove all other keys of the file. In a loop, each item removes those of the
    /// others.
    #[serde(default)]
    exclusive: bool,
    /// The comment of the keys, instead of the one written with them.
    comment: Option<String>,
    /// Must be `true`: certificates of an `https` URL are always verified.
    #[serde(default = "crate::module::yes")]
    validate_certs: bool,
    /// Whether to follow a link at the path instead of replacing it.
    #[serde(default)]
    follow: bool,
}

impl BuiltIn for AuthorizedKey {
    const NAME: &'static str = "authorized_key";
    const WRITES: Writes = Writes::File("path");
    const OTHER_NAMES: &'static [&'static str] = &["ansible.posix.authorized_key"];
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: The operators may log in
  authorized_key:
    user: rocketmq
    key: |
      ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1 ann@example.com
      ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2 ben@example.com
    exclusive: true
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("keyfile", "The file with the keys."),
        ("user", "As given."),
        (
            "key",
            "The keys, downloaded or read if they were in a file.",
        ),
        ("path", "As given."),
        ("manage_dir", "As given."),
        ("state", "As given."),
        ("key_options", "As given."),
        ("exclusive", "As given."),
        ("comment", "As given."),
        ("validate_certs", "As given."),
        ("follow", "As given."),
    ];
}

impl Module for AuthorizedKey {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let user = context.host.user(&self.user)?;
        let user = user.ok_or_else(|| ModuleError::Refused {
            message: format!("the user {:?} does not exist", self.user),
            help: Some("create the account first, with the module user".to_owned()),
        })?;
        let (text, warning) = self.keys(context)?;
        let path = match &self.path {
            Some(path) => path.clone(),
            None => user.home.join(".ssh/authorized_keys").into_string(),
        };
        let file = EditedFile::read(context.host, &path, self.follow)?;
        let new = self.edited(file.text()?, &text)?;
        let mut change = if new == file.text()? {
            Change::default()
        } else {
            file.put(new.into_bytes(), "", self.writing(user))?
        };
        change.shows = Shows::One;
        change.result.shift_remove("msg");
        change.warnings.extend(warning);
        self.add_arguments(&mut change, &text, &path);
        Ok(change)
    }
}

impl AuthorizedKey {
    /// Returns the text with the keys, and a warning if nothing authenticates it.
    fn keys(&self, context: &PlanContext) -> Result<(String, Option<String>), ModuleError> {
        if self.key.starts_with("https://") || self.key.starts_with("http://") {
            if !self.validate_certs {
                return Err(ModuleError::Refused {
                    message: "validate_certs: false is not supported".to_owned(),
                    help: Some("give the keys themselves, or an http URL".to_owned()),
                });
            }
            let fetched = web::download(context, &self.key, None, false)?;
            let content = crate::files::read(&fetched.path)?;
            let text = String::from_utf8(content);
            let not_text = |_| ModuleError::refused("key: the file is not UTF-8");
            return Ok((text.map_err(not_text)?, fetched.doubt));
        }
        match self.key.strip_prefix("file:") {
            Some(path) => {
                let path = host_path(path.strip_prefix("//").unwrap_or(path))?;
                let file = EditedFile::open(context.host, path.as_str())?;
                file.existing("Path", None)?;
                Ok((file.text()?.to_owned(), None))
            }
            None => Ok((self.key.clone(), None)),
        }
    }

    /// Returns the text of the file with the keys added or removed.
    fn edited(&self, old: &str, keys: &str) -> Result<String, ModuleError> {
        let mut lines: Vec<String> = old.split_inclusive('\n').map(str::to_owned).collect();
        let mut wanted: Vec<Key> = Vec::new();
        for line in keys.lines() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            wanted.push(self.wanted(line)?);
        }
        let is = |line: &String, key: &Key| Key::parse(line).filter(|old| old.blob == key.blob);
        for key in &wanted {
            let is_there = lines.iter().any(|line| is(line, key).as_ref() == Some(key));
            if self.state == Presence::Present && is_there {
                continue;
            }
            lines.retain(|line| is(line, key).is_none());
            if self.state == Presence::Present {
                if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
                    last.push('\n');
                }
                lines.push(key.to_string());
            }
        }
        if self.exclusive && self.state == Presence::Present {
            lines.retain(|line| wanted.iter().any(|key| is(line, key).is_some()));
        }
        Ok(lines.concat())
    }

    fn wanted(&self, line: &str) -> Result<Key, ModuleError> {
        let mut key = Key::parse(line).ok_or_else(|| ModuleError::Refused {
            message: format!("key: {line:?} is not a public key"),
            help: Some("expected [OPTIONS] TYPE KEY [COMMENT], as in id_ed25519.pub".to_owned()),
        })?;
        if let Some(options) = &self.key_options {
            key.options = Options::parse(options);
        }
        if let Some(comment) = &self.comment {
            key.comment.clone_from(comment);
        }
        Ok(key)
    }

    /// The file and its directory are the user's alone, or sshd refuses the keys.
    fn writing(&self, user: User) -> Writing<'static> {
        let owned = |bits| Attributes {
            mode: Some(Mode::of_bits(bits)),
            owner: Some(user.name.clone()),
            group: Some(user.group.clone()),
        };
        Writing {
            attributes: owned(0o600),
            folder: self.manage_dir.then(|| owned(0o700)),
            ..Writing::default()
        }
    }

    fn add_arguments(&self, change: &mut Change, key: &str, path: &str) {
        change.returns("keyfile", path);
        change.returns("user", self.user.as_str());
        change.returns("key", key);
        change.returns("path", self.path.clone());
        change.returns("manage_dir", self.manage_dir);
        change.returns("state", self.state.name());
        change.returns("key_options", self.key_options.clone());
        change.returns("exclusive", self.exclusive);
        change.returns("comment", self.comment.clone());
        change.returns("validate_certs", self.validate_certs);
        change.returns("follow", self.follow);
    }
}
