//! The steps that start and stop a program.

use super::ProcessModule;
use super::found::Found;
use crate::host::{
    Answer, Condition, Content, Kind, Process, ProcessMatch, Question, START_MARK, StartProcess,
    Step, Wait,
};
use crate::module::{ModuleError, PlanContext};
use crate::modules::tempfile::random;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often a starting or stopping program is checked.
const INTERVAL: Duration = Duration::from_millis(250);

/// Returns how to recognise what comes from the same starts as these programs.
fn starts(found: &[Process]) -> Vec<ProcessMatch> {
    let starts: BTreeSet<_> = found.iter().filter_map(|one| one.start.clone()).collect();
    let of = |start| ProcessMatch {
        start: Some(start),
        ..ProcessMatch::default()
    };
    starts.into_iter().map(of).collect()
}

fn is_java(process: &Process) -> bool {
    let program = process.argv.first().map(String::as_str);
    program.is_some_and(|program| program == "java" || program.ends_with("/java"))
}

impl ProcessModule {
    pub(super) fn restart(
        &self,
        context: &PlanContext,
        recognise: &ProcessMatch,
        running: &Process,
        mut service: Option<&mut Found>,
    ) -> Result<Vec<Step>, ModuleError> {
        let found = std::slice::from_ref(running);
        let mut steps = self.stop(context, recognise, found, service.as_deref_mut())?;
        steps.extend(self.start(context, recognise, service.as_deref())?);
        Ok(steps)
    }

    /// Returns the stop signal's name, without `SIG`.
    pub(super) fn signal_name(&self) -> Result<&str, ModuleError> {
        let signal = self.stop_signal.as_deref().unwrap_or("TERM");
        let signal = signal.strip_prefix("SIG").unwrap_or(signal);
        if signal.is_empty() || !signal.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("stop_signal: unknown signal {signal:?}");
            return Err(ModuleError::refused(message));
        }
        Ok(signal)
    }

    /// Returns how many seconds the program may take to exit.
    pub(super) fn stop_seconds(&self) -> u64 {
        self.stop_timeout.unwrap_or(120)
    }

    /// Returns the steps that stop every program found, with all that comes from their start.
    /// systemd is informed only after they have exited: it would kill one that takes too long, and
    /// that is for the task to decide.
    pub(super) fn stop(
        &self,
        context: &PlanContext,
        recognise: &ProcessMatch,
        found: &[Process],
        service: Option<&mut Found>,
    ) -> Result<Vec<Step>, ModuleError> {
        let signal = self.signal_name()?;
        let mut ended = found.to_vec();
        let starts = starts(found);
        if !starts.is_empty() {
            let questions: Vec<_> = starts.iter().cloned().map(Question::Processes).collect();
            let answers = context.host.ask(&questions)?;
            for one in answers.into_iter().flat_map(Answer::into_processes) {
                if !ended.iter().any(|known| known.pid == one.pid) {
                    ended.push(one);
                }
            }
        }
        let mut steps: Vec<_> = ended.iter().map(|one| self.signal(one, signal)).collect();
        if !ended.is_empty() {
            let all = std::iter::once(recognise.clone()).chain(starts).collect();
            steps.push(Step::Wait(self.gone(all, &ended, signal)));
        }
        steps.extend(service.and_then(|service| service.stop(!found.is_empty())));
        Ok(steps)
    }

    fn signal(&self, process: &Process, signal: &str) -> Step {
        Step::SignalProcess {
            pid: process.pid,
            started: process.started,
            signal: signal.to_owned(),
            argv: process.argv.clone(),
            ports: self.ready.all_ports(),
        }
    }

    fn gone(&self, recognise: Vec<ProcessMatch>, found: &[Process], signal: &str) -> Wait {
        let pids: Vec<_> = found
            .iter()
            .map(|process| process.pid.to_string())
            .collect();
        let java = found.iter().find(|one| is_java(one));
        let threads = java.map_or_else(String::new, |java| {
            format!(
                "`kill -QUIT {}` makes Java print a thread dump to its output; ",
                java.pid
            )
        });
        let help = format!(
            "{threads}raise stop_timeout, or set force_kill: true to kill it after that time, \
             which can lose data it has not written yet"
        );
        Wait {
            conditions: recognise
                .into_iter()
                .map(|recognise| Condition::Process {
                    recognise,
                    running: false,
                })
                .collect(),
            timeout: Duration::from_secs(self.stop_seconds()),
            interval: INTERVAL,
            delay: Duration::ZERO,
            settle: Duration::ZERO,
            while_running: None,
            log: self.log.clone(),
            what: format!(
                "{} (pid {}) to exit after {signal}",
                self.title(),
                pids.join(", ")
            ),
            help: (!self.force_kill).then_some(help),
            mark: None,
            follows: true,
            last_resort: if self.force_kill {
                found.iter().map(|one| self.signal(one, "KILL")).collect()
            } else {
                Vec::new()
            },
        }
    }

    pub(super) fn start(
        &self,
        context: &PlanContext,
        recognise: &ProcessMatch,
        service: Option<&Found>,
    ) -> Result<Vec<Step>, ModuleError> {
        self.check_paths(context)?;
        let mut environment = context.environment.clone();
        environment.extend(self.environment.clone());
        let mark = random()?;
        environment.insert(START_MARK.to_owned(), mark.clone());
        let start = StartProcess {
            argv: self.command.0.clone(),
            directory: self.chdir.clone().unwrap_or_else(|| "/".into()),
            environment,
            user: self.user.clone(),
            log: self.log.clone().unwrap_or_else(|| "/dev/null".into()),
            recognise: recognise.clone(),
            ports: self.ready.all_ports(),
            service: service.map(Found::unit),
        };
        let mut conditions = vec![Condition::Process {
            recognise: recognise.clone(),
            running: true,
        }];
        conditions.extend(self.ready.open_ports());
        conditions.extend(self.ready.line(context, self.log.as_deref())?);
        Ok(vec![
            Step::StartProcess(start),
            Step::Wait(Wait {
                help: service.map(Found::advice),
                settle: self.ready.settle(),
                mark: service.is_none().then(|| format!("{START_MARK}={mark}")),
                ..self.become_ready(conditions, recognise)
            }),
        ])
    }

    /// An interrupted run may have left a program that is not ready yet. What its log contained at
    /// that time is unknown, so only the ports count.
    pub(super) fn still_starting(
        &self,
        recognise: &ProcessMatch,
        has_open_ports: bool,
    ) -> Vec<Step> {
        if has_open_ports {
            return Vec::new();
        }
        let ports = self.ready.open_ports();
        vec![Step::Wait(self.become_ready(ports, recognise))]
    }

    fn become_ready(&self, conditions: Vec<Condition>, recognise: &ProcessMatch) -> Wait {
        Wait {
            conditions,
            timeout: self.ready.timeout(),
            interval: INTERVAL,
            delay: Duration::ZERO,
            settle: Duration::ZERO,
            while_running: Some(recognise.clone()),
            log: self.log.clone().or(self.ready.log.clone()),
            what: format!("{} {}", self.title(), self.ready.what()),
            help: None,
            mark: None,
            follows: true,
            last_resort: Vec::new(),
        }
    }

    /// Reports what would keep the program from starting, before anything is stopped.
    fn check_paths(&self, context: &PlanContext) -> Result<(), ModuleError> {
        let executable = self.command.0.first().map(Utf8PathBuf::from);
        let executable = executable.filter(|path| path.is_absolute());
        let folder_of_log = self.log.as_deref().and_then(Utf8Path::parent);
        let wanted: Vec<(&str, &Utf8Path, bool)> = [
            ("the program", executable.as_deref(), false),
            ("the directory", self.chdir.as_deref(), true),
            ("the folder of its log", folder_of_log, true),
        ]
        .into_iter()
        .filter_map(|(what, path, directory)| Some((what, path?, directory)))
        .collect();
        let question = |path: &Utf8Path| Question::Path {
            path: path.to_owned(),
            follow: true,
            content: Content::None,
        };
        let questions: Vec<_> = wanted.iter().map(|(_, path, _)| question(path)).collect();
        if questions.is_empty() {
            return Ok(());
        }
        let answers = context.host.ask(&questions)?;
        for ((what, path, directory), answer) in wanted.into_iter().zip(answers) {
            let problem = match answer {
                Answer::Path(Some(node)) if (node.kind == Kind::Directory) == directory => continue,
                Answer::Path(Some(node)) => format!("is {}", node.kind.name()),
                _ => "does not exist".to_owned(),
            };
            let name = self.title();
            let message = format!("{name} cannot start: {what} {path} {problem}");
            return Err(ModuleError::refused(message));
        }
        Ok(())
    }
}
