//! `rocketmq_preflight`: whether a host is suitable for its programs.

mod advisories;
mod check;
mod machine;
mod reach;
mod resources;
mod store;
mod system;

use super::java::{Java, usual_program};
use super::program::Program;
use super::strangers;
use crate::change::Change;
use crate::host::{HostError, Probe};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};
use check::Check;
use machine::Machine;
pub(super) use reach::ReachModule;
use std::collections::BTreeMap;

/// Checks whether a host is suitable for the RocketMQ programs that run on it, or should run on it.
///
/// It checks Java, memory, disks, ports, limits, kernel parameters, the clock, the host's own name
/// and address, what brokers left in their stores, and known vulnerabilities of the version.
/// Nothing is changed. Problems do not fail the task, but are returned.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreflightModule {
    /// The release of RocketMQ, such as `3.2.6`.
    version: String,
    /// The Java program: a path, or a name to look up in PATH.
    #[serde(default = "usual_program")]
    java: String,
    /// Additional options for programs, in the form that `rocketmq_java` takes.
    #[serde(default)]
    java_options: Vec<String>,
    /// The address by which others reach this host.
    address: String,
    /// The cluster's name: stores marked with a different one belong to another cluster.
    cluster: Option<String>,
    /// Names that are going to be written to `/etc/hosts`.
    #[serde(default)]
    names: Vec<Name>,
    /// The user that programs run as, if not the login user.
    user: Option<String>,
    /// The programs that should run here.
    programs: Vec<Program>,
    /// The wanted kernel parameters: `vm.max_map_count` at least, `vm.swappiness` at most, others
    /// exactly.
    #[serde(default)]
    sysctl: BTreeMap<String, u64>,
    /// How many files a program should be able to open.
    #[serde(default)]
    open_files: u64,
    /// How many processes and threads a user should be able to have.
    #[serde(default)]
    processes: u64,
    /// Whether the host's own name is going to be written to `/etc/hosts`.
    #[serde(default)]
    names_are_managed: bool,
    /// The link to the release in use, in the form that `rocketmq_strangers` takes.
    #[schemars(with = "Option<String>")]
    link: Option<Utf8PathBuf>,
}

/// A name that is going to be written to `/etc/hosts`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    /// Its future address.
    address: String,
    /// The name.
    name: String,
}

impl BuiltIn for PreflightModule {
    const NAME: &'static str = "rocketmq_preflight";
    const EXAMPLE: &'static str = "\
- name: This host is fit for a broker
  rocketmq_preflight:
    version: 4.9.7
    address: 192.168.2.201
    programs:
      - name: broker-a
        file: /etc/rocketmq/broker-a.properties
        ports: [10911, 10912, 10909]
        heap: 4g
        home: /var/lib/rocketmq/broker-a
        store: /var/lib/rocketmq/broker-a/store
  register: preflight
  failed_when: preflight.checks | selectattr('level', 'equalto', 'fail') | list | length > 0
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "checks",
            "Maps of `check`, `level` (`pass`, `warn` or `fail`) and `found`.",
        ),
        (
            "listening",
            "Addresses, `ADDRESS:PORT`, where programs of this cluster listen.",
        ),
        (
            "clock",
            "How many seconds the host's clock is ahead of this machine's.",
        ),
    ];
}

impl Module for PreflightModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let machine = Machine::look(self, context.host)?;
        // Sizes that do not fit are a matter of memory.
        let programs = match self.shares(&machine) {
            Ok(_) => self.programs.as_slice(),
            Err(_) => &[],
        };
        let java = Java::fitting(
            context.host,
            &self.java,
            &self.version,
            &self.java_options,
            programs,
        )?;
        let mut checks = vec![match java {
            Ok((java, _)) => Check::pass("java", java.version),
            Err(reason) => Check::fail("java", reason),
        }];
        checks.extend(self.memory(&machine));
        checks.extend(self.disks(&machine));
        checks.extend(self.stores_left(&machine));
        checks.extend(self.ports(context.host, &machine)?);
        checks.extend(self.strangers(context.host)?);
        checks.extend(self.limits(&machine));
        checks.extend(self.kernel(&machine));
        checks.push(system::clock(&machine));
        checks.push(self.own_name(context.host, &machine)?);
        checks.extend(self.names_of_others(&machine));
        checks.push(self.own_address(&machine));
        checks.extend(system::environment(&machine));
        checks.push(advisories::check(&self.version));
        let mut change = Change::default();
        change.returns("checks", checks.iter().map(Check::value).collect::<Value>());
        let listening = self.listening(&machine).into_iter().map(Value::from);
        change.returns("listening", listening.collect::<Value>());
        change.returns("clock", machine.clock);
        Ok(change)
    }
}

impl PreflightModule {
    /// Returns all folders that are written to, with their purpose.
    fn folders(&self) -> Vec<(&'static str, &Utf8PathBuf)> {
        let programs = self.programs.iter();
        programs
            .flat_map(|program| {
                let store = program.store.iter().map(|store| ("messages", store));
                store.chain([("logs", &program.home)])
            })
            .collect()
    }

    /// Returns the stores of all brokers, with the brokers' names.
    fn stores(&self) -> impl Iterator<Item = (&str, &Utf8Path)> {
        let programs = self.programs.iter();
        programs.filter_map(|program| Some((program.name.as_str(), program.store.as_deref()?)))
    }

    /// Returns the names of the kernel parameters to check.
    fn parameters(&self) -> impl Iterator<Item = &str> {
        let wanted = self.sysctl.keys().map(String::as_str);
        wanted.chain(system::TRAPS)
    }

    /// A program that was started by hand can keep a declared one from running.
    fn strangers(&self, host: &Probe) -> Result<Vec<Check>, HostError> {
        let found = strangers::look(host, &self.programs, self.link.as_deref())?;
        let in_the_way = found.iter().filter(|one| one.in_the_way);
        let check = |one: &strangers::Stranger| {
            let found = format!("{}: playbooks/adopt.yml takes it over", one.text());
            Check::fail("by hand", found)
        };
        Ok(in_the_way.map(check).collect())
    }

    fn stores_left(&self, machine: &Machine) -> Vec<Check> {
        let mut wrong = Vec::new();
        for (name, store) in &machine.stores {
            let mut programs = self.programs.iter().zip(&machine.running);
            if let Some((program, running)) = programs.find(|(program, _)| program.name == *name) {
                wrong.extend(store.checks(name, !running.is_empty(), program.file_size));
                wrong.extend(store.owned_by_another(name, self.cluster.as_deref()));
            }
        }
        if machine.stores.is_empty() {
            return wrong;
        }
        Check::or_pass(wrong, "store", "no problems found")
    }
}
