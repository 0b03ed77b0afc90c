//! What the user requested of a run, besides the playbook.

use super::{Shard, TagFilter};
use crate::host::Secret;
use crate::template::Extensions;
use crate::yaml::Map;
use std::path::PathBuf;
use std::time::Duration;

/// When plays gather facts that do not say so themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gathering {
    /// Always.
    Implicit,
    /// Never.
    Explicit,
    /// On hosts without facts.
    Smart,
}

/// What the user requested of a run, besides the playbook.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--check`: only predict.
    pub check: bool,
    /// `rmqplay check`: nothing runs, so whatever the playbooks alone show is said now.
    pub only_checks: bool,
    /// `--diff`: compute differences.
    pub diff: bool,
    /// `--forks`: how many hosts run at a time.
    pub forks: usize,
    /// `--limit`: an additional host pattern.
    pub limit: Option<String>,
    /// `--shard`: the part of the hosts that this run has.
    pub shard: Option<Shard>,
    /// `--per-shard`: what depends on all hosts holds for each shard.
    pub per_shard: bool,
    /// `--tags` and `--skip-tags`.
    pub tags: TagFilter,
    /// `--step`: ask the user before each task.
    pub step: bool,
    /// `--extra-vars`; later ones replace earlier ones.
    pub extra_vars: Map,
    /// Number of `-v`.
    pub verbosity: u8,
    /// `--user`.
    pub user: Option<String>,
    /// `--connection`.
    pub connection: Option<String>,
    /// `--private-key`.
    pub private_key: Option<PathBuf>,
    /// `--ssh-common-args`.
    pub ssh_common_args: Option<String>,
    /// `--ssh-extra-args`.
    pub ssh_extra_args: Option<String>,
    /// `--ask-pass`.
    pub password: Option<Secret>,
    /// `--become`.
    pub r#become: bool,
    /// `--become-user`.
    pub become_user: Option<String>,
    /// `--become-method`.
    pub become_method: Option<String>,
    /// `--ask-become-pass`.
    pub become_password: Option<Secret>,
    /// `--accept-new`: accept and store unknown host keys.
    pub accept_new: bool,
    /// `--timeout`: how long a connection may take to come up.
    pub connect_timeout: Option<Duration>,
    /// The time limit of tasks that do not set one.
    pub task_timeout: Duration,
    /// The limits of a role's script on each host.
    pub script_limits: crate::script::Limits,
    /// Filters and tests of the project.
    pub extensions: Extensions,
    /// `--force-handlers`.
    pub force_handlers: bool,
    /// When plays gather facts that do not say so themselves.
    pub gathering: Gathering,
    /// How many tasks of a host are asked about in one request at most; with 1 each asks for itself.
    pub ahead: usize,
    /// `--compat`: as lenient as Ansible.
    pub compat: bool,
    /// A description of the run for others: which playbook, who, on which machine and since when.
    pub run_name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check: false,
            only_checks: false,
            diff: false,
            forks: 50,
            limit: None,
            shard: None,
            per_shard: false,
            tags: TagFilter::default(),
            step: false,
            extra_vars: Map::new(),
            verbosity: 0,
            user: None,
            connection: None,
            private_key: None,
            ssh_common_args: None,
            ssh_extra_args: None,
            password: None,
            r#become: false,
            become_user: None,
            become_method: None,
            become_password: None,
            accept_new: false,
            connect_timeout: None,
            task_timeout: Duration::from_secs(1800),
            script_limits: crate::script::Limits::default(),
            extensions: Extensions::default(),
            force_handlers: false,
            gathering: Gathering::Implicit,
            ahead: 64,
            compat: false,
            run_name: "a run".to_owned(),
        }
    }
}
