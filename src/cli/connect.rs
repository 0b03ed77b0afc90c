//! Connects to hosts: over SSH, or to this machine itself.

use super::prompts;
use crate::host::shell::{ShellHost, Transport};
use crate::host::ssh::ssh_config::{Arguments, Checking, Options, Query, SshConfig};
use crate::host::ssh::{Connections, Controller, Wanted};
use crate::host::{Cancel, Direct, Host, HostError, Local};
use crate::run::{Connect, Connection, SshSettings, Tcp};
use crate::source::Problems;
use indicatif::ProgressBar;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The shell that every host has.
const SHELL: &str = "/bin/sh";

/// Returns a connector for settings. It reads the files of ssh and starts its threads at the first
/// SSH connection.
///
/// The live line is hidden while the passphrase of a key is asked for, which `cancel` interrupts.
pub(super) fn connect(live_line: Option<ProgressBar>, cancel: Cancel) -> Connect {
    let ssh = OnceLock::new();
    Box::new(move |settings| {
        let transport: Arc<dyn Transport> = match &settings.connection {
            Connection::Local(folder) => Arc::new(Local::starting_in(folder.clone())),
            Connection::Ssh(wanted) => {
                let ssh = ssh.get_or_init(|| Ssh::new(live_line.clone(), cancel.clone()));
                let ssh = ssh.as_ref().map_err(|reason| unreachable(reason.clone()))?;
                let transport = ssh.transport(wanted)?;
                match wanted.tcp {
                    Tcp::Host => transport,
                    Tcp::Controller => Arc::new(Direct(transport)),
                }
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
    fn new(live_line: Option<ProgressBar>, cancel: Cancel) -> Result<Self, String> {
        let controller = Controller::of_process();
        let config =
            SshConfig::of_user(&controller.home).map_err(|problems| problems.to_string())?;
        let connections = Connections::new(Box::new(move |key| {
            prompts::passphrase(live_line.as_ref(), &cancel, key)
        }))
        .map_err(|error| format!("cannot start threads for SSH: {error}"))?;
        Ok(Self {
            connections,
            config,
            controller,
        })
    }

    fn transport(&self, settings: &SshSettings) -> Result<Arc<dyn Transport>, HostError> {
        let because = |problems: Problems| unreachable(problems.to_string());
        let arguments = Arguments::parse(&settings.arguments)
            .map_err(|reason| unreachable(format!("ansible_ssh_common_args: {reason}")))?;
        let query = Query {
            host: &settings.address,
            local_user: &self.controller.user,
        };
        let wanted = Wanted {
            host: settings.address.clone(),
            options: arguments.settings.options(&query, given(settings)),
            password: settings.password.clone(),
        };
        let target = match arguments.file {
            None => wanted.target(&self.config, &self.controller),
            Some(file) => SshConfig::of_file(&file, &self.controller.home)
                .and_then(|config| wanted.target(&config, &self.controller)),
        };
        Ok(self.connections.transport(&target.map_err(because)?))
    }
}

fn unreachable(reason: String) -> HostError {
    HostError::Unreachable { reason, help: None }
}

/// Returns the options of ssh for these settings.
fn given(settings: &SshSettings) -> Options {
    let path = |path: &Path| path.display().to_string();
    Options {
        port: settings.port,
        user: settings.user.clone(),
        identity_files: settings.private_key.iter().map(|key| path(key)).collect(),
        user_known_hosts: settings.known_hosts.as_ref().map(|file| vec![path(file)]),
        checking: settings.accept_new.then_some(Checking::AcceptNew),
        connect_timeout: settings.timeout.map(Some),
        ..Options::default()
    }
}
