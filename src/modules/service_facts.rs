//! `service_facts`: the services of a host as facts.

use super::host_path::look;
use crate::change::{Change, Sets};
use crate::host::{Command, Probe};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields, Value};
use indexmap::IndexMap;

/// Gathers the services of a host, with their states, as `ansible_facts.services`.
///
/// It asks systemd, `OpenRC`, or the program `service`, whichever the host has.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceFacts {}

/// States that systemd lists in any column, and that say more than the others.
const BAD: [&str; 3] = ["not-found", "masked", "failed"];

/// Where systemd says that it runs the host.
const SYSTEMD: &str = "/run/systemd/system";

/// Where the program of `OpenRC` may be that lists services.
const OPENRC: [&str; 3] = ["/bin/rc-status", "/usr/bin/rc-status", "/sbin/rc-status"];

/// Where the program for init scripts may be.
const SERVICE: [&str; 2] = ["/usr/sbin/service", "/sbin/service"];

impl BuiltIn for ServiceFacts {
    const NAME: &'static str = "service_facts";
    const EXAMPLE: &'static str = "\
- name: See which services there are
  service_facts:
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "ansible_facts",
        "`services`: by name, each with `name`, `state`, `status` and `source`.",
    )];
}

impl Module for ServiceFacts {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let services = services(context.host)?;
        let facts = services
            .into_iter()
            .map(|(name, service)| (name, value::map(service)));
        let facts = Fields::from([("services".to_owned(), value::map(facts.collect()))]);
        let mut change = Change::default();
        change.returns("ansible_facts", value::map(facts.clone()));
        change.sets = Sets::NamedFacts(facts);
        Ok(change)
    }
}

type Services = IndexMap<String, Fields>;

fn services(host: &Probe) -> Result<Services, ModuleError> {
    let paths = std::iter::once(SYSTEMD).chain(OPENRC).chain(SERVICE);
    let questions: Vec<_> = paths.map(|path| look(path.into(), true)).collect();
    let answers = host.ask(&questions)?.into_iter();
    let found: Vec<_> = answers.map(|node| node.into_path().is_some()).collect();
    let (systemd, others) = found.split_at(1);
    let (openrc, service) = others.split_at(OPENRC.len());
    let mut services = Services::new();
    if systemd.contains(&true) {
        units(host, &mut services)?;
        unit_files(host, &mut services)?;
    } else if openrc.contains(&true) {
        of_openrc(host, &mut services)?;
    } else if service.contains(&true) {
        let listed = output(host, &["service", "--status-all"])?;
        services.extend(listed.lines().filter_map(of_init));
    }
    Ok(services)
}

fn output(host: &Probe, argv: &[&str]) -> Result<String, ModuleError> {
    let mut command = Command::new(argv.iter().copied());
    command
        .environment
        .insert("LC_ALL".to_owned(), "C".to_owned());
    let output = host.query(&command)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn service(name: &str, state: &str, status: &str, source: &str) -> Fields {
    let texts = [
        ("name", name),
        ("state", state),
        ("status", status),
        ("source", source),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    texts
        .map(|(key, text)| (key.to_owned(), text.into()))
        .collect()
}

/// Adds the units that systemd has loaded.
fn units(host: &Probe, services: &mut Services) -> Result<(), ModuleError> {
    let argv = [
        "systemctl",
        "list-units",
        "--no-pager",
        "--no-legend",
        "--type",
        "service",
        "--all",
        "--plain",
    ];
    for line in output(host, &argv)?.lines() {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [name, load, active, sub, ..] = fields.as_slice() else {
            continue;
        };
        let columns = [name, load, active, sub];
        let bad = BAD.iter().find(|bad| columns.contains(bad));
        let state = if *sub == "running" {
            "running"
        } else {
            "stopped"
        };
        let status = bad.unwrap_or(active);
        services.insert((*name).to_owned(), service(name, state, status, "systemd"));
    }
    Ok(())
}

/// Adds the units that only have a file, and says of all of them whether they are enabled.
fn unit_files(host: &Probe, services: &mut Services) -> Result<(), ModuleError> {
    let argv = [
        "systemctl",
        "list-unit-files",
        "--no-pager",
        "--no-legend",
        "--type",
        "service",
        "--all",
    ];
    let listed = output(host, &argv)?;
    let files: Vec<_> = listed
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?, fields.next()?))
        })
        .collect();
    let unknown = files.iter().map(|(name, _)| *name);
    let unknown: Vec<_> = unknown
        .filter(|name| !services.contains_key(*name))
        .collect();
    let states = states(host, &unknown)?;
    for (name, status) in files {
        if let Some(known) = services.get_mut(name) {
            let is_bad = |status: &Value| status.as_str().is_some_and(|text| BAD.contains(&text));
            if !known.get("status").is_some_and(is_bad) {
                known.insert("status".to_owned(), status.into());
            }
            continue;
        }
        let state = unknown.iter().position(|other| *other == name);
        let state = state.and_then(|index| states.get(index));
        let state = state.map_or("unknown", String::as_str);
        services.insert(name.to_owned(), service(name, state, status, "systemd"));
    }
    Ok(())
}

/// Returns the states of units, all of them in one question.
fn states(host: &Probe, units: &[&str]) -> Result<Vec<String>, ModuleError> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let mut argv = vec!["systemctl", "show", "--property=ActiveState"];
    argv.extend(units);
    let shown = output(host, &argv)?;
    let states = shown
        .lines()
        .filter_map(|line| line.strip_prefix("ActiveState="));
    Ok(states.map(str::to_owned).collect())
}

fn of_openrc(host: &Probe, services: &mut Services) -> Result<(), ModuleError> {
    let levels = output(host, &["rc-update", "show", "-v"])?;
    let levels: IndexMap<&str, Vec<&str>> = levels
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(name, levels)| (name.trim(), levels.split_whitespace().collect()))
        .collect();
    for line in output(host, &["rc-status", "-a", "-s", "-m"])?.lines() {
        let line = line.replace(['[', ']'], " ");
        let fields: Vec<_> = line.split_whitespace().collect();
        let [name, state, ..] = fields.as_slice() else {
            continue;
        };
        let Some(levels) = levels.get(name) else {
            continue;
        };
        let mut fields = service(name, state, "", "openrc");
        let runlevels = if levels.is_empty() {
            Value::from(())
        } else {
            levels.iter().copied().collect()
        };
        fields.insert("runlevels".to_owned(), runlevels);
        services.insert((*name).to_owned(), fields);
    }
    Ok(())
}

/// Returns the service of a line such as ` [ + ]  ssh`.
fn of_init(line: &str) -> Option<(String, Fields)> {
    let (mark, name) = line.trim().strip_prefix("[ ")?.split_once(" ]")?;
    let state = match mark {
        "+" => "running",
        "-" => "stopped",
        _ => return None,
    };
    let name = name.trim();
    Some((name.to_owned(), service(name, state, "", "sysv")))
}
