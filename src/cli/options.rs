//! Options that `run`, `exec` and `repl` share.

use super::candidates;
use super::extra_vars;
use super::passwords;
use super::run_name;
use super::settings::{Settings, settings};
use super::sources::Sources;
use crate::host::Secret;
use crate::run::{Gathering, Options, TagFilter};
use crate::source::Result;
use clap::{ArgAction, Args};
use std::path::PathBuf;
use std::time::Duration;

/// Options that `run` and `exec` share.
#[derive(Debug, Args)]
pub(super) struct SharedArguments {
    #[command(flatten)]
    pub(super) hosts: HostArguments,
    /// Output format: text for people, or JSON lines.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(super) output: Format,
    /// Write one JSON line per task and host to a file.
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Exit with 2 if anything changed or would change, and with 1 if anything failed.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

/// Which hosts, how to reach them, and what to do with them: `repl` has these too.
#[derive(Debug, Args)]
pub(super) struct HostArguments {
    #[command(flatten)]
    pub(super) sources: Sources,
    /// Limit the run to these hosts (a pattern, or @FILE with one per line).
    #[arg(short, long, value_name = "PATTERN", add = candidates::host_pattern())]
    limit: Option<String>,
    /// Predict changes without making any.
    #[arg(short = 'C', long)]
    check: bool,
    /// Show differences of changed files.
    #[arg(short = 'D', long)]
    diff: bool,
    /// Number of hosts to work on at once [default: 50].
    #[arg(short, long, value_name = "N", value_parser = forks)]
    forks: Option<usize>,
    #[command(flatten)]
    login: LoginArguments,
    /// Default task timeout, in seconds; 0 for none [default: 1800].
    #[arg(long, value_name = "SECONDS")]
    task_timeout: Option<u64>,
    /// Show more: -v results, -vv file and line, -vvv round trips and timings.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
}

/// How to reach hosts, and as which user: `test` has these too.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(super) struct LoginArguments {
    /// Set variables: key=value, YAML, JSON or @FILE; repeatable.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Log in as this user.
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,
    /// Become another user, root by default.
    #[arg(short, long = "become")]
    r#become: bool,
    /// User to become.
    #[arg(long, value_name = "NAME")]
    become_user: Option<String>,
    /// Method to become another user: sudo, su or doas.
    #[arg(long, value_name = "METHOD")]
    become_method: Option<String>,
    /// Ask for the password of `become`.
    #[arg(short = 'K', long)]
    ask_become_pass: bool,
    /// Read the password of `become` from the first line of a file.
    #[arg(
        long,
        alias = "become-pass-file",
        value_name = "FILE",
        conflicts_with = "ask_become_pass"
    )]
    become_password_file: Option<PathBuf>,
    /// Ask for the login password.
    #[arg(short = 'k', long)]
    ask_pass: bool,
    /// Read the login password from the first line of a file.
    #[arg(
        long,
        alias = "conn-pass-file",
        value_name = "FILE",
        conflicts_with = "ask_pass"
    )]
    connection_password_file: Option<PathBuf>,
    /// Log in with this private key.
    #[arg(long, visible_alias = "key-file", value_name = "FILE")]
    private_key: Option<PathBuf>,
    /// Options as for ssh, such as `-J jump.example.com`.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    ssh_common_args: Option<String>,
    /// The same; on conflict, those of --ssh-common-args win.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    ssh_extra_args: Option<String>,
    /// Accepted for Ansible's sake: files are sent through the one SSH connection.
    #[arg(long, hide = true, allow_hyphen_values = true)]
    scp_extra_args: Option<String>,
    /// The same.
    #[arg(long, hide = true, allow_hyphen_values = true)]
    sftp_extra_args: Option<String>,
    /// Connection to use: ssh or local.
    #[arg(short, long, value_name = "KIND")]
    connection: Option<String>,
    /// Accept and save unknown host keys; changed keys are still refused.
    #[arg(long)]
    accept_new: bool,
    /// Connect timeout, in seconds [default: `ConnectTimeout` of ~/.ssh/config, else 10].
    #[arg(short = 'T', long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
}

/// Format of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text for people.
    Text,
    /// JSON, one event a line.
    Json,
}

/// Reads how many hosts are worked on at once.
fn forks(text: &str) -> std::result::Result<usize, String> {
    let forks = text.parse().ok().filter(|forks| *forks > 0);
    forks.ok_or_else(|| "expected a whole number from 1".to_owned())
}

/// Returns when plays gather facts that do not say so themselves.
fn gathering(settings: &Settings) -> Gathering {
    match settings.text("gathering").as_deref() {
        Some("explicit") => Gathering::Explicit,
        Some("smart") => Gathering::Smart,
        _ => Gathering::Implicit,
    }
}

impl HostArguments {
    /// Returns the options of the run, and asks for passwords. `what` is being run, such as a
    /// playbook.
    pub(super) fn options(
        &self,
        what: &str,
        tags: TagFilter,
        force_handlers: bool,
    ) -> Result<Options> {
        let settings = settings()?;
        let verbosity = match self.verbose {
            0 => settings.whole("verbosity").unwrap_or_default(),
            given => given.into(),
        };
        if verbosity > 0 {
            settings
                .ignored
                .iter()
                .for_each(|what| tracing::warn!("{what}"));
        }
        self.sources.vault.unlock()?;
        let of_settings = settings.whole("forks").map(usize::try_from);
        let forks = self.forks.or(of_settings.and_then(std::result::Result::ok));
        let timeout = self.task_timeout.or(settings.whole("task_timeout"));
        Ok(Options {
            check: self.check,
            diff: self.diff || settings.boolean("diff_always") == Some(true),
            forks: forks.unwrap_or(50),
            limit: self.limit.clone(),
            tags,
            verbosity: u8::try_from(verbosity).unwrap_or(u8::MAX),
            task_timeout: Duration::from_secs(timeout.unwrap_or(1800)),
            force_handlers: force_handlers || settings.boolean("force_handlers") == Some(true),
            gathering: gathering(settings),
            compat: self.sources.compat,
            run_name: run_name::of(what),
            ..self.login.options()?
        })
    }
}

impl LoginArguments {
    /// Returns whether any of them was given.
    pub(super) fn are_given(&self) -> bool {
        *self != Self::default()
    }

    /// Returns the options of a run with these arguments, and asks for passwords.
    pub(super) fn options(&self) -> Result<Options> {
        let mut extra_vars = Vec::new();
        for text in &self.extra_vars {
            extra_vars::add(&mut extra_vars, text)?;
        }
        let settings = settings()?;
        let asks = |given: bool, name| given || settings.boolean(name) == Some(true);
        let path = |given: &Option<PathBuf>, name| {
            let of_settings = settings.text(name).map(PathBuf::from);
            given.clone().or(of_settings)
        };
        // What the command line says replaces both settings.
        let file = if self.ask_pass {
            None
        } else {
            path(&self.connection_password_file, "connection_password_file")
        };
        let password = passwords::read(
            asks(self.ask_pass, "ask_pass"),
            file.as_deref(),
            "SSH password: ",
        )?;
        let file = if self.ask_become_pass {
            None
        } else {
            path(&self.become_password_file, "become_password_file")
        };
        let become_password = passwords::read(
            asks(self.ask_become_pass, "become_ask_pass"),
            file.as_deref(),
            "BECOME password (empty: the SSH password): ",
        )?;
        let empty = |secret: &Secret| secret.reveal().is_empty();
        let become_password = match become_password {
            Some(secret) if empty(&secret) => password.clone(),
            other => other,
        };
        // Those are what hosts have anyway, but this machine does not.
        let transport = settings.text("transport");
        let transport = transport.filter(|kind| !["smart", "ssh"].contains(&kind.as_str()));
        Ok(Options {
            extra_vars,
            user: self.user.clone().or(settings.text("remote_user")),
            connection: self.connection.clone().or(transport),
            private_key: path(&self.private_key, "private_key_file"),
            ssh_common_args: self.ssh_common_args.clone(),
            ssh_extra_args: self.ssh_extra_args.clone(),
            password,
            r#become: self.r#become || settings.boolean("become") == Some(true),
            become_user: self.become_user.clone().or(settings.text("become_user")),
            become_method: self
                .become_method
                .clone()
                .or(settings.text("become_method")),
            become_password,
            accept_new: self.accept_new || settings.boolean("host_key_checking") == Some(false),
            connect_timeout: (self.timeout.or(settings.whole("timeout"))).map(Duration::from_secs),
            ..Options::default()
        })
    }
}
