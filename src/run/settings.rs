//! How a task reaches a host: the connection and the user, from variables, keywords and options.

use super::frame::Frame;
use super::keyword::{boolean, flag};
use super::outcome::Outcome;
use super::session::{Session, is_omitted};
use crate::host::Secret;
use crate::host::shell::{Become, BecomeMethod};
use crate::inventory::connection_variables;
use crate::playbook::Keywords;
use crate::source::{LocalPath, did_you_mean};
use crate::value::Value;
use crate::vars::Scope;
use crate::yaml::Node;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How a task reaches a host. Equal settings share a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The host's name in the inventory.
    pub name: Arc<str>,
    /// How commands are transported.
    pub connection: Connection,
    /// The user to become, if not the login user.
    pub r#become: Option<Become>,
}

/// How commands are transported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Processes of this machine, started in this folder.
    Local(LocalPath),
    /// SSH.
    Ssh(SshSettings),
}

/// Where to log in and as whom; `None` leaves it to `~/.ssh/config` and its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSettings {
    /// Name or address.
    pub address: String,
    /// Port.
    pub port: Option<u16>,
    /// Login name.
    pub user: Option<String>,
    /// Password, tried after keys.
    pub password: Option<Secret>,
    /// A private key file.
    pub private_key: Option<PathBuf>,
    /// The file of known host keys.
    pub known_hosts: Option<PathBuf>,
    /// Arguments in the form of ssh(1), quoted as for a shell: `-J`, `-o`, `-i`, `-l`, `-p` and
    /// `-F` are used.
    pub arguments: String,
    /// Whether to accept an unknown host key.
    pub accept_new: bool,
    /// The time limit for connecting.
    pub timeout: Option<Duration>,
    /// Where modules' TCP connections are made from.
    pub tcp: Tcp,
}

/// Where modules' TCP connections are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tcp {
    /// The host, through its SSH connection.
    Host,
    /// This machine.
    Controller,
}

fn tcp(lookup: &Lookup<'_>) -> Result<Tcp, Box<Outcome>> {
    let text = lookup.text("rmqplay_tcp", |_| None)?;
    match text.as_deref() {
        None | Some("host") => Ok(Tcp::Host),
        Some("controller") => Ok(Tcp::Controller),
        Some(other) => {
            let mut outcome = Outcome::failed(format!("invalid rmqplay_tcp: \"{other}\""));
            outcome.help = Some("expected host or controller".to_owned());
            Err(Box::new(outcome))
        }
    }
}

impl Session {
    /// Returns how a task reaches the host `name`. Variables are those of `scope`, the host's own;
    /// keywords are the task's, rendered with `task_scope`; `folder` is that of its playbook.
    pub(super) fn settings(
        &self,
        name: &str,
        scope: &Arc<Scope>,
        frame: &Frame<'_>,
        task_scope: &Arc<Scope>,
        folder: &LocalPath,
    ) -> Result<Settings, Box<Outcome>> {
        let lookup = Lookup {
            scope,
            frame,
            task_scope,
        };
        let kind = lookup
            .text("ansible_connection", |keywords| {
                keywords.connection.as_ref()
            })?
            .unwrap_or_else(|| self.usual_connection(name, scope.is_given("ansible_host")));
        let connection = match kind.rsplit('.').next().unwrap_or_default() {
            "local" => Connection::Local(folder.clone()),
            "ssh" | "smart" | "paramiko" | "paramiko_ssh" => {
                Connection::Ssh(self.ssh(name, &lookup)?)
            }
            other => {
                let mut outcome = Outcome::failed(format!("unknown connection \"{other}\""));
                outcome.help = did_you_mean(other, ["ssh", "local"])
                    .or_else(|| Some("use ssh or local".to_owned()));
                return Err(Box::new(outcome));
            }
        };
        Ok(Settings {
            name: name.into(),
            connection,
            r#become: self.becoming(&lookup)?,
        })
    }

    fn ssh(&self, name: &str, lookup: &Lookup<'_>) -> Result<SshSettings, Box<Outcome>> {
        let none = |_: &Keywords| None;
        let port = lookup.text("ansible_port", |keywords| keywords.port.as_ref())?;
        let port = match port {
            None => None,
            Some(text) => match text.parse() {
                Ok(port) => Some(port),
                Err(_) => {
                    return Err(Box::new(Outcome::failed(format!(
                        "invalid ansible_port: {text} (expected 1 to 65535)"
                    ))));
                }
            },
        };
        let password = lookup.secret(self, "ansible_password")?;
        let key = lookup.text("ansible_private_key_file", none)?;
        // The first of several conflicting options counts.
        let mut arguments = Vec::new();
        for (name, option) in [
            ("ansible_ssh_args", None),
            (
                "ansible_ssh_common_args",
                self.options.ssh_common_args.as_ref(),
            ),
            (
                "ansible_ssh_extra_args",
                self.options.ssh_extra_args.as_ref(),
            ),
        ] {
            let given = lookup.text(name, none)?;
            arguments.extend(given.or_else(|| option.cloned()));
        }
        let timeout = match lookup.text("ansible_timeout", none)? {
            None => self.options.connect_timeout,
            Some(text) => match text.parse() {
                Ok(seconds @ 1..) => Some(Duration::from_secs(seconds)),
                _ => {
                    return Err(Box::new(Outcome::failed(format!(
                        "invalid ansible_timeout: {text} (expected whole seconds)"
                    ))));
                }
            },
        };
        Ok(SshSettings {
            address: lookup
                .text("ansible_host", none)?
                .unwrap_or_else(|| name.to_owned()),
            port,
            user: lookup
                .text("ansible_user", |keywords| keywords.remote_user.as_ref())?
                .or_else(|| self.options.user.clone()),
            password: password.or_else(|| self.options.password.clone()),
            private_key: key
                .map(|path| expand_home(&path))
                .or_else(|| self.options.private_key.clone()),
            known_hosts: lookup
                .text("rmqplay_known_hosts", none)?
                .map(|path| expand_home(&path)),
            arguments: arguments.join(" "),
            accept_new: self.options.accept_new,
            timeout,
            tcp: tcp(lookup)?,
        })
    }

    fn becoming(&self, lookup: &Lookup<'_>) -> Result<Option<Become>, Box<Outcome>> {
        let wanted = match lookup.boolean("ansible_become")? {
            Some(wanted) => Some(wanted),
            None => flag(
                lookup.frame,
                |keywords| keywords.r#become.as_ref(),
                lookup.task_scope,
            )?,
        };
        let wanted = wanted.unwrap_or(self.options.r#become);
        if !wanted {
            return Ok(None);
        }
        let user = lookup
            .text("ansible_become_user", |keywords| {
                keywords.become_user.as_ref()
            })?
            .or_else(|| self.options.become_user.clone());
        let method = lookup
            .text("ansible_become_method", |keywords| {
                keywords.become_method.as_ref()
            })?
            .or_else(|| self.options.become_method.clone());
        let method = match method
            .as_deref()
            .map(|name| name.rsplit('.').next().unwrap_or(name))
        {
            None | Some("sudo") => BecomeMethod::Sudo,
            Some("su") => BecomeMethod::Su,
            Some("doas") => BecomeMethod::Doas,
            Some(other) => {
                let mut outcome = Outcome::failed(format!("unknown become_method \"{other}\""));
                outcome.help = Some("use sudo, su or doas".to_owned());
                return Err(Box::new(outcome));
            }
        };
        let flags = lookup.text("ansible_become_flags", |keywords| {
            keywords.become_flags.as_ref()
        })?;
        let password = lookup.secret(self, "ansible_become_password")?;
        Ok(Some(Become {
            user: user.unwrap_or_else(|| "root".to_owned()),
            method,
            executable: lookup.text("ansible_become_exe", |keywords| {
                keywords.become_exe.as_ref()
            })?,
            flags: flags
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            password: password.or_else(|| self.options.become_password.clone()),
        }))
    }
}

struct Lookup<'a> {
    scope: &'a Arc<Scope>,
    frame: &'a Frame<'a>,
    task_scope: &'a Arc<Scope>,
}

impl Lookup<'_> {
    /// Returns the value of a connection variable, whichever of its names is set.
    fn variable(&self, name: &str) -> Result<Option<Value>, Box<Outcome>> {
        let Some(name) = self.name_set(name) else {
            return Ok(None);
        };
        let value = match self.scope.place(&name) {
            Some(node) => self
                .scope
                .render(node)
                .map_err(|error| Box::new(Outcome::from(error)))?,
            None => self.scope.get(&name).unwrap_or_default(),
        };
        Ok((!is_omitted(&value) && !value.is_none() && !value.is_undefined()).then_some(value))
    }

    /// Returns the name under which a connection variable is set.
    fn name_set(&self, name: &str) -> Option<String> {
        let is_set = |name: &str| {
            // What is assumed follows from the keywords, and does not win over them.
            self.scope.is_given(name).then(|| name.to_owned())
        };
        match connection_variables::find(name) {
            Some(variable) => connection_variables::value(variable, is_set),
            None => is_set(name),
        }
    }

    /// Returns the value of a boolean connection variable.
    fn boolean(&self, name: &str) -> Result<Option<bool>, Box<Outcome>> {
        let Some(value) = self.variable(name)? else {
            return Ok(None);
        };
        let written = self.name_set(name);
        let place = written.and_then(|name| Some(&self.scope.place(&name)?.place));
        boolean(&value, place).map(Some)
    }

    /// Returns the text of a variable, or else of a keyword.
    fn text<'k>(
        &'k self,
        name: &str,
        keyword: impl Fn(&'k Keywords) -> Option<&'k Node>,
    ) -> Result<Option<String>, Box<Outcome>> {
        if let Some(value) = self.variable(name)? {
            return Ok(Some(value.to_string()));
        }
        super::keyword::text(self.frame, keyword, self.task_scope)
    }

    /// Returns a password, which is masked from now on wherever it appears.
    fn secret(&self, session: &Session, name: &str) -> Result<Option<Secret>, Box<Outcome>> {
        let value = self.variable(name)?.map(|value| value.to_string());
        Ok(value.map(|text| {
            session.secrets.add(&text);
            Secret::new(text)
        }))
    }
}

fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}
