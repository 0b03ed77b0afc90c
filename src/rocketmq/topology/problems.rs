//! Problems that keep a cluster from working, or let it lose messages.

use super::broker::Broker;
use super::{Replication, TopologyModule, folders, settings};
use crate::source::did_you_mean;
use std::collections::BTreeMap;

/// Returns all problems of a cluster.
pub(super) fn of(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let mut problems = Vec::new();
    if settings::numbers(&topology.version).len() < 3 {
        problems.push(format!(
            "{:?} is not a version of RocketMQ (expected one such as 4.9.7)",
            topology.version
        ));
    }
    if topology.nameservers.is_empty() {
        problems.push("no host is in the group nameservers".to_owned());
    }
    if brokers.iter().all(|broker| broker.id != 0) {
        problems.push("no host is in the group masters".to_owned());
    }
    problems.extend(unknown_variables(topology));
    problems.extend(names(topology, brokers));
    problems.extend(addresses(topology));
    problems.extend(pairs(topology, brokers));
    problems.extend(ports(topology, brokers));
    problems.extend(folders::problems(topology, brokers));
    let replicas = brokers.iter();
    problems.extend(replicas.filter_map(|broker| broker.replicas_problem(topology, brokers)));
    problems
}

/// A misspelt variable would silently leave the default in force.
fn unknown_variables(topology: &TopologyModule) -> impl Iterator<Item = String> {
    let known = || topology.known.iter().map(String::as_str);
    let unknown = topology.variables.iter();
    unknown
        .filter(move |name| !known().any(|known| known == *name))
        .map(move |name| match did_you_mean(name, known()) {
            Some(help) => format!("unknown variable {name}: {help}"),
            None => {
                format!("unknown variable {name}: see roles/rocketmq/defaults/main.yml for all variables")
            }
        })
}

/// Returns what works but is not recommended.
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
        format!("{instance} is on {host} like its master: both are lost with that host")
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
        .map(|(what, name)| format!("{what} is {name:?}: use letters, digits, _ and -"))
        .collect();
    wrong.dedup();
    wrong
}

/// A broker registers its address with the nameservers, so others must be able to reach it.
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
        } else if address.contains(':') && settings::numbers(&topology.version) < vec![4] {
            problems.push(format!(
                "the address of {} is {address}, but RocketMQ {} does not support IPv6",
                machine.host, topology.version
            ));
        } else if address.contains(':') && !TopologyModule::is_address(address) {
            problems.push(format!(
                "the address of {} is {address}: write it without brackets and port",
                machine.host
            ));
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
                "{} cannot have port {}: it also uses ports next to it",
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
