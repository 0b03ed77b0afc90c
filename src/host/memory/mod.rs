//! A host in memory: by itself a machine for tests, over another host check mode.

mod accounts;
mod answers;
mod doubts;
mod fake;
mod files;
mod overlay;
mod programs;
mod rights;
mod server;
mod shadow;
mod source;
mod tools;
mod unpack;
mod view;

pub use overlay::{Account, Overlay};
pub use server::Serve;

use super::here::foresee_here;
use super::{
    Answer, Command, Content, Doubtful, Fetched, Host, HostError, Limits, Lock, Output, Question,
    Step, Stream, Talk, Traffic,
};
use crate::value::NotKnown;
use camino::{Utf8Path, Utf8PathBuf};
use fake::Nothing;
use indexmap::IndexSet;
use source::Source;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use view::{Stop, View, all};

/// A host in memory.
/// By itself it is a machine for tests, with what the test declares. Over another host it is check
/// mode: questions about unchanged parts go to the host below, and changes stay here. Nothing is
/// ever applied to the host below.
pub struct Memory {
    below: Below,
    overlay: Overlay,
    acting_as: Option<String>,
    /// Whether changes fail here for which the run lacks rights or programs.
    judges: bool,
    asked: AtomicU64,
}

enum Below {
    Machine(Arc<dyn Host>),
    Nothing(Nothing),
}

impl Memory {
    /// Returns check mode over a host. All users of a machine share its changes, but each has a
    /// connection of its own below.
    pub fn over(below: Arc<dyn Host>, changes: Overlay) -> Self {
        Self::on(Below::Machine(below), changes)
    }

    /// Returns the same host without judging whether the run can make its changes: they are only
    /// tried, and the host below refuses them itself.
    #[must_use]
    pub(crate) fn without_judgement(self) -> Self {
        Self {
            judges: false,
            ..self
        }
    }

    /// Returns the host as seen by a user that cannot be become, because check mode created the
    /// account: new files belong to that user.
    #[must_use]
    pub fn acting_as(self, user: impl Into<String>) -> Self {
        Self {
            acting_as: Some(user.into()),
            ..self
        }
    }

    fn on(below: Below, overlay: Overlay) -> Self {
        Self {
            judges: matches!(below, Below::Machine(_)),
            below,
            overlay,
            acting_as: None,
            asked: AtomicU64::new(0),
        }
    }

    fn below(&self) -> &dyn Host {
        match &self.below {
            Below::Machine(host) => &**host,
            Below::Nothing(nothing) => nothing,
        }
    }

    /// Looks something up, asking the host below as often as necessary: once, unless links lead
    /// elsewhere.
    fn view<T>(
        &self,
        limits: &Limits,
        look: impl Fn(&View) -> Result<T, Stop>,
    ) -> Result<T, HostError> {
        self.view_ahead(&mut HashMap::new(), limits, look, |_| ())
    }

    /// Does the same with the answers `seen` before. If something must be asked, `ahead` looks up
    /// what will be needed later, so that it is asked at the same time.
    fn view_ahead<T>(
        &self,
        seen: &mut HashMap<Question, Answer>,
        limits: &Limits,
        look: impl Fn(&View) -> Result<T, Stop>,
        ahead: impl Fn(&View),
    ) -> Result<T, HostError> {
        limits.check()?;
        loop {
            let wanted: Vec<_> = {
                let state = self.overlay.lock();
                let view = View {
                    state: &state,
                    seen,
                    wanted: RefCell::new(IndexSet::new()),
                    acting_as: self.acting_as.as_deref(),
                    judges: self.judges,
                };
                match look(&view) {
                    Ok(result) => return Ok(result),
                    Err(Stop::Fail(error)) => return Err(error),
                    Err(Stop::Ask) => {
                        ahead(&view);
                        view.wanted.into_inner().into_iter().collect()
                    }
                }
            };
            let answers = self.told(self.below().ask(&wanted, limits))?;
            if answers.len() != wanted.len() {
                return Err(HostError::Protocol("answers are missing".to_owned()));
            }
            seen.extend(wanted.into_iter().zip(answers));
        }
    }

    /// Returns where a path leads over all links, made by the machine or by check mode.
    pub(crate) fn leads_to(
        &self,
        path: &Utf8Path,
        limits: &Limits,
    ) -> Result<Utf8PathBuf, HostError> {
        if self.overlay.lock().entries.is_empty() {
            return Ok(path.to_owned());
        }
        let look = |view: &View| Ok(view.place(path, true, &Content::None)?.path);
        self.view(limits, look)
    }

    /// Makes changes to files, asking the host below about all of them at once.
    fn change_files(&self, steps: &[Step], limits: &Limits) -> Result<(), HostError> {
        let mut seen = HashMap::new();
        let mut rest = steps;
        while let Some((step, later)) = rest.split_first() {
            let edits = self.view_ahead(
                &mut seen,
                limits,
                |view| view.file_step(step),
                // Only the questions it records matter here.
                |view| later.iter().for_each(|step| drop(view.file_step(step))),
            )?;
            let mut state = self.overlay.lock();
            edits.into_iter().for_each(|edit| state.edit(edit));
            rest = later;
        }
        Ok(())
    }

    fn run(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        match &self.below {
            Below::Machine(machine) => {
                if let (true, Step::Run { command, .. }) = (self.judges, step) {
                    self.can_run(machine.as_ref(), command, limits)?;
                }
                self.overlay.lock().skipped_command = true;
                Ok(Output::not_run())
            }
            Below::Nothing(nothing) => nothing.apply(step, limits),
        }
    }

    /// Keeps a file of the machine on this machine, which check mode only foresees.
    fn keep(&self, fetched: &Fetched, limits: &Limits) -> Result<Output, HostError> {
        let copy = |sink: &mut dyn std::io::Write| self.fetch(&fetched.from, sink, limits);
        match self.below {
            Below::Nothing(_) => fetched.keep(&copy),
            Below::Machine(_) => {
                let output = fetched.foresee(&copy)?;
                foresee_here(
                    &fetched.to,
                    &NotKnown::new(format!(
                        "depends on {}, which check mode does not fetch",
                        fetched.to.display()
                    )),
                );
                Ok(Output {
                    not_run: true,
                    ..output
                })
            }
        }
    }

    /// Returns the output of a step without output.
    fn done(&self) -> Output {
        match &self.below {
            Below::Machine(_) => Output::not_run(),
            Below::Nothing(_) => Output::default(),
        }
    }

    /// In check mode, what the task itself causes is assumed to happen; anything else is unknown
    /// unless it holds already. On a test's machine nothing happens by itself, so one look decides.
    fn wait(&self, wait: &super::Wait, limits: &Limits) -> Result<(), HostError> {
        let is_check = matches!(self.below, Below::Machine(_));
        if is_check && (wait.follows || wait.conditions.is_empty()) {
            return Ok(());
        }
        let at_once = super::Wait {
            timeout: std::time::Duration::ZERO,
            delay: std::time::Duration::ZERO,
            settle: std::time::Duration::ZERO,
            ..wait.clone()
        };
        match super::poll(self, &at_once, limits) {
            Err(HostError::NotHappened { what, .. }) if is_check => Err(NotKnown::new(format!(
                "depends on whether it comes to hold: {what}; check mode does not wait"
            ))
            .into()),
            Err(HostError::NotKnown(_)) if !is_check => Ok(()),
            held => held,
        }
    }
}

impl Memory {
    /// In check mode no lock is taken, but a lock of another run is an error, as in a real run.
    fn lock(&self, lock: &Lock, limits: &Limits) -> Result<(), HostError> {
        let answers = self.ask(&[Question::Lock(lock.clone())], limits)?;
        match answers.into_iter().next() {
            Some(Answer::Lock(Some(holder))) => Err(HostError::Locked {
                name: lock.name.clone(),
                holder,
            }),
            _ => Ok(()),
        }
    }

    /// In check mode nothing is sent.
    fn talk(&self, talk: &Talk, limits: &Limits) -> Result<Output, HostError> {
        if let Below::Machine(_) = self.below {
            return Ok(Output::not_run());
        }
        let connect = |host: &str, port, limits: &Limits| self.connect(host, port, limits);
        Ok(Output {
            returned: Box::new(talk.dialogue.hold(&connect, limits)?),
            ..Output::default()
        })
    }

    /// Returns whether a port was opened or closed here; `None` where it is as on the machine below.
    fn changed_port(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Option<bool>, HostError> {
        let Some(open) = self.overlay.lock().ports.get(&port).copied() else {
            return Ok(None);
        };
        let is_own = self.view(limits, |view| Ok(view.facts()?.names_this_machine(host)))?;
        Ok(is_own.then_some(open))
    }
}

impl Host for Memory {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        // A host reports its facts when the shell starts, so they cost nothing.
        if questions
            .iter()
            .any(|question| *question != Question::Facts)
        {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        if let Below::Machine(host) = &self.below
            && self.overlay.lock().is_untouched()
        {
            return self.told(host.ask(questions, limits));
        }
        self.view(limits, |view| {
            all(questions, |question| view.answer(question))
        })
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        let told = Doubtful::Told(command.argv.clone());
        if let Some(reason) = self.overlay.lock().doubts.get(&told) {
            return Err(reason.clone().into());
        }
        if let Some(told) = self.overlay.lock().settings.get(&command.argv) {
            return Ok(Output {
                stdout: told.clone().into_bytes(),
                ..Output::default()
            });
        }
        self.answered(command, self.below().query(command, limits)?)
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        let found = self.view(limits, |view| view.find(path, true, &Content::None))?;
        let unreadable = |reason: &str| HostError::Read {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let here = found
            .here
            .ok_or_else(|| unreadable("No such file or directory"))?;
        if here.node.kind != super::Kind::File {
            return Err(unreadable(&format!("it is {}", here.node.kind.name())));
        }
        match &here.source {
            Source::Below(path) => self.below().fetch(path, sink, limits),
            source => source.copy(sink),
        }
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        let changed = match self.below {
            Below::Machine(_) => self.changed_port(host, port, limits)?,
            Below::Nothing(_) => None,
        };
        match changed {
            None => self.below().connect(host, port, limits),
            Some(true) => {
                let address = format!("{host}:{port}");
                Err(NotKnown::new(format!(
                    "depends on the answer of a program on {address}, which check mode does not start"
                ))
                .into())
            }
            Some(false) => Err(server::refused(host, port)),
        }
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        self.has_programs_for(step, limits)?;
        match step {
            Step::Run { .. } => return self.run(step, limits),
            Step::Set(setting) => {
                self.view(limits, |view| view.may_set(setting))?;
                let (argv, told) = (setting.teller.argv.clone(), setting.after.clone());
                let mut state = self.overlay.lock();
                state.settings.insert(argv, told);
                state.brings_programs |= setting.brings_programs;
            }
            Step::Fetch(fetched) => return self.keep(fetched, limits),
            Step::Wait(wait) => self.wait(wait, limits)?,
            Step::Lock(lock) => self.lock(lock, limits)?,
            Step::Talk(talk) => return self.talk(talk, limits),
            Step::StartProcess(start) => {
                if let (true, Below::Machine(machine)) = (self.judges, &self.below) {
                    self.can_start(machine.as_ref(), start, limits)?;
                }
                let (started, log) = self.view(limits, |view| view.start(start))?;
                let mut state = self.overlay.lock();
                state.run(started);
                if let Some(log) = log {
                    state.edit(log);
                }
            }
            Step::SignalProcess {
                pid,
                started,
                signal,
                ports,
                ..
            } => self.overlay.lock().signal(*pid, *started, signal, ports),
            Step::User {
                before,
                after,
                home,
                new_home,
                password,
                aging,
                ..
            } => {
                let users = (before.as_ref(), after.as_ref());
                let home = home.then_some(new_home);
                let password = password.as_deref();
                let change = self.view(limits, |view| {
                    view.change_user(users, home, password, aging)
                })?;
                self.overlay.lock().change_accounts(change);
            }
            Step::Group { before, after, .. } => {
                let (before, after) = (before.as_ref(), after.as_ref());
                let change = self.view(limits, |view| view.change_group(before, after))?;
                self.overlay.lock().change_accounts(change);
            }
            // Nothing was started here that could have become another program.
            Step::EndMarked(_) => {}
            Step::Unpack(_)
            | Step::Write { .. }
            | Step::Mkdir { .. }
            | Step::Symlink { .. }
            | Step::Hardlink { .. }
            | Step::Attributes { .. }
            | Step::Touch { .. }
            | Step::Remove { .. }
            | Step::Rename { .. }
            | Step::Copy { .. } => self.change_files(std::slice::from_ref(step), limits)?,
        }
        Ok(self.done())
    }

    fn apply_all(&self, steps: &[Step], limits: &Limits) -> Result<Vec<Output>, HostError> {
        let mut outputs = Vec::with_capacity(steps.len());
        for part in steps.chunk_by(|one, next| is_of_files(one) && is_of_files(next)) {
            if part.iter().all(is_of_files) {
                for step in part {
                    self.has_programs_for(step, limits)?;
                }
                self.change_files(part, limits)?;
                outputs.extend(part.iter().map(|_| self.done()));
            } else {
                for step in part {
                    outputs.push(self.apply(step, limits)?);
                }
            }
        }
        Ok(outputs)
    }

    fn doubt(
        &self,
        parts: &[Doubtful],
        reason: &NotKnown,
        limits: &Limits,
    ) -> Result<(), HostError> {
        for part in parts {
            let edit = self.view(limits, |view| view.doubted(part, reason))?;
            edit.into_iter()
                .for_each(|edit| self.overlay.lock().edit(edit));
        }
        self.overlay.lock().doubt(parts, reason);
        Ok(())
    }

    fn foreseen(&self, part: &Doubtful, limits: &Limits) -> Result<Option<NotKnown>, HostError> {
        if let Below::Nothing(_) = self.below {
            return Ok(None);
        }
        let reason = self.overlay.lock().foreseen(part);
        match (reason, part) {
            (None, Doubtful::Path(path)) => match self.leads_to(path, limits) {
                Ok(path) => Ok(self.overlay.lock().foreseen(&Doubtful::Path(path))),
                Err(HostError::NotKnown(reason)) => Ok(Some(reason)),
                Err(error) => Err(error),
            },
            (reason, _) => Ok(reason),
        }
    }

    fn traffic(&self) -> Traffic {
        match &self.below {
            Below::Machine(host) => host.traffic(),
            Below::Nothing(_) => Traffic {
                round_trips: self.asked.load(Ordering::Relaxed),
                ..Traffic::default()
            },
        }
    }
}

/// Returns whether a step changes files, and nothing else.
fn is_of_files(step: &Step) -> bool {
    matches!(
        step,
        Step::Unpack(_)
            | Step::Write { .. }
            | Step::Mkdir { .. }
            | Step::Symlink { .. }
            | Step::Hardlink { .. }
            | Step::Attributes { .. }
            | Step::Touch { .. }
            | Step::Remove { .. }
            | Step::Rename { .. }
            | Step::Copy { .. }
    )
}
