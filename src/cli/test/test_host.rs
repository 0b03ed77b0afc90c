//! The machine for a case: one in memory that answers the commands declared by the case and records
//! all changes.

use super::declared_command::DeclaredCommand;
use super::machine::Declared;
use crate::host::{
    Answer, Command, Host, HostError, Limits, Memory, Output, Question, Step, Stream, Traffic,
};
use crate::run::{Connect, Settings};
use camino::Utf8Path;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A machine in memory that answers the commands declared by its case and records all changes.
pub(super) struct TestHost {
    memory: Memory,
    declared: Arc<Declared>,
    /// Shared by all users of the machine.
    done: Arc<Mutex<Vec<Step>>>,
}

/// The machines of one case, by host name.
pub(super) struct Machines {
    declared: Arc<Declared>,
    hosts: Mutex<BTreeMap<Arc<str>, Arc<TestHost>>>,
}

impl Machines {
    /// Returns machines as declared.
    pub(super) fn new(declared: &Arc<Declared>) -> Arc<Self> {
        Arc::new(Self {
            declared: declared.clone(),
            hosts: Mutex::default(),
        })
    }

    /// Returns the connector of a session: one machine for each name, whatever the kind of
    /// connection. The login user is root.
    pub(super) fn connect(self: &Arc<Self>) -> Connect {
        let machines = self.clone();
        Box::new(move |settings: &Settings| {
            let mut hosts = machines
                .hosts
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let host = hosts.entry(settings.name.clone()).or_insert_with(|| {
                Arc::new(TestHost {
                    memory: machines.declared.machine(&settings.name),
                    declared: machines.declared.clone(),
                    done: Arc::default(),
                })
            });
            let host: Arc<dyn Host> = match &settings.r#become {
                Some(other) if other.user != "root" => Arc::new(host.seen_by(&other.user)),
                _ => host.clone(),
            };
            Ok(host)
        })
    }

    /// Returns the machine with that name, if it was connected to.
    pub(super) fn get(&self, name: &str) -> Option<Arc<TestHost>> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(name).cloned()
    }

    /// Returns all machines that were connected to.
    pub(super) fn all(&self) -> Vec<(Arc<str>, Arc<TestHost>)> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts
            .iter()
            .map(|(name, host)| (name.clone(), host.clone()))
            .collect()
    }
}

impl TestHost {
    /// Returns the same machine for a different user.
    fn seen_by(&self, user: &str) -> Self {
        Self {
            memory: self.memory.seen_by(user),
            declared: self.declared.clone(),
            done: self.done.clone(),
        }
    }

    /// Returns the steps that were applied, in order.
    pub(super) fn done(&self) -> Vec<Step> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.clone()
    }

    /// Returns the declaration of a command.
    fn declared(&self, command: &Command) -> Result<&DeclaredCommand, HostError> {
        let mut commands = self.declared.commands.iter();
        let found = commands.find(|declared| is_line(command, &declared.line));
        found.ok_or_else(|| {
            let line = line_of(command);
            HostError::Step {
                action: format!("run {line}"),
                reason: format!(
                    "the case does not declare its effects: host: {{commands: {{{line:?}: …}}}}"
                ),
            }
        })
    }
}

/// Returns a command in the form that cases use: as one line, or only the line if a shell runs it.
pub(super) fn line_of(command: &Command) -> String {
    match command.argv.as_slice() {
        [_, option, line] if option == "-c" => line.clone(),
        _ => command.display(),
    }
}

/// Returns whether a line of a case refers to a command, with or without quotes.
pub(super) fn is_line(command: &Command, line: &str) -> bool {
    line == line_of(command) || line == command.display() || line == command.argv.join(" ")
}

impl Host for TestHost {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        self.memory.ask(questions, limits)
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        // The memory knows settings that were changed (a unit that was started); the case declares
        // everything else.
        match self.memory.query(command, limits) {
            Ok(output) => Ok(output),
            Err(_) => Ok(self.declared(command)?.output.clone()),
        }
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.memory.fetch(path, sink, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.memory.connect(host, port, limits)
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        limits.check()?;
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(step.clone());
        let Step::Run {
            command,
            any_status,
        } = step
        else {
            return self.memory.apply(step, limits);
        };
        let declared = self.declared(command)?;
        declared.leave(&self.memory, limits)?;
        let output = declared.output.clone();
        if output.status == 0 || *any_status {
            return Ok(output);
        }
        Err(HostError::Command {
            command: command.display(),
            output,
        })
    }

    fn traffic(&self) -> Traffic {
        self.memory.traffic()
    }
}
