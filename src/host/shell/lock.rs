//! Locks: each is held by a shell of its own, which ends with the run.

use super::script::{Library, Script};
use super::session::Session;
use super::shell_host::{BASE, ShellHost};
use super::unfinished::UNFINISHED;
use crate::host::{HostError, Limits, Lock, Output, start_thread};
use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

pub(super) const LOCK: Library = Library {
    name: "lock",
    text: include_str!("lock.sh"),
};

/// How often a run that holds locks sends a sign that it is alive.
const BEAT: Duration = Duration::from_secs(15);

/// How long a host keeps a lock of a run that it hears nothing of.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait for who is giving a sign just now.
const MOMENT: Duration = Duration::from_millis(20);

/// The locks that a run holds on a machine, by name.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Held>>);

/// A lock that is held. Dropping it gives the lock back.
struct Held {
    /// Who keeps it waits for the end of this.
    _end: Sender<()>,
    keeper: std::thread::JoinHandle<()>,
    /// The shell that holds it.
    session: Arc<Mutex<Session>>,
}

impl Locks {
    /// Fails if a lock on the machine was lost with the shell that held it.
    pub(super) fn are_kept(&self, machine: &str, limits: &Limits) -> Result<(), HostError> {
        let locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, held) in &*locks {
            if !held.is_kept(limits)? {
                return Err(HostError::LockLost {
                    name: name.clone(),
                    machine: machine.to_owned(),
                });
            }
        }
        Ok(())
    }
}

impl Held {
    /// Returns whether the shell that holds it is still there.
    fn is_kept(&self, limits: &Limits) -> Result<bool, HostError> {
        // The time limit of a task says nothing about the lock.
        let patience = Limits {
            deadline: Some(Instant::now() + PATIENCE),
            cancel: limits.cancel.clone(),
        };
        let is_alive = loop {
            match self.session.try_lock() {
                Ok(mut session) => break session.is_alive(&patience),
                Err(TryLockError::Poisoned(_)) => break false,
                Err(TryLockError::WouldBlock) => patience.sleep(MOMENT)?,
            }
        };
        limits.check()?;
        Ok(is_alive && !self.keeper.is_finished())
    }
}

/// Takes a lock, unless this run has it already.
pub(super) fn take(host: &ShellHost, lock: &Lock, limits: &Limits) -> Result<Output, HostError> {
    let mut locks = host
        .locks()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(held) = locks.get(&lock.name)
        && held.is_kept(limits)?
    {
        return Ok(Output::default());
    }
    let mut script = Script::with(&[&BASE, &UNFINISHED, &LOCK]);
    script.call("rmq_take_lock", [&lock.name, &lock.holder]);
    script.raw(&keep());
    let (session, reply) =
        host.with_session_to_keep(limits, |session| session.exchange(&script, limits))?;
    let piece = reply.pieces.first();
    match piece.map(|piece| (piece.word.as_str(), &piece.bytes)) {
        Some(("0", _)) => {
            let (end, ended) = channel();
            let session = Arc::new(Mutex::new(session));
            let kept = session.clone();
            let keeper = start_thread(move || keep_until(&kept, &ended))?;
            let held = Held {
                _end: end,
                keeper,
                session,
            };
            locks.insert(lock.name.clone(), held);
            Ok(Output::default())
        }
        Some(("held", holder)) => Err(HostError::Locked {
            name: lock.name.clone(),
            holder: String::from_utf8_lossy(holder).trim().to_owned(),
        }),
        _ => Err(HostError::Step {
            action: format!("take the lock {}", lock.name),
            reason: reply.reason(),
        }),
    }
}

/// Tells the host now and then that the run is there, until it is not.
fn keep_until(session: &Mutex<Session>, ended: &std::sync::mpsc::Receiver<()>) {
    let mut script = Script::default();
    script.raw(&keep());
    while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let limits = Limits::default().sooner(Instant::now() + PATIENCE);
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        if session.exchange(&script, &limits).is_err() {
            return;
        }
    }
}

fn keep() -> String {
    format!("rmq_keep_lock {};", PATIENCE.as_secs())
}
