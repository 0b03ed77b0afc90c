//! One broker of a cluster: its place and its configuration.

use super::machine::{Entry, Machine};
use super::{Replication, TopologyModule, located, settings};
use crate::value::{self, Fields, Value};
use std::collections::BTreeMap;

/// The port of a host's first broker, and the distance to the next one: a broker also uses the port
/// after its own (for slaves) and the second port before it (for VIP producers).
const PORT: u16 = 10911;
const PORTS_APART: u16 = 10;

/// The first version that uses the second port before a broker's own.
const HAS_FAST_PORT: [u32; 2] = [3, 5];

/// The first version in which a master with `sync` must be configured with how many brokers must
/// have a message, itself included: with the default of 1 it acknowledges messages that no slave
/// has (`CommitLog.handleDiskFlushAndHA`; measured with a frozen slave on 5.3.3).
const COUNTS_REPLICAS: [u32; 2] = [5, 0];
const IN_SYNC_REPLICAS: &str = "inSyncReplicas";
/// The master and one slave, as before 5.0.
const REPLICAS: &str = "2";

/// One broker of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Broker {
    pub(super) name: String,
    pub(super) id: u64,
    pub(super) host: String,
    pub(super) address: String,
    pub(super) port: u16,
    /// All ports it listens on.
    pub(super) ports: Vec<u16>,
    /// The folder of its logs, and of its messages unless `store` is set.
    pub(super) home: String,
    pub(super) store: String,
    settings: BTreeMap<String, String>,
}

impl Broker {
    /// Returns all brokers, masters first, and the problems of their declarations.
    pub(super) fn all(topology: &TopologyModule) -> (Vec<Self>, Vec<String>) {
        let groups = topology.masters.iter().chain(&topology.slaves);
        let missing = groups.filter(|host| topology.machine(host).is_none());
        let mut problems: Vec<_> = missing
            .map(|host| format!("{host} is in a group, but not among the hosts"))
            .collect();
        let machines = topology.hosts.iter();
        problems.extend(machines.filter_map(|machine| machine.ambiguity(topology)));
        let mut brokers: Vec<Self> = Vec::new();
        for (machine, entry) in entries(topology) {
            let before = brokers.iter();
            let before = before.filter(|other| other.address == machine.address);
            brokers.push(Self::new(topology, machine, entry, before.count()));
        }
        brokers.sort_by_key(|broker| broker.id);
        (brokers, problems)
    }

    fn new(topology: &TopologyModule, machine: &Machine, entry: Entry, before: usize) -> Self {
        let version = settings::numbers(&topology.version);
        let step = u16::try_from(before)
            .unwrap_or(u16::MAX)
            .saturating_mul(PORTS_APART);
        let port = entry.port.unwrap_or(PORT.saturating_add(step));
        let mut ports = vec![port, port.saturating_add(1)];
        if version.as_slice() >= HAS_FAST_PORT.as_slice() {
            ports.push(port.saturating_sub(2));
        }
        let home = format!("{}/{}", topology.home, instance(&entry.name, entry.id));
        Self {
            host: machine.host.clone(),
            address: machine.address.clone(),
            port,
            ports,
            store: entry.store.unwrap_or_else(|| format!("{home}/store")),
            home,
            settings: entry.settings,
            name: entry.name,
            id: entry.id,
        }
    }

    /// Returns its unique name among all brokers, after which its files are named.
    pub(super) fn instance(&self) -> String {
        instance(&self.name, self.id)
    }

    pub(super) fn role(&self) -> &'static str {
        if self.id == 0 { "master" } else { "slave" }
    }

    /// Returns its settings as its version spells them, without those that the topology decides, or
    /// the problems with them.
    pub(super) fn settings(&self, topology: &TopologyModule) -> Result<Fields, Vec<String>> {
        let version = settings::numbers(&topology.version);
        let mut fields = Fields::new();
        let mut problems = Vec::new();
        if let Some(replicas) = self.replicas(topology) {
            fields.insert(IN_SYNC_REPLICAS.to_owned(), replicas.into());
        }
        for (name, value) in topology.settings.iter().chain(&self.settings) {
            let name = settings::name_in(&version, name);
            match settings::value_in(&version, &name, value) {
                Ok(value) => _ = fields.insert(name, value.into()),
                Err(wrong) => {
                    problems.push(format!("{} of {}: {wrong}", self.instance(), self.host));
                }
            }
        }
        if problems.is_empty() {
            Ok(fields)
        } else {
            Err(problems)
        }
    }

    /// Returns how many brokers must have a message before a master with `sync` acknowledges it, in
    /// versions that need this setting.
    fn replicas(&self, topology: &TopologyModule) -> Option<&'static str> {
        let version = settings::numbers(&topology.version);
        let waits = topology.replication == Replication::Sync && self.id == 0;
        (waits && version.as_slice() >= COUNTS_REPLICAS.as_slice()).then_some(REPLICAS)
    }

    /// Returns the problem with a setting that lets a master with `sync` acknowledge messages that
    /// no slave has, or wait for more slaves than it has.
    pub(super) fn replicas_problem(
        &self,
        topology: &TopologyModule,
        brokers: &[Self],
    ) -> Option<String> {
        self.replicas(topology)?;
        let own = self.settings.get(IN_SYNC_REPLICAS);
        let given = own.or_else(|| topology.settings.get(IN_SYNC_REPLICAS))?;
        let wanted: usize = given.trim().parse().ok()?;
        let of_name = brokers.iter().filter(|other| other.name == self.name);
        let there = of_name.count();
        (wanted < 2 || wanted > there).then(|| {
            format!(
                "{}: {IN_SYNC_REPLICAS} is {wanted}, but with rocketmq_replication: sync it is a number from 2 \
                 (the master and one slave) to {there} (all brokers of that name)",
                self.instance()
            )
        })
    }

    /// Returns it in the form that `rocketmq_cluster` takes.
    pub(super) fn short(&self) -> Value {
        Value::from_pairs([
            ("name", Value::from(self.name.as_str())),
            ("id", Value::from(self.id)),
            ("address", Value::from(located(&self.address, self.port))),
        ])
    }

    /// Returns it in the form that playbooks use.
    pub(super) fn value(&self) -> Value {
        value::map(self.fields())
    }

    /// Returns it with the details that only its own host needs.
    pub(super) fn value_with(&self, settings: Fields) -> Value {
        let mut fields = self.fields();
        fields.insert("home".to_owned(), self.home.as_str().into());
        fields.insert("store".to_owned(), self.store.as_str().into());
        let (home, store) = (&self.home, &self.store);
        let folders = [
            home.clone(),
            format!("{home}/logs"),
            store.clone(),
            format!("{store}/commitlog"),
            format!("{store}/consumequeue"),
            format!("{store}/index"),
        ];
        fields.insert("folders".to_owned(), folders.to_vec().into());
        fields.insert("settings".to_owned(), value::map(settings));
        value::map(fields)
    }

    fn fields(&self) -> Fields {
        let ports: Value = self.ports.iter().copied().map(Value::from).collect();
        let named = [
            ("name", Value::from(self.name.as_str())),
            ("id", Value::from(self.id)),
            ("instance", Value::from(self.instance())),
            ("role", Value::from(self.role())),
            ("host", Value::from(self.host.as_str())),
            ("address", Value::from(located(&self.address, self.port))),
            ("ip", Value::from(self.address.as_str())),
            ("port", Value::from(self.port)),
            ("ports", ports),
        ];
        let named = named.into_iter();
        named
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// Returns the entry of every broker: those listed by hosts, then the other hosts of the group
/// `masters`, then those of the group `slaves`, which copy the masters in turn.
fn entries(topology: &TopologyModule) -> Vec<(&Machine, Entry)> {
    let is_broker = |machine: &&Machine| {
        let mut groups = topology.masters.iter().chain(&topology.slaves);
        groups.any(|host| *host == machine.host)
    };
    let derived = |host: &str| {
        let machine = topology.machine(host);
        machine.filter(|machine| machine.brokers.is_empty())
    };
    let mut entries: Vec<(&Machine, Entry)> = Vec::new();
    for machine in topology.hosts.iter().filter(is_broker) {
        let own = machine.brokers.iter().cloned();
        entries.extend(own.map(|entry| (machine, entry)));
    }
    for (index, host) in topology.masters.iter().enumerate() {
        if let Some(machine) = derived(host) {
            let name = format!("broker-{}", letters(index));
            entries.push((machine, machine.only_broker(topology, name, 0)));
        }
    }
    let masters = entries.iter().filter(|(_, entry)| entry.id == 0);
    let masters: Vec<_> = masters.map(|(_, entry)| entry.name.clone()).collect();
    for (index, host) in topology.slaves.iter().enumerate() {
        let round = index.checked_div(masters.len()).unwrap_or_default();
        let master = masters.get(index - round * masters.len());
        if let (Some(machine), Some(master)) = (derived(host), master) {
            let id = 1 + round as u64;
            entries.push((machine, machine.only_broker(topology, master.clone(), id)));
        }
    }
    entries
}

impl Machine {
    fn only_broker(&self, topology: &TopologyModule, name: String, id: u64) -> Entry {
        if self.count(topology) > 1 {
            return Entry {
                name,
                id,
                ..Entry::default()
            };
        }
        Entry {
            name: self.name.clone().unwrap_or(name),
            id: self.id.unwrap_or(id),
            port: self.port,
            store: self.store.clone(),
            settings: BTreeMap::new(),
        }
    }

    /// Returns how many brokers the groups assign to it.
    fn count(&self, topology: &TopologyModule) -> usize {
        let groups = topology.masters.iter().chain(&topology.slaves);
        groups.filter(|host| **host == self.host).count()
    }

    /// A variable for a host's only broker is ambiguous if the host has several.
    fn ambiguity(&self, topology: &TopologyModule) -> Option<String> {
        let says = [
            ("rocketmq_listen_port", self.port.is_some()),
            ("rocketmq_broker_name", self.name.is_some()),
            ("rocketmq_broker_id", self.id.is_some()),
            ("rocketmq_store", self.store.is_some()),
        ];
        let (variable, _) = says.into_iter().find(|(_, is_said)| *is_said)?;
        let has_several = !self.brokers.is_empty() || self.count(topology) > 1;
        has_several.then(|| {
            let host = &self.host;
            format!("{host} has several brokers: set {variable} for each in rocketmq_brokers")
        })
    }
}

/// Returns `a` to `z`, then `aa`, `ab`, ….
fn letters(index: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(index % 26).unwrap_or_default());
    match index / 26 {
        0 => letter.to_string(),
        more => letters(more - 1) + &letter.to_string(),
    }
}

fn instance(name: &str, id: u64) -> String {
    match id {
        0 => name.to_owned(),
        1 => format!("{name}-s"),
        _ => format!("{name}-s{id}"),
    }
}
