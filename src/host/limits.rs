//! How long a call may take, and how it is called off.

use super::HostError;
use super::thread::start_thread;
use std::cell::{Cell, RefCell};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Called off by the user (^C), for all hosts at once.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

/// What is called once a run is cancelled.
type Listener = dyn Fn() + Send + Sync;

#[derive(Default)]
struct Shared {
    is_cancelled: Mutex<bool>,
    changed: Condvar,
    listeners: Mutex<Vec<Weak<Listener>>>,
}

impl Cancel {
    /// Calls off everything that holds this token.
    pub fn cancel(&self) {
        *self.flag() = true;
        self.0.changed.notify_all();
        let listeners = self.listeners().clone();
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            listener();
        }
    }

    /// Calls `listener` at each [`Cancel::cancel`], for as long as somebody keeps it.
    pub fn on_cancel(&self, listener: &Arc<Listener>) {
        let mut listeners = self.listeners();
        listeners.retain(|known| known.strong_count() > 0);
        listeners.push(Arc::downgrade(listener));
    }

    /// Takes it back, for what comes next.
    pub fn renew(&self) {
        *self.flag() = false;
    }

    /// Lets everybody look again who waits with [`Limits::wait_for`].
    pub fn wake(&self) {
        // Who is about to wait holds the flag: without it this could come too early for them.
        let _flag = self.flag();
        self.0.changed.notify_all();
    }

    /// Returns whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        *self.flag()
    }

    /// Blocks until it is called off or `until` has come; returns whether it was called off.
    pub fn wait_until(&self, until: Instant) -> bool {
        let rest = until.saturating_duration_since(Instant::now());
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.flag(), rest, |cancelled| !*cancelled);
        *waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    fn flag(&self) -> std::sync::MutexGuard<'_, bool> {
        self.0
            .is_cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Listener>>> {
        self.0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cancelled = self.is_cancelled();
        formatter.debug_tuple("Cancel").field(&cancelled).finish()
    }
}

/// How often [`Limits::tick`] looks at the clock: a tick costs a nanosecond, a look about fifty.
const TICKS: u32 = 256;

thread_local! {
    /// What this thread is held to.
    static HELD: RefCell<Option<Limits>> = const { RefCell::new(None) };
    static TICKED: Cell<u32> = const { Cell::new(0) };
}

/// A limit that was reached by what computes on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reached {
    /// The deadline.
    #[error("timed out")]
    Deadline,
    /// The user called the run off.
    #[error("interrupted")]
    Cancel,
}

impl From<Reached> for HostError {
    fn from(reached: Reached) -> Self {
        match reached {
            Reached::Deadline => Self::TimedOut,
            Reached::Cancel => Self::Cancelled,
        }
    }
}

/// When a call must be over.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// The moment after which it fails with [`HostError::TimedOut`].
    pub deadline: Option<Instant>,
    /// Set when the user called everything off.
    pub cancel: Cancel,
}

impl Limits {
    /// Returns the same limits with the deadline at `moment` if that is sooner.
    #[must_use]
    pub fn sooner(&self, moment: Instant) -> Self {
        let deadline = self
            .deadline
            .map_or(moment, |deadline| deadline.min(moment));
        Self {
            deadline: Some(deadline),
            cancel: self.cancel.clone(),
        }
    }

    /// Sleeps, or fails as soon as a limit is reached.
    pub fn sleep(&self, duration: Duration) -> Result<(), HostError> {
        let end = Instant::now() + duration;
        let until = self.deadline.map_or(end, |deadline| deadline.min(end));
        if self.cancel.wait_until(until) {
            return Err(HostError::Cancelled);
        }
        if until < end {
            Err(HostError::TimedOut)
        } else {
            Ok(())
        }
    }

    /// Blocks until `ready` holds, or fails as soon as a limit is reached. Whoever makes it hold
    /// calls [`Cancel::wake`].
    pub fn wait_for(&self, mut ready: impl FnMut() -> bool) -> Result<(), HostError> {
        let woken = &self.cancel.0.changed;
        let mut cancelled = self.cancel.flag();
        loop {
            if *cancelled {
                return Err(HostError::Cancelled);
            }
            if ready() {
                return Ok(());
            }
            let Some(deadline) = self.deadline else {
                cancelled = woken
                    .wait(cancelled)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(HostError::TimedOut);
            }
            let waited = woken.wait_timeout(cancelled, rest);
            cancelled = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Returns how long a call may block before it looks at the limits again (100 ms at most), or
    /// fails if one has been reached.
    pub fn patience(&self) -> Result<Duration, HostError> {
        self.check()?;
        let look = Duration::from_millis(100);
        Ok(self.deadline.map_or(look, |deadline| {
            look.min(deadline.saturating_duration_since(Instant::now()))
        }))
    }

    /// Has a thread of its own do what cannot be called off, such as looking up a name, and stops
    /// waiting for it as soon as a limit is reached. `work` then ends by itself, unnoticed.
    pub fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HostError> {
        let (answer, answers) = sync_channel(1);
        let worker = start_thread(move || {
            // Nobody listens any more once a limit was reached.
            let _ = answer.send(work());
        })?;
        loop {
            match answers.recv_timeout(self.patience()?) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(HostError::Cancelled),
        }
    }

    /// Fails if a limit has been reached.
    pub fn check(&self) -> Result<(), HostError> {
        self.sleep(Duration::ZERO)
    }

    /// Does `work`, in which this thread is held to these limits: what computes for long, such as a
    /// template, asks for them with [`Limits::look`] and [`Limits::tick`].
    pub fn hold<T>(&self, work: impl FnOnce() -> T) -> T {
        /// A panic ends it, too.
        struct Outer(Option<Limits>);
        impl Drop for Outer {
            fn drop(&mut self) {
                HELD.set(self.0.take());
            }
        }
        let _outer = Outer(HELD.replace(Some(self.clone())));
        work()
    }

    /// Returns what this thread is held to, if it is.
    pub fn held() -> Option<Self> {
        HELD.with_borrow(Clone::clone)
    }

    /// Fails if a limit has been reached that this thread is held to.
    pub fn look() -> Result<(), Reached> {
        HELD.with_borrow(|held| {
            let Some(limits) = held else {
                return Ok(());
            };
            if limits.cancel.is_cancelled() {
                return Err(Reached::Cancel);
            }
            match limits.deadline {
                Some(deadline) if deadline <= Instant::now() => Err(Reached::Deadline),
                _ => Ok(()),
            }
        })
    }

    /// The same, for each step of a loop whose steps are short: looks now and then only.
    pub fn tick() -> Result<(), Reached> {
        let ticked = TICKED.get().wrapping_add(1);
        TICKED.set(ticked);
        if ticked.is_multiple_of(TICKS) {
            return Self::look();
        }
        Ok(())
    }
}
