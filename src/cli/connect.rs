//! Makes hosts from how a task reaches them: by SSH, or this machine itself.

use crate::host::shell::{ShellHost, Transport};
use crate::host::ssh::ssh_config::{Checking, Options, Proxy, SshConfig};
use crate::host::ssh::{Connections, Controller, Wanted};
use crate::host::{Host, HostError, Local, Secret};
use crate::run::{Connect, Connection, SshSettings};
use crate::source::Problems;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The shell that every host has.
const SHELL: &str = "/bin/sh";

/// Returns what makes hosts from settings. Files of ssh are read when the first SSH connection is
/// made, and its threads started then.
pub(super) fn connect() -> Connect {
    let ssh = OnceLock::new();
    Box::new(move |settings| {
        let transport: Arc<dyn Transport> = match &settings.connection {
            Connection::Local => Arc::new(Local),
            Connection::Ssh(wanted) => {
                let ssh = ssh.get_or_init(Ssh::new);
                let ssh = ssh.as_ref().map_err(|reason| unreachable(reason.clone()))?;
                ssh.transport(wanted)?
            }
        };
        let host: Arc<dyn Host> =
            Arc::new(ShellHost::new(transport, SHELL, settings.r#become.clone()));
        Ok(host)
    })
}

struct Ssh {
    connections: Connections,
    config: SshConfig,
    controller: Controller,
}

impl Ssh {
    fn new() -> Result<Self, String> {
        let controller = Controller::of_process();
        let config =
            SshConfig::of_user(&controller.home).map_err(|problems| problems.to_string())?;
        let connections = Connections::new(Box::new(ask_passphrase))
            .map_err(|error| format!("cannot start threads for SSH: {error}"))?;
        Ok(Self {
            connections,
            config,
            controller,
        })
    }

    fn transport(&self, wanted: &SshSettings) -> Result<Arc<dyn Transport>, HostError> {
        let because = |problems: Problems| unreachable(problems.to_string());
        let wanted = Wanted {
            host: wanted.address.clone(),
            options: options(wanted).map_err(because)?,
            password: wanted.password.clone(),
        };
        let target = wanted
            .target(&self.config, &self.controller)
            .map_err(because)?;
        Ok(self.connections.transport(&target))
    }
}

fn unreachable(reason: String) -> HostError {
    HostError::Unreachable { reason, help: None }
}

/// Returns the options of ssh that settings stand for.
fn options(wanted: &SshSettings) -> Result<Options, Problems> {
    let path = |path: &Path| path.display().to_string();
    let given = Options {
        port: wanted.port,
        user: wanted.user.clone(),
        identity_files: wanted.private_key.iter().map(|key| path(key)).collect(),
        user_known_hosts: wanted.known_hosts.as_ref().map(|file| vec![path(file)]),
        checking: wanted.accept_new.then_some(Checking::AcceptNew),
        connect_timeout: Some(Some(wanted.timeout)),
        proxy: jump(&wanted.arguments).map(Proxy::Jump),
        ..Options::default()
    };
    let lines = option_lines(&wanted.arguments);
    let config = SshConfig::of_lines("ansible_ssh_common_args", &lines)?;
    let query = crate::host::ssh::ssh_config::Query {
        host: &wanted.address,
        local_user: "",
    };
    Ok(config.options(&query, given))
}

/// Returns the hosts of `-J`.
fn jump(arguments: &[String]) -> Option<String> {
    let position = arguments.iter().position(|word| word.starts_with("-J"))?;
    match arguments[position].strip_prefix("-J") {
        Some("") => arguments.get(position + 1).cloned(),
        joined => joined.map(str::to_owned),
    }
}

/// Returns what follows each `-o`.
fn option_lines(arguments: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("-o") {
            Some("") => lines.extend(words.next().cloned()),
            Some(joined) => lines.push(joined.to_owned()),
            None => {}
        }
    }
    lines
}

/// Asks for the passphrase of a private key, where there is a terminal.
fn ask_passphrase(key: &Path) -> Option<Secret> {
    let prompt = format!("Passphrase of {}: ", key.display());
    rpassword::prompt_password(prompt)
        .ok()
        .filter(|typed| !typed.is_empty())
        .map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_ssh_are_understood() {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(jump(&words("-C -J a@b:22,c")), Some("a@b:22,c".to_owned()));
        assert_eq!(jump(&words("-Jb")), Some("b".to_owned()));
        assert_eq!(
            option_lines(&words("-o Port=2222 -oUser=x -v")),
            ["Port=2222", "User=x"]
        );
    }
}
