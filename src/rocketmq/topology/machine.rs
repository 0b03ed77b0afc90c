//! The settings of a host in the inventory.

use std::collections::BTreeMap;

/// The settings of a host in the inventory.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    /// Its name in the inventory.
    pub(super) host: String,
    /// The address that others reach it at.
    pub(super) address: String,
    /// The port of its only broker; 10911 by default.
    pub(super) port: Option<u16>,
    /// The name of its only broker.
    pub(super) name: Option<String>,
    /// The number of its only broker.
    pub(super) id: Option<u64>,
    /// The folder of the messages of its only broker.
    pub(super) store: Option<String>,
    /// All its brokers, if not those of the groups.
    #[serde(default)]
    pub(super) brokers: Vec<Entry>,
}

/// A broker listed by a host.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Its name; a slave has its master's name.
    pub(super) name: String,
    /// 0 for a master, a greater number for a slave.
    #[serde(default)]
    pub(super) id: u64,
    /// Its port; 10911, 10921, … by default, in the order of the list.
    pub(super) port: Option<u16>,
    /// The folder of its messages; by default `NAME/store` below the home, or `NAME-s/store` for a
    /// slave.
    pub(super) store: Option<String>,
    /// Settings of this broker, under RocketMQ's own names.
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
}
