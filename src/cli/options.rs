//! Options that `run`, `exec` and `repl` share.

use super::candidates;
use super::extra_vars;
use super::passwords;
use super::run_name;
use super::sources::Sources;
use crate::host::Secret;
use crate::run::{Options, TagFilter};
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
    /// Number of hosts to work on at once.
    #[arg(short, long, value_name = "N", default_value_t = 50, value_parser = forks)]
    forks: usize,
    #[command(flatten)]
    login: LoginArguments,
    /// Default task timeout, in seconds; 0 for none.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    task_timeout: u64,
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
    #[arg(long, value_name = "FILE", conflicts_with = "ask_become_pass")]
    become_password_file: Option<PathBuf>,
    /// Ask for the login password.
    #[arg(short = 'k', long)]
    ask_pass: bool,
    /// Read the login password from the first line of a file.
    #[arg(long, value_name = "FILE", conflicts_with = "ask_pass")]
    connection_password_file: Option<PathBuf>,
    /// Log in with this private key.
    #[arg(long, visible_alias = "key-file", value_name = "FILE")]
    private_key: Option<PathBuf>,
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

impl HostArguments {
    /// Returns the options of the run, and asks for passwords. `what` is being run, such as a
    /// playbook.
    pub(super) fn options(
        &self,
        what: &str,
        tags: TagFilter,
        force_handlers: bool,
    ) -> Result<Options> {
        self.sources.vault.unlock()?;
        Ok(Options {
            check: self.check,
            diff: self.diff,
            forks: self.forks,
            limit: self.limit.clone(),
            tags,
            verbosity: self.verbose,
            task_timeout: Duration::from_secs(self.task_timeout),
            force_handlers,
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
        let password = passwords::read(
            self.ask_pass,
            self.connection_password_file.as_deref(),
            "SSH password: ",
        )?;
        let become_password = passwords::read(
            self.ask_become_pass,
            self.become_password_file.as_deref(),
            "BECOME password (empty: the SSH password): ",
        )?;
        let empty = |secret: &Secret| secret.reveal().is_empty();
        let become_password = match become_password {
            Some(secret) if empty(&secret) => password.clone(),
            other => other,
        };
        Ok(Options {
            extra_vars,
            user: self.user.clone(),
            connection: self.connection.clone(),
            private_key: self.private_key.clone(),
            password,
            r#become: self.r#become,
            become_user: self.become_user.clone(),
            become_method: self.become_method.clone(),
            become_password,
            accept_new: self.accept_new,
            connect_timeout: self.timeout.map(Duration::from_secs),
            ..Options::default()
        })
    }
}
