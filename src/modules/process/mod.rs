//! `process`: keeps a long-running program as declared.

mod command_line;
mod differences;
mod found;
mod now;
mod ready;
mod service;
mod steps;
mod unit;

use crate::change::Change;
use crate::host::{Process, ProcessMatch};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::Utf8PathBuf;
use command_line::CommandLine;
use now::Now;
use ready::Ready;
use service::Service;
use std::collections::BTreeMap;

/// Keeps a long-running program as declared: running with this command line, user and directory,
/// or not running.
///
/// The program outlives the connection and needs no service manager. It is found by what the
/// kernel knows of it (`/proc`: executable and argument vector), never by the shell around it. A
/// program that runs with another command line, user or directory than declared is restarted. The
/// environment of a running program is not compared.
///
/// What is ended is ended with all that comes from its start, such as what a shell script started in
/// turn: programs that have the same `RMQPLAY_START` in their environment, which a start sets, and
/// all in a session that one of them leads.
///
/// With `service`, the program is run as that service where systemd runs the host
/// (`/run/systemd/system` is a directory): systemd starts it with the host, and again 10 s after
/// it has failed. It must stay in the foreground. Its unit file, which everybody can read, is put
/// in `/etc/systemd/system`. A program that runs, but not as the service, is restarted as such.
/// Where the unit file alone differs, it is written and the program goes on: limits hold from its
/// next start. What is `stopped` stays so until the host is started again. Elsewhere `service` says
/// nothing.
///
/// With `state: known` nothing is changed, in check mode or not: it returns which programs run and,
/// if `command` is given, how they differ from it.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessModule {
    /// The program's name in messages; the default is the file name of the command.
    name: Option<String>,
    /// The command: a list of words, or text in which quotes keep words together. There is no
    /// shell. Optional if `state` is `stopped` or `known` and `recognise` is given.
    #[serde(default)]
    command: CommandLine,
    /// The directory it runs in; `/` by default.
    #[schemars(with = "Option<String>")]
    chdir: Option<Utf8PathBuf>,
    /// Environment variables, in addition to those of the task.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The user it runs as, if not the task's. This needs root.
    user: Option<String>,
    /// The file for its output, which is appended; `/dev/null` by default.
    #[schemars(with = "Option<String>")]
    log: Option<Utf8PathBuf>,
    /// How to recognise the running program; the default is its whole command line, so that a
    /// changed command is not recognised as the same program.
    recognise: Option<Recognise>,
    /// The desired state.
    #[serde(default)]
    state: State,
    /// The signal that stops it; `TERM` by default.
    stop_signal: Option<String>,
    /// How many seconds it may take to exit; 120 by default.
    stop_timeout: Option<u64>,
    /// Whether to kill it if it has not exited by then.
    #[serde(default)]
    force_kill: bool,
    /// When it counts as started; when it has run for 2 s if not given.
    #[serde(default)]
    ready: Ready,
    /// The service that runs it if systemd runs the host, which needs root: `name`, without
    /// `.service`; `description`; `enabled`, whether it starts at boot (`true` by default; if
    /// `state` is `stopped`, `false` disables it, and `true` changes nothing); `settings`, a
    /// mapping of additional lines of `[Service]`, such as `LimitNOFILE: 655350`, which replace
    /// those that rmqplay writes itself.
    service: Option<Service>,
}

/// The desired state of a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Running as declared.
    #[default]
    Started,
    /// Not running.
    Stopped,
    /// Stopped if it runs, then started.
    Restarted,
    /// Any: returns what runs, and changes nothing.
    Known,
}

/// How to recognise a running program; all conditions must hold.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Recognise {
    /// The executable: its full path with links resolved, or only the file name.
    executable: Option<String>,
    /// An argument that is exactly this: the main class of a Java program.
    main_class: Option<String>,
    /// An argument that is exactly this.
    argument: Option<String>,
    /// Arguments that must all be present, each exactly.
    #[serde(default)]
    arguments: Vec<String>,
}

impl BuiltIn for ProcessModule {
    const NAME: &'static str = "process";
    const PATHS: &'static [&'static str] = &["chdir", "log", "ready.log"];
    const EXAMPLE: &'static str = "\
- name: The program runs
  process:
    command: [sleep, '7391']
    ready:
      timeout: 10

- name: It does not run any more
  process:
    command: sleep 7391
    state: stopped
    stop_timeout: 10
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "The program's name."),
        ("state", "The desired state."),
        ("command", "The words of the command."),
        ("pids", "The ids of the processes that were running before."),
        (
            "service",
            "The service that runs it, if systemd runs the host.",
        ),
        (
            "differences",
            "Why a running program is or would be restarted: maps of `what`, `before` and `after`.",
        ),
    ];
}

impl Module for ProcessModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let recognise = self.recognise()?;
        let mut now = Now::look(self, context, &recognise)?;
        let mut change = Change::default();
        self.add_results(&mut change, &now.programs);
        if let Some(service) = &mut now.service {
            change.returns("service", service.unit());
            if self.state != State::Known {
                service.check_main(context, &now.programs)?;
            }
            match self.state {
                State::Stopped => service.disable(&mut change),
                State::Started | State::Restarted => service.declare(self, context, &mut change)?,
                State::Known => {}
            }
        }
        let mut service = now.service;
        let steps = match (self.state, now.programs.as_slice()) {
            (State::Stopped, found) => self.stop(context, &recognise, found, service.as_mut())?,
            (State::Started | State::Restarted, found @ [_, _, ..]) => {
                return Err(self.ambiguous(found));
            }
            (State::Known, [running]) if !self.command.0.is_empty() => {
                let directory = now.directory.as_ref();
                self.compare(context, running, directory, service.as_ref(), &mut change)?;
                Vec::new()
            }
            (State::Known, _) => Vec::new(),
            (State::Started, [running]) => {
                let directory = now.directory.as_ref();
                if self.compare(context, running, directory, service.as_ref(), &mut change)? {
                    self.still_starting(&recognise, now.has_open_ports)
                } else {
                    self.restart(context, &recognise, running, service.as_mut())?
                }
            }
            (State::Restarted, [running]) => {
                self.restart(context, &recognise, running, service.as_mut())?
            }
            (State::Started | State::Restarted, []) => {
                self.start(context, &recognise, service.as_ref())?
            }
        };
        change.steps.extend(steps);
        if let Some(service) = &service {
            service.check_root(context, &change)?;
        }
        Ok(change)
    }
}

impl ProcessModule {
    fn check(&self) -> Result<(), ModuleError> {
        let refuse = |message: String| Err(ModuleError::refused(message));
        if self.command.0.is_empty() && !matches!(self.state, State::Stopped | State::Known) {
            return refuse("process needs a command to start".to_owned());
        }
        let paths = [("chdir", &self.chdir), ("log", &self.log)];
        for (name, path) in paths.into_iter().chain([("ready.log", &self.ready.log)]) {
            if let Some(path) = path.as_ref().filter(|path| path.is_relative()) {
                return refuse(format!("{name} must be absolute, {path} is not"));
            }
        }
        if let Some(service) = &self.service {
            service.check()?;
        }
        self.ready.check(self.log.as_deref())
    }

    /// Returns the program's name in messages.
    fn title(&self) -> &str {
        if let Some(name) = &self.name {
            return name;
        }
        let of_recognise = self.recognise.as_ref().and_then(|recognise| {
            recognise
                .main_class
                .as_deref()
                .or(recognise.executable.as_deref())
        });
        let program = self.command.0.first().map(String::as_str);
        let program = program.or(of_recognise).unwrap_or("the program");
        program.rsplit('/').next().unwrap_or(program)
    }

    /// The arguments are given in addition to the whole command line so that the host can quickly
    /// rule out other programs.
    fn recognise(&self) -> Result<ProcessMatch, ModuleError> {
        let Some(given) = &self.recognise else {
            return match self.command.0.split_first() {
                Some((_, arguments)) => Ok(ProcessMatch {
                    arguments: arguments.to_vec(),
                    argv: Some(self.command.0.clone()),
                    ..ProcessMatch::default()
                }),
                None => Err(ModuleError::refused("set command or recognise")),
            };
        };
        let recognise = ProcessMatch {
            executable: given.executable.clone(),
            main_class: given.main_class.clone(),
            arguments: given
                .arguments
                .iter()
                .chain(&given.argument)
                .cloned()
                .collect(),
            ..ProcessMatch::default()
        };
        if recognise == ProcessMatch::default() {
            return Err(ModuleError::refused(
                "recognise is empty: it would match every program of the host",
            ));
        }
        Ok(recognise)
    }

    fn add_results(&self, change: &mut Change, found: &[Process]) {
        change.returns("name", self.title());
        change.returns("state", format!("{:?}", self.state).to_lowercase());
        let command = self.command.0.iter().map(String::as_str);
        change.returns("command", command.collect::<Value>());
        let pids = found.iter().map(|process| process.pid);
        change.returns("pids", pids.map(Value::from).collect::<Value>());
    }

    fn ambiguous(&self, found: &[Process]) -> ModuleError {
        let each = found.iter().map(|process| {
            let command = crate::host::Command::new(process.argv.clone()).display();
            format!("pid {} of {}: {command}", process.pid, process.user)
        });
        ModuleError::Refused {
            message: format!(
                "{} programs match {}: {}",
                found.len(),
                self.title(),
                each.collect::<Vec<_>>().join("; ")
            ),
            help: Some(
                "recognise it by more, such as the path of its configuration, or stop all of them \
                 with `state: stopped`"
                    .to_owned(),
            ),
        }
    }
}
