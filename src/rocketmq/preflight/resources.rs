//! Memory, disks, ports and limits.

use super::PreflightModule;
use super::check::Check;
use super::machine::Machine;
use crate::host::{Command, HostError, Probe};
use crate::rocketmq::java::{Share, shown};
use std::collections::{BTreeMap, BTreeSet};

/// The percentage of the memory that heaps may take: the rest is for the page cache, which makes
/// RocketMQ fast.
const MOST_OF_MEMORY: u64 = 70;

/// How full a disk may be, in percent: from 90 on a broker accepts no messages, from 75 on it
/// deletes messages early.
const DISK_REFUSES: u64 = 90;
const DISK_DELETES: u64 = 75;

/// Bytes needed for logs, and for messages in addition to their preallocated files.
const ROOM: u64 = 1 << 30;

impl PreflightModule {
    /// Returns the memory share of each program, or which size does not fit.
    pub(super) fn shares(&self, machine: &Machine) -> Result<Vec<Share>, String> {
        Share::of_all(machine.memory("MemTotal"), &self.programs)
    }

    /// All programs of a host share its memory.
    pub(super) fn memory(&self, machine: &Machine) -> Vec<Check> {
        let shares = match self.shares(machine) {
            Ok(shares) => shares,
            Err(reason) => return vec![Check::fail("memory", reason)],
        };
        let Some(total) = machine.memory("MemTotal") else {
            return vec![Check::warn(
                "memory",
                "the host does not report how much it has",
            )];
        };
        let (mut sure, mut most, mut wanted_now) = (0_u64, 0_u64, 0_u64);
        let programs = self.programs.iter().zip(&shares).zip(&machine.running);
        for ((program, share), running) in programs {
            let least = share.heap.bytes.saturating_add(program.taken_by_java());
            let direct = share.direct.as_ref().map_or(0, |direct| direct.bytes);
            sure = least.saturating_add(sure);
            most = least.saturating_add(direct).saturating_add(most);
            if running.is_empty() {
                wanted_now = least.saturating_add(wanted_now);
            }
        }
        let available = machine.memory("MemAvailable").unwrap_or(total);
        let (sure_is, most_is) = (shown(sure), shown(most));
        let (total_is, available_is) = (shown(total), shown(available));
        let found = format!("heaps take {sure_is} of {total_is}");
        vec![if sure > total / 100 * MOST_OF_MEMORY {
            Check::fail(
                "memory",
                format!("{found}, more than {MOST_OF_MEMORY} %: {}", self.advice()),
            )
        } else if wanted_now > available {
            Check::fail(
                "memory",
                format!(
                    "programs that do not run yet need {}, and {available_is} of {total_is} are left",
                    shown(wanted_now)
                ),
            )
        } else if most > total / 100 * DISK_REFUSES {
            Check::warn(
                "memory",
                format!(
                    "programs may take {most_is} of {total_is}: lower rocketmq_broker_direct_memory"
                ),
            )
        } else {
            Check::pass("memory", found)
        }]
    }

    /// Returns how to fix heaps that are too large.
    fn advice(&self) -> String {
        let set = self.programs.iter().filter(|one| !one.heap.is_empty());
        match set.max_by_key(|program| program.is_broker()) {
            Some(program) => format!("lower {}", program.variable("heap")),
            None => "the host is too small for its programs".to_owned(),
        }
    }

    pub(super) fn disks(&self, machine: &Machine) -> Vec<Check> {
        let (mut wrong, mut right) = (Vec::new(), BTreeSet::new());
        if machine.disks.len() < self.folders().len() {
            wrong.push(Check::warn(
                "disk",
                "df does not report how full the disks are",
            ));
        }
        for ((what, folder), (_, disk)) in self.folders().iter().zip(&machine.disks) {
            let (used, left) = (disk.used, shown(disk.available));
            let found = format!("{} is {used} % full, {left} are left", disk.mount);
            let for_what = format!("for {what} in {folder}: {found}");
            let is_used = |most: u64| *what == "messages" && used >= most;
            let why = if is_used(DISK_REFUSES) {
                "; from 90 % on a broker accepts no messages"
            } else if is_used(DISK_DELETES) {
                "; from 75 % on messages are deleted early"
            } else {
                ""
            };
            if disk.available < ROOM / 4 || is_used(DISK_REFUSES) {
                wrong.push(Check::fail("disk", format!("{for_what}{why}")));
            } else if disk.available < ROOM || is_used(DISK_DELETES) {
                wrong.push(Check::warn("disk", format!("{for_what}{why}")));
            } else {
                right.insert(found);
            }
        }
        let right: Vec<_> = right.into_iter().collect();
        wrong.dedup();
        Check::or_pass(wrong, "disk", right.join(", "))
    }

    /// A port must be free, or used by the program it is for.
    pub(super) fn ports(&self, host: &Probe, machine: &Machine) -> Result<Vec<Check>, HostError> {
        let open = listening_ports(machine);
        let (mut taken, mut ours) = (Vec::new(), Vec::new());
        for (program, running) in self.programs.iter().zip(&machine.running) {
            let ports = program.ports.iter().filter(|port| open.contains(port));
            if running.is_empty() {
                taken.extend(ports.map(|port| (*port, program.name.as_str())));
            } else {
                ours.push(program.name.as_str());
            }
        }
        if taken.is_empty() {
            let found = match ours.as_slice() {
                [] => "free".to_owned(),
                ours => format!("free, or of {} that run", ours.join(", ")),
            };
            return Ok(vec![Check::pass("ports", found)]);
        }
        let holders = holders(host)?;
        let mut by_holder: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for (port, name) in taken {
            let holder = holders.iter().find(|(known, _)| *known == port);
            let holder = holder.map_or("another program", |(_, holder)| holder);
            let ports = by_holder.entry((name, holder)).or_default();
            ports.push(port.to_string());
        }
        let tell = |((name, holder), ports): ((&str, &str), Vec<String>)| {
            let ports = ports.join(", ");
            Check::fail("ports", format!("{ports} of {name}: taken by {holder}"))
        };
        Ok(by_holder.into_iter().map(tell).collect())
    }

    /// Returns the addresses where programs of this cluster listen.
    pub(super) fn listening(&self, machine: &Machine) -> Vec<String> {
        let open = listening_ports(machine);
        let programs = self.programs.iter().zip(&machine.running);
        programs
            .filter(|(_, running)| !running.is_empty())
            .flat_map(|(program, _)| &program.ports)
            .filter(|port| open.contains(port))
            .map(|port| format!("{}:{port}", self.address))
            .collect()
    }

    /// Running programs have limits of their own; others get those of a login.
    pub(super) fn limits(&self, machine: &Machine) -> Vec<Check> {
        let mut wrong = Vec::new();
        let mut least = None::<u64>;
        let mut look = |lines: &[String], who: &str, advice: &str| {
            let files = limit(lines, "Max open files");
            let processes = limit(lines, "Max processes");
            least = least.min(files).or(files);
            let found = match (files, processes) {
                (Some(files), _) if files < self.open_files => {
                    format!("{who} may open {files} files, not {}", self.open_files)
                }
                (_, Some(processes)) if processes < self.processes => {
                    format!("{who} may have {processes} threads, not {}", self.processes)
                }
                _ => return,
            };
            wrong.push(Check::warn("limits", format!("{found}{advice}")));
        };
        for (program, running) in self.programs.iter().zip(&machine.running) {
            for process in running {
                let path = format!("/proc/{}/limits", process.pid);
                look(
                    machine.lines(&path),
                    &program.name,
                    "; it was started with that",
                );
            }
        }
        if machine.running.iter().any(Vec::is_empty) {
            let who = self.user.as_deref().unwrap_or("who logs in");
            look(machine.limits_at_start(), who, "");
        }
        let found = match least {
            Some(least) => format!("{least} open files"),
            None => "the host does not report them".to_owned(),
        };
        Check::or_pass(wrong, "limits", found)
    }
}

/// Parses `Max open files   1024   524288   files`: the hard limit, to which Java raises its own.
fn limit(lines: &[String], name: &str) -> Option<u64> {
    let rest = lines.iter().find_map(|line| line.strip_prefix(name))?;
    match rest.split_whitespace().nth(1)? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Returns the ports that any program of the host listens on.
fn listening_ports(machine: &Machine) -> BTreeSet<u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let lines = tables.iter().flat_map(|table| machine.lines(table));
    let port = |line: &String| {
        let mut words = line.split_whitespace().skip(1);
        let (_, port) = words.next()?.rsplit_once(':')?;
        let is_listening = words.nth(1)? == "0A";
        let port = u16::from_str_radix(port, 16).ok()?;
        is_listening.then_some(port)
    };
    lines.filter_map(port).collect()
}

/// Returns who listens where, as reported by `ss`: ports, and `java (process 123)`.
fn holders(host: &Probe) -> Result<Vec<(u16, String)>, HostError> {
    let output = match host.query(&Command::new(["ss", "-Hltnp"])) {
        Ok(output) => output,
        Err(HostError::Step { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(printed.lines().filter_map(holder).collect())
}

/// Parses `LISTEN 0 50 *:10911 *:* users:(("java",pid=123,fd=5))`.
fn holder(line: &str) -> Option<(u16, String)> {
    let (_, port) = line.split_whitespace().nth(3)?.rsplit_once(':')?;
    let (_, user) = line.split_once("users:((\"")?;
    let (name, rest) = user.split_once('"')?;
    let pid = rest.strip_prefix(",pid=")?.split(',').next()?;
    Some((port.parse().ok()?, format!("{name} (process {pid})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_read_from_ss() {
        let line = "LISTEN 0      50      *:10911   *:*    users:((\"java\",pid=123,fd=5))";
        assert_eq!(holder(line), Some((10911, "java (process 123)".to_owned())));
        assert_eq!(holder("LISTEN 0 128 0.0.0.0:22 0.0.0.0:*"), None);
    }

    #[test]
    fn the_hard_limit_counts() {
        let lines = ["Max open files            1024                 524288               files"];
        let lines = lines.map(str::to_owned);
        assert_eq!(limit(&lines, "Max open files"), Some(524_288));
        assert_eq!(limit(&lines, "Max processes"), None);
    }
}
