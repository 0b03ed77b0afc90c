//! Modules on this machine itself: real programs, real tar, real users of the file system.

mod archives;
mod cases;
mod commands;
mod cut;
mod folders;
mod programs;
mod web;

pub(super) use cases::Root;

use super::shown::plan_lines;
use super::task::Task;
use crate::executable::executable;
use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::change::Change;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{
    Command, Host, HostError, Limits, Local, Output, Probe, ProcessMatch, StartProcess, Step,
};
use std::sync::Arc;

/// This machine, a folder of the test's own, and programs that end with the test.
struct Machine {
    host: Arc<dyn Host>,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self {
            host: connection(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(name)
    }

    /// Writes an executable file.
    fn program(&self, name: &str, text: &str) -> Utf8PathBuf {
        let path = self.path(name);
        executable(&path, text);
        path
    }

    /// A copy of sleep, so that its name is this test's alone.
    fn sleep(&self, name: &str) -> Utf8PathBuf {
        let path = self.path(name);
        executable(&path, std::fs::read("/bin/sleep").unwrap());
        path
    }

    fn plan(&self, module: &str, args: &str) -> Result<Change, String> {
        Task::written(module, args).plan(&self.host)
    }

    /// Carries a task out and returns the change, or why it failed.
    fn run(&self, module: &str, args: &str) -> Result<Change, String> {
        let task = Task::written(module, args);
        let change = task.plan(&self.host)?;
        let applied = change.apply(&*self.host, &Limits::default());
        applied.map(|_| change).map_err(|error| shown(&error))
    }

    /// Carries a task out and finds nothing to do afterwards.
    fn settle(&self, module: &str, args: &str) -> Change {
        let change = self.run(module, args).unwrap();
        let again = self.plan(module, args).unwrap();
        assert_eq!(plan_lines(&again), [""; 0], "{module}: {args}");
        change
    }

    /// Returns the process ids of programs that have this argument.
    fn pids(&self, argument: &str) -> Vec<u32> {
        let recognise = ProcessMatch {
            arguments: vec![argument.to_owned()],
            ..ProcessMatch::default()
        };
        let found = Probe::new(self.host.clone(), Limits::default()).processes(&recognise);
        found.unwrap().iter().map(|process| process.pid).collect()
    }

    /// Starts a program that is nobody's.
    fn foreign(&self, argv: &[&str]) {
        let start = StartProcess {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            directory: "/".into(),
            environment: std::collections::BTreeMap::new(),
            user: None,
            log: "/dev/null".into(),
            recognise: ProcessMatch::default(),
            ports: Vec::new(),
            service: None,
        };
        self.host
            .apply(&Step::StartProcess(start), &Limits::default())
            .unwrap();
    }

    fn query(&self, argv: &[&str]) -> Output {
        let command = Command::new(argv.iter().copied());
        self.host.query(&command, &Limits::default()).unwrap()
    }
}

impl Drop for Machine {
    /// Ends what runs from the test's folder, by process id.
    fn drop(&mut self) {
        let all = Probe::new(self.host.clone(), Limits::default());
        let folder = self.path("").into_string();
        for process in all.processes(&ProcessMatch::default()).unwrap_or_default() {
            if process.argv.iter().any(|word| word.contains(&folder)) {
                let step = Step::SignalProcess {
                    pid: process.pid,
                    started: process.started,
                    signal: "KILL".to_owned(),
                    argv: process.argv,
                    ports: Vec::new(),
                };
                let _ = self.host.apply(&step, &Limits::default());
            }
        }
    }
}

fn connection() -> Arc<dyn Host> {
    Arc::new(ShellHost::new(Arc::new(Local::default()), "/bin/sh", None))
}

fn shown(error: &HostError) -> String {
    match error {
        HostError::NotHappened { help, log, .. } => format!(
            "{error}; help: {}; log: {}",
            help.as_deref().unwrap_or_default(),
            log.as_deref().unwrap_or_default()
        ),
        _ => error.to_string(),
    }
}
