//! The destination of an SSH connection, and how to log in.

use super::ssh_config::{self, Checking, Options, Proxy, Query, SshConfig};
use super::tokens::Tokens;
use super::{Algorithms, Controller, Jump};
use crate::host::Secret;
use crate::source::{Problem, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default limit for connecting: name resolution, TCP, key exchange and login together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a silent connection is checked by default: a disconnected host is noticed within 20
/// seconds, and one that only swaps for a while is not given up.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// The keys that ssh tries if none is named.
const DEFAULT_KEYS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// The connection settings of inventory and command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Name or address of the host (`ansible_host`), which is matched against `Host` in
    /// `ssh_config`.
    pub host: String,
    /// Settings that win over the files: user, port, private key, `--accept-new`, ….
    pub options: Options,
    /// The login password.
    pub password: Option<Secret>,
}

/// The destination of an SSH connection, and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host as the user named it.
    pub name: String,
    /// Name or address to connect to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Remote user.
    pub user: String,
    /// The route to it.
    pub route: Route,
    /// Private keys, in the order in which they are tried.
    pub identity_files: Vec<PathBuf>,
    /// Whether the user named these keys; then a missing one is an error.
    pub keys_are_named: bool,
    /// Certificates that the user named; those next to the keys are used too.
    pub certificate_files: Vec<PathBuf>,
    /// Whether to ignore keys of the agent that are not in `identity_files`.
    pub identities_only: bool,
    /// Socket of the agent.
    pub agent: Option<PathBuf>,
    /// The login password.
    pub password: Option<Secret>,
    /// The name to look up its key under, if not the host's own.
    pub key_alias: Option<String>,
    /// The `known_hosts` files; new keys are added to the first one.
    pub known_hosts: Vec<PathBuf>,
    /// Whether new lines of that file hash the names.
    pub hash_known_hosts: bool,
    /// How to treat an unknown key.
    pub host_key_policy: HostKeyPolicy,
    /// The time limit for connecting.
    pub connect_timeout: Duration,
    /// How often a silent connection is checked; `None` means never.
    pub alive_interval: Option<Duration>,
    /// The algorithms to offer.
    pub algorithms: Algorithms,
}

/// The route to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By TCP from this machine.
    Direct,
    /// By TCP from another host, whose own key is checked too.
    Jump(Box<Target>),
    /// By a command of the user whose standard input and output are the connection.
    Command(String),
}

/// How to treat an unknown host key. A changed or revoked key is always refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// It is refused.
    Strict,
    /// It is recorded, and trusted from then on.
    AcceptNew,
}

impl HostKeyPolicy {
    fn of(checking: Option<Checking>) -> Self {
        match checking {
            Some(Checking::AcceptNew | Checking::No) => Self::AcceptNew,
            Some(Checking::Yes | Checking::Ask) | None => Self::Strict,
        }
    }
}

impl Wanted {
    /// Returns the target, with the settings of the files and the defaults of ssh.
    pub fn target(&self, config: &SshConfig, controller: &Controller) -> Result<Target> {
        self.resolve(config, controller, None, &[])
    }

    /// `through` is the previous host in a list of jumps. `path` contains the hosts whose route is
    /// being resolved.
    fn resolve(
        &self,
        config: &SshConfig,
        controller: &Controller,
        through: Option<Target>,
        path: &[&str],
    ) -> Result<Target> {
        let query = Query {
            host: &self.host,
            local_user: &controller.user,
        };
        let options = config.options(&query, self.options.clone());
        let host = ssh_config::host_name(&options, &self.host);
        let tokens = Tokens {
            controller,
            host: &host,
            original_host: &self.host,
            key_alias: options.host_key_alias.as_deref().unwrap_or(&host),
            port: options.port.unwrap_or(22),
            user: options.user.as_deref().unwrap_or(&controller.user),
        };
        let problem = |message| Problem::new(format!("ssh_config for {}: {message}", self.host));
        let route = match (through, &options.proxy) {
            (Some(through), _) => Route::Jump(Box::new(through)),
            (None, Some(Proxy::Command(command))) => {
                Route::Command(tokens.expand(command).map_err(problem)?)
            }
            (None, Some(Proxy::Jump(hops))) => {
                let hops = tokens.expand(hops).map_err(problem)?;
                self.route_through(&hops, config, controller, path)?
            }
            (None, Some(Proxy::None) | None) => Route::Direct,
        };
        Ok(Target {
            route,
            identity_files: identity_files(&options, &tokens).map_err(problem)?,
            keys_are_named: !options.identity_files.is_empty(),
            certificate_files: paths(&options.certificate_files, &tokens).map_err(problem)?,
            agent: agent(&options, &tokens).map_err(problem)?,
            known_hosts: known_hosts(&options, &tokens).map_err(problem)?,
            identities_only: options.identities_only.unwrap_or(false),
            password: self.password.clone(),
            hash_known_hosts: options.hash_known_hosts.unwrap_or(false),
            host_key_policy: HostKeyPolicy::of(options.checking),
            connect_timeout: options.connect_timeout.flatten().unwrap_or(CONNECT_TIMEOUT),
            alive_interval: Some(
                options
                    .alive_interval
                    .map_or(ALIVE_INTERVAL, Duration::from_secs),
            )
            .filter(|interval| !interval.is_zero()),
            name: self.host.clone(),
            port: tokens.port,
            user: tokens.user.to_owned(),
            key_alias: options.host_key_alias.clone(),
            algorithms: options.algorithms,
            host,
        })
    }

    /// Returns the route through a list of hosts, the first of which is reached first.
    fn route_through(
        &self,
        hops: &str,
        config: &SshConfig,
        controller: &Controller,
        path: &[&str],
    ) -> Result<Route> {
        let mut path = path.to_vec();
        path.push(&self.host);
        let mut through: Option<Target> = None;
        for hop in hops.split(',') {
            let jump = Jump::parse(hop.trim()).ok_or_else(|| {
                Problem::new(format!(
                    "ssh_config for {}: {hop:?} is not a jump host: expected user@host:port",
                    self.host
                ))
            })?;
            // `Host *` with a jump host matches that host too: ssh users mean all the others.
            if jump.host == self.host {
                return Ok(Route::Direct);
            }
            if path.contains(&jump.host.as_str()) {
                let circle = format!("{} -> {}", path.join(" -> "), jump.host);
                return Err(Problem::new(format!("jump hosts form a cycle: {circle}")).into());
            }
            let wanted = Wanted {
                options: Options {
                    port: jump.port,
                    user: jump.user,
                    identity_files: self.options.identity_files.clone(),
                    certificate_files: self.options.certificate_files.clone(),
                    checking: self.options.checking,
                    user_known_hosts: self.options.user_known_hosts.clone(),
                    connect_timeout: self.options.connect_timeout,
                    ..Options::default()
                },
                host: jump.host,
                password: None,
            };
            through = Some(wanted.resolve(config, controller, through, &path)?);
        }
        Ok(through.map_or(Route::Direct, |target| Route::Jump(Box::new(target))))
    }
}

fn identity_files(options: &Options, tokens: &Tokens) -> std::result::Result<Vec<PathBuf>, String> {
    if options.identity_files.is_empty() {
        let folder = tokens.controller.home.join(".ssh");
        return Ok(DEFAULT_KEYS.iter().map(|name| folder.join(name)).collect());
    }
    paths(&options.identity_files, tokens)
}

/// Returns the named files; `none` means no file.
fn paths(files: &[String], tokens: &Tokens) -> std::result::Result<Vec<PathBuf>, String> {
    let files = files
        .iter()
        .filter(|file| !file.eq_ignore_ascii_case("none"));
    files.map(|file| tokens.path(file)).collect()
}

fn agent(options: &Options, tokens: &Tokens) -> std::result::Result<Option<PathBuf>, String> {
    let of_environment = tokens.variable("SSH_AUTH_SOCK").ok().map(PathBuf::from);
    match options.identity_agent.as_deref() {
        None | Some("SSH_AUTH_SOCK") => Ok(of_environment.filter(|path| path != Path::new(""))),
        Some("none") => Ok(None),
        Some(text) => match text.strip_prefix('$') {
            Some(name) if !name.starts_with('{') => {
                tokens.variable(name).map(|path| Some(path.into()))
            }
            _ => tokens.path(text).map(Some),
        },
    }
}

fn known_hosts(options: &Options, tokens: &Tokens) -> std::result::Result<Vec<PathBuf>, String> {
    let defaults = |file: &str| vec![file.to_owned(), format!("{file}2")];
    let user = options.user_known_hosts.clone();
    let global = options.global_known_hosts.clone();
    let mut files = user.unwrap_or_else(|| defaults("~/.ssh/known_hosts"));
    files.extend(global.unwrap_or_else(|| defaults("/etc/ssh/ssh_known_hosts")));
    paths(&files, tokens)
}

impl std::fmt::Display for Target {
    /// Formats it for messages: `root@web1:22`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "{}@[{}]:{}", self.user, self.host, self.port)
        } else {
            write!(formatter, "{}@{}:{}", self.user, self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests;
