//! `rocketmq_topology`: the topology of a cluster, from the groups of the inventory.

mod broker;
mod folders;
mod machine;
mod problems;
mod settings;

use super::wire::Address;
use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use broker::Broker;
use machine::Machine;
pub(super) use settings::numbers;
use std::collections::BTreeMap;

/// Computes the topology of a cluster from the groups of the inventory, and reports all problems
/// with it before any host is touched. It contacts no host.
///
/// The brokers of `masters` are called broker-a, broker-b, … in the order of the group. The brokers
/// of `slaves` copy the masters in turn: the first one copies the first master, and so on, starting
/// over after the last. A host in both groups has a broker of each kind. For any other layout,
/// hosts list their brokers themselves.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopologyModule {
    /// The release, such as `3.2.6`.
    version: String,
    /// The cluster's name.
    cluster: String,
    /// How slaves get messages: a master answers before they have them (`async`) or after (`sync`).
    #[serde(default)]
    replication: Replication,
    /// The host whose brokers are returned as `here`.
    host: String,
    /// All hosts.
    hosts: Vec<Machine>,
    /// Names of the hosts that run a nameserver.
    nameservers: Vec<String>,
    /// Names of the hosts that run a master.
    masters: Vec<String>,
    /// Names of the hosts that run a slave.
    #[serde(default)]
    slaves: Vec<String>,
    /// The port of the nameservers; 9876 by default.
    nameserver_port: Option<u16>,
    /// The folder on the hosts for data, logs and configuration.
    home: String,
    /// Folders of the release, which an upgrade replaces: they must not contain data.
    #[serde(default)]
    releases: Vec<String>,
    /// Whether brokers get the nameservers' names in `/etc/hosts` instead of their addresses.
    #[serde(default)]
    by_name: bool,
    /// The prefix of these names; `rocketmq` by default. Two clusters that share a host need
    /// different ones.
    name_prefix: Option<String>,
    /// Settings of every broker of this host, under RocketMQ's own names.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// Names of the variables set for this host; any that is not `known` is an error.
    #[serde(default)]
    variables: Vec<String>,
    /// Names of the variables that can be set.
    #[serde(default)]
    known: Vec<String>,
}

/// How slaves get messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Replication {
    /// After the producer has its answer.
    #[default]
    Async,
    /// Before.
    Sync,
}

impl BuiltIn for TopologyModule {
    const NAME: &'static str = "rocketmq_topology";
    const EXAMPLE: &'static str = "\
- name: Who does what
  rocketmq_topology:
    version: 3.2.6
    cluster: rocketmq-cluster
    replication: sync
    host: mq1
    hosts:
      - {host: mq1, address: 192.168.2.201}
      - {host: mq2, address: 192.168.2.202}
    nameservers: [mq1, mq2]
    masters: [mq1]
    slaves: [mq2]
    home: /var/lib/rocketmq
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "nameservers",
            "Addresses of the nameservers, `ADDRESS:PORT`.",
        ),
        ("namesrv_addr", "The same in the form that brokers use."),
        (
            "brokers",
            "All brokers as `rocketmq_cluster` takes them: maps of `name`, `id` and `address`.",
        ),
        (
            "all",
            "All brokers, more of them: also `instance` (`broker-a`, `broker-a-s` for its slave), \
             `role` (`master` or `slave`), `host`, `ip`, `port` and `ports`.",
        ),
        (
            "rolling",
            "The same in the order of a rolling restart: for each name the slaves, then the master.",
        ),
        (
            "here",
            "The brokers of this host: also `home`, `store`, `folders` (all that must be there) and \
             `settings`, the map of those that its place in the cluster does not decide.",
        ),
        (
            "names",
            "What `/etc/hosts` must know: maps of `address` and `name`. Hosts whose address is a \
             name are left to name service.",
        ),
        (
            "machines",
            "All hosts with an address instead of a name: maps of `host` and `address`.",
        ),
    ];
}

impl Module for TopologyModule {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        let (brokers, mut problems) = Broker::all(self);
        problems.extend(problems::of(self, &brokers));
        let own = brokers.iter().filter(|broker| broker.host == self.host);
        let mut here = Vec::new();
        for broker in own {
            match broker.settings(self) {
                Ok(settings) => here.push(broker.value_with(settings)),
                Err(wrong) => problems.extend(wrong),
            }
        }
        if !problems.is_empty() {
            return Err(ModuleError::refused(problems.join("; ")));
        }
        let mut change = Change {
            warnings: problems::warnings(&brokers),
            ..Change::default()
        };
        let nameservers = self.nameserver_addresses();
        change.returns(
            "nameservers",
            nameservers.map(Value::from).collect::<Value>(),
        );
        change.returns("namesrv_addr", self.namesrv_addr());
        change.returns(
            "brokers",
            brokers.iter().map(Broker::short).collect::<Value>(),
        );
        change.returns("all", brokers.iter().map(Broker::value).collect::<Value>());
        let rolling = rolling(&brokers);
        let rolling = rolling.iter().map(|broker| broker.value());
        change.returns("rolling", rolling.collect::<Value>());
        change.returns("here", Value::from(here));
        change.returns("names", self.names(&brokers));
        change.returns("machines", self.machines());
        Ok(change)
    }
}

/// Returns the address of a program; an IPv6 address gets brackets.
fn located(address: &str, port: u16) -> String {
    let host = address.to_owned();
    Address { host, port }.to_string()
}

/// Returns brokers in the order of a rolling restart: for each name the slaves, then the master.
fn rolling(brokers: &[Broker]) -> Vec<&Broker> {
    let mut rolling: Vec<_> = brokers.iter().collect();
    rolling.sort_by_key(|broker| (&broker.name, broker.id == 0));
    rolling
}

impl TopologyModule {
    fn prefix(&self) -> &str {
        self.name_prefix.as_deref().unwrap_or("rocketmq")
    }

    fn port(&self) -> u16 {
        self.nameserver_port.unwrap_or(9876)
    }

    fn machine(&self, host: &str) -> Option<&Machine> {
        self.hosts.iter().find(|machine| machine.host == host)
    }

    fn address(&self, host: &str) -> String {
        let machine = self.machine(host);
        machine.map_or_else(|| host.to_owned(), |machine| machine.address.clone())
    }

    fn nameserver_addresses(&self) -> impl Iterator<Item = String> {
        let hosts = self.nameservers.iter();
        hosts.map(|host| located(&self.address(host), self.port()))
    }

    /// Returns whether it is an address rather than a name to resolve.
    fn is_address(address: &str) -> bool {
        address.parse::<std::net::IpAddr>().is_ok()
    }

    fn namesrv_addr(&self) -> String {
        let all: Vec<_> = self
            .nameservers
            .iter()
            .enumerate()
            .map(|(index, host)| {
                let (address, port) = (self.address(host), self.port());
                if self.by_name && Self::is_address(&address) {
                    format!("{}-nameserver{}:{port}", self.prefix(), index + 1)
                } else {
                    located(&address, port)
                }
            })
            .collect();
        all.join(";")
    }

    fn machines(&self) -> Value {
        let named = self.hosts.iter();
        let named = named.filter(|machine| Self::is_address(&machine.address));
        named
            .map(|machine| {
                Value::from_pairs([
                    ("host", Value::from(machine.host.as_str())),
                    ("address", Value::from(machine.address.as_str())),
                ])
            })
            .collect()
    }

    /// The names in the seed: nameservers and masters are numbered, a slave is named after its
    /// master.
    fn names(&self, brokers: &[Broker]) -> Value {
        let prefix = self.prefix();
        let mut names: Vec<(String, String)> = Vec::new();
        for (index, host) in self.nameservers.iter().enumerate() {
            let name = format!("{prefix}-nameserver{}", index + 1);
            names.push((self.address(host), name));
        }
        let masters: Vec<_> = brokers.iter().filter(|broker| broker.id == 0).collect();
        for (index, master) in masters.iter().enumerate() {
            let number = index + 1;
            names.push((master.address.clone(), format!("{prefix}-master{number}")));
            let own = brokers.iter().filter(|broker| broker.name == master.name);
            for slave in own.filter(|broker| broker.id > 0) {
                let further = if slave.id == 1 {
                    String::new()
                } else {
                    slave.id.to_string()
                };
                let name = format!("{prefix}-master{number}-slave{further}");
                names.push((slave.address.clone(), name));
            }
        }
        let entry = |(address, name): (String, String)| {
            Value::from_pairs([
                ("address", Value::from(address)),
                ("name", Value::from(name)),
            ])
        };
        let names = names.into_iter();
        let resolved_here = names.filter(|(address, _)| Self::is_address(address));
        resolved_here.map(entry).collect()
    }
}

#[cfg(test)]
mod tests;
