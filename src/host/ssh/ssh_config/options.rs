//! The settings of `ssh_config` for one host.

use super::super::Algorithms;
use super::setting::Setting;
pub use super::setting::{Checking, Proxy};
use std::time::Duration;

/// The settings of `ssh_config` for one host, `None` if not set. Texts are unchanged, with tokens
/// such as `%h` and `~`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `HostName`.
    pub host_name: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// Every `IdentityFile`, in order; `none` disables the default ones.
    pub identity_files: Vec<String>,
    /// Every `CertificateFile`, in order.
    pub certificate_files: Vec<String>,
    /// `IdentitiesOnly`.
    pub identities_only: Option<bool>,
    /// `IdentityAgent`.
    pub identity_agent: Option<String>,
    /// `ProxyJump` or `ProxyCommand`.
    pub proxy: Option<Proxy>,
    /// `UserKnownHostsFile`.
    pub user_known_hosts: Option<Vec<String>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<String>>,
    /// `HashKnownHosts`.
    pub hash_known_hosts: Option<bool>,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `StrictHostKeyChecking`.
    pub checking: Option<Checking>,
    /// `ConnectTimeout`; `Some(None)` for `none`.
    pub connect_timeout: Option<Option<Duration>>,
    /// `ServerAliveInterval` in seconds, 0 for never.
    pub alive_interval: Option<u64>,
    /// `KexAlgorithms`, `Ciphers`, `MACs` and `HostKeyAlgorithms`.
    pub algorithms: Algorithms,
}

impl Options {
    /// Adds a setting unless it is already set.
    pub(super) fn add(&mut self, setting: &Setting) {
        fn first<T: Clone>(field: &mut Option<T>, value: &T) {
            field.get_or_insert_with(|| value.clone());
        }
        match setting {
            Setting::CertificateFile(value) => {
                if !self.certificate_files.contains(value) {
                    self.certificate_files.push(value.clone());
                }
            }
            Setting::Ciphers(value) => first(&mut self.algorithms.ciphers, value),
            Setting::ConnectTimeout(value) => first(&mut self.connect_timeout, value),
            Setting::GlobalKnownHostsFile(value) => first(&mut self.global_known_hosts, value),
            Setting::HashKnownHosts(value) => first(&mut self.hash_known_hosts, value),
            Setting::HostKeyAlgorithms(value) => first(&mut self.algorithms.host_keys, value),
            Setting::HostKeyAlias(value) => first(&mut self.host_key_alias, value),
            Setting::HostName(value) => first(&mut self.host_name, value),
            Setting::IdentitiesOnly(value) => first(&mut self.identities_only, value),
            Setting::IdentityAgent(value) => first(&mut self.identity_agent, value),
            Setting::IdentityFile(value) => {
                if !self.identity_files.contains(value) {
                    self.identity_files.push(value.clone());
                }
            }
            Setting::KexAlgorithms(value) => first(&mut self.algorithms.key_exchange, value),
            Setting::Macs(value) => first(&mut self.algorithms.macs, value),
            Setting::Port(value) => first(&mut self.port, value),
            Setting::Proxy(value) => first(&mut self.proxy, value),
            Setting::ServerAliveInterval(value) => first(&mut self.alive_interval, value),
            Setting::StrictHostKeyChecking(value) => first(&mut self.checking, value),
            Setting::User(value) => first(&mut self.user, value),
            Setting::UserKnownHostsFile(value) => first(&mut self.user_known_hosts, value),
        }
    }
}
