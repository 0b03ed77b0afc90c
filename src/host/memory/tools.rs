//! Programs that steps and questions need: which ones the machine has, and which ones earlier tasks
//! may install.

use super::overlay::State;
use super::{Below, Memory};
use crate::host::{
    Command, Content, Doubtful, Host, HostError, Kind, Limits, Output, StartProcess, Step, needs,
};
use crate::value::NotKnown;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

impl Memory {
    /// Fails if the machine lacks a program that the step needs, because the run would fail too; it is
    /// unknown if an earlier task may install the program. Looks for each program once.
    pub(super) fn has_programs_for(&self, step: &Step, limits: &Limits) -> Result<(), HostError> {
        let Below::Machine(machine) = &self.below else {
            return Ok(());
        };
        for need in step.needs() {
            let question = needs::question(step, &need);
            let known = self.overlay.lock().programs.get(&question.argv).cloned();
            let path = match known {
                Some(path) => path,
                None => found(&machine.query(&question, limits)?),
            };
            let mut state = self.overlay.lock();
            state.programs.insert(question.argv, path.clone());
            if path.as_str().is_empty() {
                // Commands are assumed to change nothing, but that must not fail a later task.
                let doubt = state
                    .may_bring(&need)
                    .or_else(|| state.after_command(&need));
                return Err(doubt.map_or_else(|| needs::missing(&need), HostError::from));
            }
            let may_be_gone = state.has_edited(&path);
            drop(state);
            if may_be_gone {
                self.is_left(&path, limits)?;
            }
        }
        Ok(())
    }

    /// Fails if a command cannot run as certainly as that can be known: its directory or its program
    /// is missing, and nothing that check mode did not run may make it.
    pub(super) fn can_run(
        &self,
        machine: &dyn Host,
        command: &Command,
        limits: &Limits,
    ) -> Result<(), HostError> {
        if self.overlay.lock().may_differ() {
            return Ok(());
        }
        let cannot = |reason: String| HostError::Step {
            action: format!("run {}", command.display()),
            reason,
        };
        if let Some(directory) = &command.chdir
            && self.is_lacking(directory, |kind| *kind == Kind::Directory, limits)?
        {
            return Err(cannot(Command::no_directory(directory)));
        }
        let Some(program) = command.argv.first() else {
            return Ok(());
        };
        if self.is_program_missing(machine, program, &command.environment, limits)? {
            return Err(cannot(Command::not_found(program)));
        }
        Ok(())
    }

    /// The same for a program that outlives the connection. Another user, or a service, finds its
    /// programs elsewhere.
    pub(super) fn can_start(
        &self,
        machine: &dyn Host,
        start: &StartProcess,
        limits: &Limits,
    ) -> Result<(), HostError> {
        let Some(program) = start.argv.first() else {
            return Ok(());
        };
        let may_differ = self.overlay.lock().may_differ();
        if may_differ || start.user.is_some() || start.service.is_some() {
            return Ok(());
        }
        if self.is_program_missing(machine, program, &start.environment, limits)? {
            return Err(HostError::Step {
                action: format!("start {program}"),
                reason: Command::not_found(program),
            });
        }
        Ok(())
    }

    /// Returns whether a program certainly cannot be found by the user.
    fn is_program_missing(
        &self,
        machine: &dyn Host,
        program: &str,
        environment: &BTreeMap<String, String>,
        limits: &Limits,
    ) -> Result<bool, HostError> {
        let path = Utf8Path::new(program);
        if path.is_absolute() && self.overlay.concerns(path) {
            return self.is_lacking(path, |kind| *kind != Kind::Directory, limits);
        }
        // Another path counts from a directory that only the run enters.
        if !path.is_absolute() && program.contains('/') {
            return Ok(false);
        }
        self.is_nowhere(machine, program, environment, limits)
    }

    /// Returns whether a path certainly is nothing that can be run or entered.
    fn is_lacking(
        &self,
        path: &Utf8Path,
        fits: impl Fn(&Kind) -> bool,
        limits: &Limits,
    ) -> Result<bool, HostError> {
        let looked = self.view(limits, |view| {
            let found = view.find(path, true, &Content::None)?;
            let fits = found.here.is_some_and(|here| fits(&here.node.kind));
            Ok(!fits || !view.access(path)?.executable)
        });
        match looked {
            Err(HostError::NotKnown(_)) => Ok(false),
            other => other,
        }
    }

    /// Returns whether a program certainly is in no folder of the user's PATH, or not at its path.
    fn is_nowhere(
        &self,
        machine: &dyn Host,
        program: &str,
        environment: &BTreeMap<String, String>,
        limits: &Limits,
    ) -> Result<bool, HostError> {
        let mut question = needs::question_of_user(program);
        question.environment.clone_from(environment);
        let mut key = question.argv.clone();
        key.extend(environment.get("PATH").cloned());
        let known = self.overlay.lock().programs.get(&key).cloned();
        let path = match known {
            Some(path) => path,
            None => found(&machine.query(&question, limits)?),
        };
        let mut state = self.overlay.lock();
        state.programs.insert(key, path.clone());
        Ok(path.as_str().is_empty() && state.may_bring(&[program]).is_none())
    }

    /// Fails if an earlier task removes a program of the machine.
    fn is_left(&self, path: &Utf8Path, limits: &Limits) -> Result<(), HostError> {
        match self
            .view(limits, |view| view.find(path, true, &Content::None))?
            .here
        {
            Some(_) => Ok(()),
            None => {
                Err(NotKnown::new(format!("needs {path}, which an earlier task removes")).into())
            }
        }
    }

    /// Returns the output of a command of the machine; it is unknown if the machine lacks the program
    /// and an earlier task may install it.
    pub(super) fn answered(&self, command: &Command, output: Output) -> Result<Output, HostError> {
        let Some(program) = command.argv.first().filter(|_| output.lacks_program()) else {
            return Ok(output);
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        match self.foreseen_program(name) {
            None => Ok(output),
            Some(doubt) => Err(doubt.into()),
        }
    }

    /// The same for the answers to questions.
    pub(super) fn told<T>(&self, answers: Result<T, HostError>) -> Result<T, HostError> {
        answers.map_err(|error| match &error {
            HostError::Missing(name) => self.foreseen_program(name).map_or(error, HostError::from),
            _ => error,
        })
    }

    fn foreseen_program(&self, name: &str) -> Option<NotKnown> {
        match self.below {
            Below::Machine(_) => self.overlay.lock().may_bring(&[name]),
            Below::Nothing(_) => None,
        }
    }
}

impl State {
    /// Returns why one of these programs may be there though the machine lacks them.
    pub(super) fn may_bring(&self, names: &[&str]) -> Option<NotKnown> {
        let what = names.join(" or ");
        if let Some(reason) = self.doubts.get(&Doubtful::Programs) {
            return Some(NotKnown::new(format!("needs {what}, which {reason}")));
        }
        if self.brings_programs {
            let reason = format!(
                "needs {what}, which may come with packages that check mode does not install"
            );
            return Some(NotKnown::new(reason));
        }
        let mut paths = self.entries.keys();
        let path = paths.find(|path| path.file_name().is_some_and(|name| names.contains(&name)))?;
        let reason = format!("needs {what}, which an earlier task may put at {path}");
        Some(NotKnown::new(reason))
    }

    /// Returns why one of these programs may be there after commands that check mode did not run.
    fn after_command(&self, names: &[&str]) -> Option<NotKnown> {
        self.skipped_command.then(|| {
            let what = names.join(" or ");
            NotKnown::new(format!(
                "needs {what}, which the host lacks unless a command brings it that check mode does not run"
            ))
        })
    }

    /// Returns whether something of that name was changed anywhere: links may lead there.
    fn has_edited(&self, path: &Utf8Path) -> bool {
        self.entries
            .keys()
            .any(|other| other.file_name() == path.file_name())
    }

    /// Returns why programs of the machine do not see a part as it is shown here.
    pub(super) fn foreseen(&self, part: &Doubtful) -> Option<NotKnown> {
        let what = match part {
            Doubtful::Path(path) => {
                let mut within = self.entries.keys();
                let is_changed =
                    within.any(|other| other.starts_with(path)) || !self.is_backed_by(path, path);
                is_changed.then(|| path.to_string())
            }
            Doubtful::Told(argv) => self
                .settings
                .contains_key(argv)
                .then(|| "packages".to_owned()),
            Doubtful::User(name) => self
                .users
                .contains_key(name)
                .then(|| format!("the user {name}")),
            Doubtful::Group(name) => self
                .groups
                .contains_key(name)
                .then(|| format!("the group {name}")),
            _ => None,
        };
        let what = what?;
        Some(NotKnown::new(format!(
            "depends on {what}, which earlier tasks only change in the run"
        )))
    }
}

/// Returns where a program is, by the answer to the question for it; empty if nowhere.
fn found(output: &Output) -> Utf8PathBuf {
    let text = String::from_utf8_lossy(&output.stdout);
    let path = text.lines().next().unwrap_or_default();
    match output.status {
        // A test's machine does not say where.
        0 if path.is_empty() => "/bin/sh".into(),
        0 => path.into(),
        _ => Utf8PathBuf::new(),
    }
}
