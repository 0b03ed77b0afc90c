//! Locks: each is held by a shell of its own, which ends with the run.

use super::script::{Library, Script};
use super::session::Session;
use super::shell_host::{BASE, ShellHost};
use super::unfinished::UNFINISHED;
use crate::host::{HostError, Limits, Lock, Output, start_thread};
use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) const LOCK: Library = Library {
    name: "lock",
    text: include_str!("lock.sh"),
};

/// How often a run that holds locks sends a sign that it is alive.
const BEAT: Duration = Duration::from_secs(15);

/// How long a host keeps a lock of a run that it hears nothing of.
const PATIENCE: Duration = Duration::from_secs(60);

/// The locks that a run holds on a machine, by name.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Held>>);

/// A lock that is held. Dropping it gives the lock back.
struct Held {
    /// Who keeps it waits for the end of this.
    _end: Sender<()>,
    keeper: std::thread::JoinHandle<()>,
}

/// Takes a lock, unless this run has it already.
pub(super) fn take(host: &ShellHost, lock: &Lock, limits: &Limits) -> Result<Output, HostError> {
    let mut locks = host
        .locks()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let is_held = |held: &Held| !held.keeper.is_finished();
    if locks.get(&lock.name).is_some_and(is_held) {
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
            let keeper = start_thread(move || keep_until(session, &ended))?;
            locks.insert(lock.name.clone(), Held { _end: end, keeper });
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
fn keep_until(mut session: Session, ended: &std::sync::mpsc::Receiver<()>) {
    let mut script = Script::default();
    script.raw(&keep());
    while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let limits = Limits::default().sooner(Instant::now() + PATIENCE);
        if session.exchange(&script, &limits).is_err() {
            return;
        }
    }
}

fn keep() -> String {
    format!("rmq_keep_lock {};", PATIENCE.as_secs())
}
