//! The kernel's parameters, the clock, and the host's name, address and environment.

use super::check::Check;
use super::machine::Machine;
use super::{Name, PreflightModule};
use crate::host::{Command, HostError, Probe};
use crate::rocketmq::topology::numbers;
use std::net::IpAddr;

/// Parameters that are checked although no setting asks for a value.
pub(super) const TRAPS: [&str; 3] = [
    "vm.min_free_kbytes",
    "vm.overcommit_memory",
    "vm.zone_reclaim_mode",
];

/// How many seconds clocks may differ.
const CLOCK_WARNS: u64 = 2;
const CLOCK_FAILS: u64 = 30;

/// Name prefixes of interfaces that other machines cannot reach.
const BRIDGES: [&str; 6] = ["lo", "docker", "br-", "virbr", "veth", "cni"];

/// Up to this version nameservers and brokers do not start if their host name has no address.
const NAME_MATTERS_UNTIL: [u32; 2] = [4, 2];

impl PreflightModule {
    pub(super) fn kernel(&self, machine: &Machine) -> Vec<Check> {
        let mut wrong = Vec::new();
        for (name, wanted) in &self.sysctl {
            let Some(found) = machine.parameter(name) else {
                continue;
            };
            let (is_right, should_be) = match name.as_str() {
                "vm.max_map_count" => (found >= *wanted, "at least "),
                "vm.swappiness" => (found <= *wanted, "at most "),
                _ => (found == *wanted, ""),
            };
            if !is_right {
                let found = format!("{name} is {found}, should be {should_be}{wanted}");
                wrong.push(Check::warn("sysctl", found));
            }
        }
        let free = machine.parameter("vm.min_free_kbytes").unwrap_or(0) << 10;
        let total = machine.memory("MemTotal").unwrap_or(u64::MAX);
        if free > total / 20 {
            let found = "vm.min_free_kbytes reserves more than 5 % of the memory: \
                         set by RocketMQ's os.sh";
            wrong.push(Check::warn("sysctl", found));
        }
        if machine.parameter("vm.zone_reclaim_mode").unwrap_or(0) != 0 {
            let found = "vm.zone_reclaim_mode is not 0: the page cache stays small";
            wrong.push(Check::warn("sysctl", found));
        }
        if machine.parameter("vm.overcommit_memory") == Some(2) {
            let found = "vm.overcommit_memory is 2: Java reserves more than it uses";
            wrong.push(Check::warn("sysctl", found));
        }
        Check::or_pass(wrong, "sysctl", "as it should be")
    }

    /// RocketMQ looks up the address of the machine's own name.
    pub(super) fn own_name(&self, host: &Probe, machine: &Machine) -> Result<Check, HostError> {
        let name = machine.fact("nodename");
        let mut lines = machine.hosts_file.lines();
        let listed = lines.find_map(|line| {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let address = words.next()?;
            words.any(|word| word == name).then(|| address.to_owned())
        });
        let address = match listed {
            Some(address) => Some(address),
            None => resolved(host, name)?,
        };
        Ok(match address {
            Some(address) if is_loopback(&address) => Check::warn(
                "own name",
                format!(
                    "{name} is {address}: programs that resolve it get this as the host's address"
                ),
            ),
            Some(address) => Check::pass("own name", format!("{name} is {address}")),
            None if self.names_are_managed => Check::pass(
                "own name",
                format!("{name} has no address; deploy writes one to /etc/hosts"),
            ),
            None if numbers(&self.version).as_slice() < NAME_MATTERS_UNTIL.as_slice() => {
                Check::fail(
                    "own name",
                    format!("{name} has no address: {} does not start so", self.version),
                )
            }
            None => Check::warn(
                "own name",
                format!("{name} has no address: starts may be slow"),
            ),
        })
    }

    /// A name that is already elsewhere in `/etc/hosts` points to another machine, whatever deploy
    /// adds.
    pub(super) fn names_of_others(&self, machine: &Machine) -> Vec<Check> {
        let cluster = self.cluster.as_deref().unwrap_or_default();
        let (begin, end) = (format!("# BEGIN {cluster}"), format!("# END {cluster}"));
        let mut is_ours = false;
        let mut wrong = Vec::new();
        for line in machine.hosts_file.lines() {
            is_ours = (is_ours || line == begin) && line != end;
            let mut words = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            let (Some(address), false) = (words.next(), is_ours) else {
                continue;
            };
            let names: Vec<_> = words.collect();
            let mut wanted = self.names.iter();
            let other =
                wanted.find(|one| names.contains(&one.name.as_str()) && one.address != address);
            if let Some(Name {
                address: wanted,
                name,
            }) = other
            {
                wrong.push(Check::fail(
                    "names",
                    format!(
                        "{name} is {address} in /etc/hosts, not {wanted}: set rocketmq_name_prefix"
                    ),
                ));
            }
        }
        wrong
    }

    /// Brokers are configured with this address, so it must be one that others can reach.
    pub(super) fn own_address(&self, machine: &Machine) -> Check {
        let address = self.address.as_str();
        let interfaces = machine.facts.get("interfaces");
        let interfaces = interfaces.and_then(|names| names.try_iter().ok());
        let has = |interface: &String| {
            let of = machine.facts.get(&interface.replace(['-', ':', '.'], "_"));
            let ipv4 = of.and_then(|of| of.get_attr("ipv4").ok());
            let own = ipv4.and_then(|ipv4| ipv4.get_attr("address").ok());
            own.is_some_and(|own| own.as_str() == Some(address))
        };
        let names = interfaces.into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        let interface = names.into_iter().find(has);
        match interface {
            Some(name) if name != "lo" && BRIDGES.iter().any(|bridge| name.starts_with(bridge)) => {
                Check::fail(
                    "address",
                    format!(
                        "{address} is that of {name}: other machines cannot reach it; set rocketmq_address"
                    ),
                )
            }
            Some(name) => Check::pass("address", format!("{address} on {name}")),
            None if address.parse::<IpAddr>().is_ok() && !self.is_listed(machine) => Check::warn(
                "address",
                format!("no interface has {address}: is it that of a gateway?"),
            ),
            None => Check::pass("address", address),
        }
    }

    /// Secondary addresses of an interface are only in the list of all addresses.
    fn is_listed(&self, machine: &Machine) -> bool {
        let lists = ["all_ipv4_addresses", "all_ipv6_addresses"];
        let mut lists = lists.iter().filter_map(|list| machine.facts.get(*list));
        lists.any(|list| {
            let mut addresses = list.try_iter().into_iter().flatten();
            addresses.any(|address| address.as_str() == Some(self.address.as_str()))
        }) || is_loopback(&self.address)
    }
}

/// Resolves a name; returns `None` if it has no address or cannot be resolved.
fn resolved(host: &Probe, name: &str) -> Result<Option<String>, HostError> {
    match host.query(&Command::new(["getent", "hosts", name])) {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            Ok(printed.split_whitespace().next().map(str::to_owned))
        }
        Err(HostError::Step { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_loopback(address: &str) -> bool {
    address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

/// Message times, lookups by time and the order of log lines depend on the clocks.
pub(super) fn clock(machine: &Machine) -> Check {
    let seconds = machine.clock.unsigned_abs();
    let side = if machine.clock > 0 {
        "ahead of"
    } else {
        "behind"
    };
    let found = format!("{seconds} s {side} this machine");
    match seconds {
        CLOCK_FAILS.. => Check::fail("clock", found),
        CLOCK_WARNS.. => Check::warn("clock", found),
        _ => Check::pass("clock", "as this machine's"),
    }
}

/// Java takes options from these variables, and they win over the command line.
pub(super) fn environment(machine: &Machine) -> Option<Check> {
    let environment = machine.facts.get("env")?;
    let names = ["_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"];
    let set = names.into_iter().find_map(|name| {
        let value = environment.get_attr(name).ok()?;
        Some(format!("{name}={}", value.as_str()?))
    })?;
    Some(Check::warn(
        "environment",
        format!("{set} is set: Java takes undeclared options from it"),
    ))
}
