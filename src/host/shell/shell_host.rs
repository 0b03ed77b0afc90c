//! A host accessed through a POSIX shell.

use super::ask::ask;
use super::become_user::Become;
use super::counters::Counters;
use super::lock::Locks;
use super::login::Login;
use super::reply::Reply;
use super::script::{Library, Script};
use super::session::Session;
use super::transport::Transport;
use super::unfinished::UNFINISHED;
use crate::host::{
    Answer, Command, Host, HostError, Limits, Output, Question, Step, Stream, Traffic,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) const BASE: Library = Library {
    name: "base",
    text: include_str!("base.sh"),
};

const KILL: Library = Library {
    name: "kill",
    text: include_str!("kill.sh"),
};

/// How long ending a cancelled command may take.
const RESCUE: Duration = Duration::from_secs(5);

/// A host accessed through a POSIX shell, as one user.
///
/// One shell is kept open for questions and steps. Commands of tasks and large bodies have their
/// own channels.
pub struct ShellHost {
    transport: Arc<dyn Transport>,
    login: Login,
    session: Mutex<Option<Session>>,
    /// Whether a shell has been started already.
    contacted: AtomicBool,
    /// The locks that the run holds here until it ends.
    locks: Locks,
    counters: Arc<Counters>,
}

impl ShellHost {
    /// Returns a host reached over `transport` whose shell is `shell` (`/bin/sh`, `busybox sh`),
    /// run as another user than the login user if one is given. Nothing is started yet.
    pub fn new(transport: Arc<dyn Transport>, shell: &str, other: Option<Become>) -> Self {
        Self {
            transport,
            login: Login {
                shell: shell.to_owned(),
                other,
            },
            session: Mutex::new(None),
            contacted: AtomicBool::new(false),
            locks: Locks::default(),
            counters: Arc::new(Counters::default()),
        }
    }

    /// Sends requests to the kept shell, and returns their replies: one round trip.
    pub(super) fn exchange(
        &self,
        scripts: &[Script],
        limits: &Limits,
    ) -> Result<Vec<Reply>, HostError> {
        self.with_session(limits, |session| session.exchange_all(scripts, limits))
    }

    /// Sends a request to the kept shell, and returns its reply.
    pub(super) fn request(&self, script: &Script, limits: &Limits) -> Result<Reply, HostError> {
        self.with_session(limits, |session| session.exchange(script, limits))
    }

    /// Uses the kept shell. After an error it is dropped, and the next call starts another one. The
    /// same happens if the shell was lost while idle.
    pub(super) fn with_session<T>(
        &self,
        limits: &Limits,
        talk: impl FnOnce(&mut Session) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut kept = self.kept();
        let mut session = match kept.take().map(|mut kept| (kept.is_alive(limits), kept)) {
            Some((true, session)) => session,
            _ => self.start(limits)?,
        };
        match talk(&mut session) {
            Ok(answer) => {
                *kept = Some(session);
                Ok(answer)
            }
            Err(error) => {
                // Others may continue with a new shell in the meantime.
                drop(kept);
                self.give_up(session, &error);
                Err(error)
            }
        }
    }

    /// Starts a shell for one request, and uses it.
    pub(super) fn with_own_session<T>(
        &self,
        limits: &Limits,
        talk: impl FnOnce(&mut Session) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let (_, answer) = self.with_session_to_keep(limits, talk)?;
        Ok(answer)
    }

    /// Returns the locks that the run holds here.
    pub(super) fn locks(&self) -> &Locks {
        &self.locks
    }

    /// Starts a shell, uses it, and returns it with the answer.
    pub(super) fn with_session_to_keep<T>(
        &self,
        limits: &Limits,
        talk: impl FnOnce(&mut Session) -> Result<T, HostError>,
    ) -> Result<(Session, T), HostError> {
        let mut session = self.start(limits)?;
        match talk(&mut session) {
            Ok(answer) => Ok((session, answer)),
            Err(error) => {
                self.give_up(session, &error);
                Err(error)
            }
        }
    }

    fn start(&self, limits: &Limits) -> Result<Session, HostError> {
        let mut session = Session::open(&*self.transport, &self.login, &self.counters, limits)?;
        self.counters.connection();
        if !self.contacted.swap(true, Ordering::Relaxed) {
            session.sweep();
        }
        Ok(session)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what a shell still runs. On a broken connection nothing can be done.
    fn give_up(&self, mut session: Session, error: &HostError) {
        if matches!(
            error,
            HostError::Unreachable { .. } | HostError::Become { .. }
        ) {
            return;
        }
        let limits = Limits {
            deadline: Some(Instant::now() + RESCUE),
            ..Limits::default()
        };
        let Some(group) = session.group(&limits) else {
            return;
        };
        drop(session);
        let mut script = Script::with(&[&UNFINISHED, &KILL]);
        script.call("rmq_kill", [group.to_string()]);
        let ended = self.start(&limits).and_then(|mut session| {
            session.send_last(&script, &limits)?;
            session.reply(&limits)
        });
        if let Err(error) = ended {
            let machine = self.transport.describe();
            tracing::warn!("cannot stop the interrupted task on {machine}: {error}");
        }
    }

    /// Returns whether a port is open according to the transport, if it can tell.
    pub(super) fn connects(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Option<bool>, HostError> {
        self.counters.round_trip();
        self.transport.connects(host, port, limits)
    }
}

impl Host for ShellHost {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        ask(self, questions, limits)
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        super::run::run(self, command, limits)
    }

    fn fetch(
        &self,
        path: &camino::Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        super::fetch::fetch(self, path, sink, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.counters.round_trip();
        self.transport.connect(host, port, limits)
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        super::apply::apply(self, step, limits)
    }

    fn apply_all(&self, steps: &[Step], limits: &Limits) -> Result<Vec<Output>, HostError> {
        super::apply::apply_all(self, steps, limits)
    }

    fn keeps_locks(&self, limits: &Limits) -> Result<(), HostError> {
        self.locks.are_kept(&self.transport.describe(), limits)
    }

    fn close_idle(&self, limits: &Limits) {
        let idle = self
            .session
            .try_lock()
            .ok()
            .and_then(|mut kept| kept.take());
        if let Some(session) = idle {
            session.end(&limits.sooner(Instant::now() + RESCUE));
        }
    }

    fn connections(&self) -> u64 {
        self.counters.connections()
    }

    fn traffic(&self) -> Traffic {
        self.counters.traffic()
    }
}
