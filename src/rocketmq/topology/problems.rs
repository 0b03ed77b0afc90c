//! What would keep a cluster from working, or let it lose messages.

use super::broker::Broker;
use super::{Replication, TopologyModule, settings};
use std::collections::BTreeMap;

/// Returns everything that is wrong with a cluster.
pub(super) fn of(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let mut problems = Vec::new();
    if settings::numbers(&topology.version).len() < 2 {
        problems.push(format!("{:?} is no version of RocketMQ", topology.version));
    }
    if topology.nameservers.is_empty() {
        problems.push("no host is in the group nameservers".to_owned());
    }
    if brokers.iter().all(|broker| broker.id != 0) {
        problems.push("no host is in the group masters".to_owned());
    }
    problems.extend(names(topology, brokers));
    problems.extend(addresses(topology));
    problems.extend(pairs(topology, brokers));
    problems.extend(ports(topology, brokers));
    problems.extend(folders(brokers));
    problems.extend(in_releases(topology, brokers));
    problems
}

/// Returns what works, but should not be so.
pub(super) fn warnings(brokers: &[Broker]) -> Vec<String> {
    let slaves = brokers.iter().filter(|broker| broker.id != 0);
    let shared = slaves.filter(|slave| {
        let mut others = brokers.iter();
        others.any(|other| {
            other.id == 0 && other.name == slave.name && other.address == slave.address
        })
    });
    let warning = |slave: &Broker| {
        let (instance, host) = (slave.instance(), &slave.host);
        format!("{instance} is on {host} as its master is: both are lost with it")
    };
    shared.map(warning).collect()
}

fn names(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let cluster = ("the cluster's name", topology.cluster.as_str());
    let prefix = ("rocketmq_name_prefix", topology.prefix());
    let names = brokers
        .iter()
        .map(|broker| ("a broker's name", broker.name.as_str()));
    let mut wrong: Vec<_> = [cluster, prefix]
        .into_iter()
        .chain(names)
        .filter(|(_, name)| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            name.is_empty() || !name.chars().all(is_allowed)
        })
        .map(|(what, name)| format!("{what} is {name:?}: letters, digits, _ and - make a name"))
        .collect();
    wrong.dedup();
    wrong
}

/// A broker registers its address with the nameservers: others must be able to use it.
fn addresses(topology: &TopologyModule) -> Vec<String> {
    let mut all: Vec<_> = topology
        .hosts
        .iter()
        .map(|machine| &machine.address)
        .collect();
    all.sort();
    all.dedup();
    let is_own = |address: &str| {
        address == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback() || address.is_unspecified())
    };
    let mut problems = Vec::new();
    for machine in &topology.hosts {
        let address = &machine.address;
        if address.is_empty() || address.contains([' ', ';', ',', '/']) {
            problems.push(format!("the address of {} is {address:?}", machine.host));
        } else if all.len() > 1 && is_own(address) {
            let host = &machine.host;
            problems.push(format!(
                "others cannot reach {host} at {address}: set rocketmq_address"
            ));
        }
    }
    problems
}

fn pairs(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut groups: BTreeMap<&str, BTreeMap<u64, Vec<&str>>> = BTreeMap::new();
    for broker in brokers {
        let group = groups.entry(&broker.name).or_default();
        group.entry(broker.id).or_default().push(&broker.host);
    }
    for (name, group) in groups {
        for (id, hosts) in &group {
            if hosts.len() > 1 {
                problems.push(format!(
                    "{name} has the number {id} twice: on {}",
                    hosts.join(" and ")
                ));
            }
        }
        if !group.contains_key(&0) {
            let hosts: Vec<_> = group.values().flatten().copied().collect();
            problems.push(format!(
                "{name} has no master, but a slave on {}",
                hosts.join(", ")
            ));
        }
        if topology.replication == Replication::Sync && group.len() == 1 && group.contains_key(&0) {
            problems.push(format!(
                "{name} has no slave, so with rocketmq_replication: sync every message would be \
                 answered with SLAVE_NOT_AVAILABLE"
            ));
        }
    }
    problems
}

fn ports(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let mut taken: BTreeMap<(String, u16), Vec<String>> = BTreeMap::new();
    for host in &topology.nameservers {
        let place = (topology.address(host), topology.port());
        taken
            .entry(place)
            .or_default()
            .push("a nameserver".to_owned());
    }
    let mut problems = Vec::new();
    for broker in brokers {
        if broker.port < 3 || broker.port == u16::MAX {
            problems.push(format!(
                "{} cannot have port {}: it takes others beside it",
                broker.instance(),
                broker.port
            ));
        }
        for port in &broker.ports {
            let place = (broker.address.clone(), *port);
            taken.entry(place).or_default().push(broker.instance());
        }
    }
    let clashes = taken.into_iter().filter(|(_, users)| users.len() > 1);
    problems.extend(clashes.map(|((address, port), users)| {
        format!(
            "port {port} of {address} is taken by {}",
            users.join(" and ")
        )
    }));
    problems
}

fn folders(brokers: &[Broker]) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, broker) in brokers.iter().enumerate() {
        let store = broker.store.trim_end_matches('/');
        let depth = store.split('/').filter(|name| !name.is_empty()).count();
        let is_plain = store.chars().all(|c| c.is_ascii_graphic() && c != '\\')
            && !store.split('/').any(|name| name == "." || name == "..");
        if !store.starts_with('/') || depth < 2 || !is_plain {
            problems.push(format!(
                "the store of {} is {:?}: an absolute path of at least two plain names is wanted",
                broker.instance(),
                broker.store
            ));
        }
        let rest = brokers.get(index + 1..).unwrap_or_default();
        for other in rest.iter().filter(|other| other.address == broker.address) {
            if below(&other.store, store) || below(store, &other.store) {
                problems.push(format!(
                    "{} and {} on {} have one store: {} and {}",
                    broker.instance(),
                    other.instance(),
                    broker.host,
                    broker.store,
                    other.store
                ));
            }
        }
    }
    problems
}

/// An upgrade replaces the release, and with it all that is in there.
fn in_releases(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let home = std::iter::once(("rocketmq_home", topology.home.as_str()));
    let stores = brokers
        .iter()
        .map(|broker| ("a store", broker.store.as_str()));
    let mut problems = Vec::new();
    for (what, folder) in home.chain(stores) {
        let mut releases = topology.releases.iter();
        if let Some(release) = releases.find(|release| below(folder, release)) {
            problems.push(format!(
                "{what} is {folder}, in the release {release}: it would be lost with it"
            ));
        }
    }
    problems
}

/// Whether a folder is another one, or in it.
fn below(inner: &str, outer: &str) -> bool {
    let rest = inner.strip_prefix(outer.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
