//! `rocketmq_strangers`: RocketMQ programs that run on a host without being declared, such as a
//! cluster that was set up by hand.

mod command_line;
mod installation;

use super::program::Program;
use crate::change::Change;
use crate::host::{Answer, HostError, Probe, Process, ProcessMatch, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};
use command_line::CommandLine;
use installation::Installation;

/// Finds RocketMQ programs that run on a host and are not declared, wherever they are installed and
/// however they were started.
///
/// They are recognised by the main classes of brokers and nameservers, and described from their
/// command line, their configuration file and the folder of their jars. Changes nothing.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StrangersModule {
    /// The programs that are declared here, in the form that `rocketmq_preflight` takes.
    programs: Vec<Program>,
    /// The link to the release in use: a program that runs through it is in the way.
    #[schemars(with = "Option<String>")]
    link: Option<Utf8PathBuf>,
}

impl BuiltIn for StrangersModule {
    const NAME: &'static str = "rocketmq_strangers";
    const EXAMPLE: &'static str = "\
- name: What else of RocketMQ runs here
  rocketmq_strangers:
    programs:
      - name: broker-a
        file: /etc/rocketmq/broker-a.properties
        ports: [10911, 10912, 10909]
        home: /var/lib/rocketmq/broker-a
        store: /var/lib/rocketmq/broker-a/store
    link: /usr/local/rocketmq
  register: others
  failed_when: others.strangers | selectattr('in_the_way') | list | length > 0
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "strangers",
        "Maps of `kind` (`broker` or `nameserver`), `name` (a broker's), `pid`, `user`, `command` (its \
         words), `version`, `release` (its folder, links resolved), `file` (its configuration), \
         `home` (Java's `user.home`), `store` and `commit_log` (links resolved), `configured_store` \
         and `configured_commit_log` (as configured), `ports`, `service` (the one that systemd runs it as), `declared` (the \
         declared program of its port), `in_the_way` (whether what is declared cannot run beside \
         it) and `text` (what it is, in a line). What is not known is nothing.",
    )];
}

impl Module for StrangersModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let strangers = look(context.host, &self.programs, self.link.as_deref())?;
        let mut change = Change::default();
        change.returns(
            "strangers",
            strangers.iter().map(Stranger::value).collect::<Value>(),
        );
        Ok(change)
    }
}

/// The kind of a RocketMQ program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nameserver,
    Broker,
}

impl Kind {
    /// All kinds with their main classes, before and since 4.0.
    const CLASSES: [(Self, &'static str); 4] = [
        (
            Self::Nameserver,
            "com.alibaba.rocketmq.namesrv.NamesrvStartup",
        ),
        (
            Self::Nameserver,
            "org.apache.rocketmq.namesrv.NamesrvStartup",
        ),
        (Self::Broker, "com.alibaba.rocketmq.broker.BrokerStartup"),
        (Self::Broker, "org.apache.rocketmq.broker.BrokerStartup"),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Nameserver => "nameserver",
            Self::Broker => "broker",
        }
    }
}

/// A RocketMQ program that is not declared.
#[derive(Debug)]
pub(super) struct Stranger {
    kind: Kind,
    process: Process,
    installation: Installation,
    /// The declared program that has its port.
    declared: Option<String>,
    /// Whether a declared program cannot run beside it.
    pub(super) in_the_way: bool,
}

/// The variable that the role sets for each program it starts, in `roles/rocketmq/vars/main.yml`.
const OF_ROLE: &str = "-Drmqplay.configuration=";

/// Returns the programs of a host besides these.
pub(super) fn look(
    host: &Probe,
    programs: &[Program],
    link: Option<&Utf8Path>,
) -> Result<Vec<Stranger>, HostError> {
    // Whoever logs in without being root may not see which executable runs.
    let questions = Kind::CLASSES.map(|(_, class)| {
        Question::Processes(ProcessMatch {
            main_class: Some(class.to_owned()),
            ..ProcessMatch::default()
        })
    });
    let mut strangers = Vec::new();
    for ((kind, class), answer) in Kind::CLASSES.into_iter().zip(host.ask(&questions)?) {
        let Answer::Processes(found) = answer else {
            continue;
        };
        for process in found {
            let is_declared = programs.iter().any(|one| one.recognise().matches(&process));
            let line = CommandLine::of(&process, class);
            let line = line.filter(|_| command_line::is_java(&process) && !is_declared);
            let Some(line) = line else { continue };
            // Those of another cluster of rmqplay run from the release itself, whatever links say.
            let is_of_role = process.argv.iter().any(|word| word.starts_with(OF_ROLE));
            let installation = Installation::of(host, kind, &process, &line)?;
            let mut stranger = Stranger::of(kind, process, installation, programs);
            if let Some(link) = link {
                stranger.in_the_way |= line.paths().any(|path| path.starts_with(link))
                    || stranger.installation.uses(link)
                    || !is_of_role
                        && stranger.installation.release == installation::real(host, link)?;
            }
            strangers.push(stranger);
        }
    }
    Ok(strangers)
}

impl Stranger {
    fn of(kind: Kind, process: Process, installation: Installation, programs: &[Program]) -> Self {
        let ports = &installation.ports;
        let is_it = |program: &&Program| {
            (kind == Kind::Broker) == program.is_broker() && program.ports.first() == ports.first()
        };
        let declared = programs.iter().find(is_it);
        let in_the_way = programs.iter().any(|program| {
            let has_port = program.ports.iter().any(|port| ports.contains(port));
            has_port || program.store.is_some() && program.store == installation.store
        });
        Self {
            declared: declared.map(|program| program.name.clone()),
            in_the_way,
            kind,
            process,
            installation,
        }
    }

    /// Describes it in one line.
    pub(super) fn text(&self) -> String {
        let its = &self.installation;
        let name = its
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!(" {name}"));
        let (pid, user) = (self.process.pid, &self.process.user);
        let mut text = format!("{}{name} (process {pid} of {user}", self.kind.name());
        if let Some(version) = &its.version {
            text += &format!(", RocketMQ {version}");
        }
        let paths = [
            ("in", &its.release),
            ("store", &its.store),
            ("configured by", &its.file),
        ];
        for (what, path) in paths {
            if let Some(path) = path {
                text += &format!(", {what} {path}");
            }
        }
        if let Some(service) = &its.service {
            text += &format!(", service {service}");
        }
        text + ")"
    }

    fn value(&self) -> Value {
        let its = &self.installation;
        let path = |path: &Option<Utf8PathBuf>| or_nothing(path.as_ref().map(|path| path.as_str()));
        let text = |text: &Option<String>| or_nothing(text.as_deref());
        let command = self.process.argv.iter().map(String::as_str);
        Value::from_pairs([
            ("kind", Value::from(self.kind.name())),
            ("name", text(&its.name)),
            ("pid", Value::from(self.process.pid)),
            ("user", Value::from(self.process.user.as_str())),
            ("command", command.collect::<Value>()),
            ("version", text(&its.version)),
            ("release", path(&its.release)),
            ("file", path(&its.file)),
            ("home", Value::from(its.home.as_str())),
            ("store", path(&its.store)),
            ("commit_log", path(&its.commit_log)),
            ("configured_store", path(&its.configured_store)),
            ("configured_commit_log", path(&its.configured_commit_log)),
            (
                "ports",
                its.ports
                    .iter()
                    .copied()
                    .map(Value::from)
                    .collect::<Value>(),
            ),
            ("service", text(&its.service)),
            ("declared", text(&self.declared)),
            ("in_the_way", Value::from(self.in_the_way)),
            ("text", Value::from(self.text())),
        ])
    }
}

fn or_nothing(text: Option<&str>) -> Value {
    text.map_or_else(|| Value::from(()), Value::from)
}
