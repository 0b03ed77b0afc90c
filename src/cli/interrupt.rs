//! What ^C and SIGTERM do.

use super::Exit;
use crate::host::Cancel;
use rustix::fd::AsFd;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What ^C and SIGTERM do: before a run begins they end rmqplay at once. The first one after that
/// calls the run off in good order, the second one ends it.
#[derive(Clone)]
pub(super) struct Interrupt {
    cancel: Cancel,
    runs: Arc<AtomicBool>,
    /// Whether it is between two runs: nothing is stopped on the hosts then.
    rests: Arc<AtomicBool>,
    /// How the terminal was: asking for a password changes it.
    terminal: Option<Termios>,
}

impl Interrupt {
    /// Catches the signals from now on.
    pub(super) fn catch() -> Self {
        let interrupt = Self {
            cancel: Cancel::default(),
            runs: Arc::default(),
            rests: Arc::default(),
            terminal: tcgetattr(std::io::stdin()).ok(),
        };
        let caught = interrupt.clone();
        if let Err(error) = ctrlc::set_handler(move || caught.interrupted()) {
            tracing::warn!("signals cannot be caught: {error}");
        }
        interrupt
    }

    /// Returns what is set when the run is called off.
    pub(super) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Says that a run begins.
    pub(super) fn run_begins(&self) {
        self.runs.store(true, Ordering::SeqCst);
    }

    /// Returns whether a run has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.runs.load(Ordering::SeqCst)
    }

    /// Waits for the next run; returns whether it was called off.
    pub(super) fn rest(&self, until: Instant) -> bool {
        self.rests.store(true, Ordering::SeqCst);
        let called_off = self.cancel.wait_until(until);
        self.rests.store(false, Ordering::SeqCst);
        called_off
    }

    fn interrupted(&self) {
        if let Some(terminal) = &self.terminal {
            let stdin = std::io::stdin();
            let _ = tcsetattr(stdin.as_fd(), OptionalActions::Now, terminal);
        }
        let mut err = anstream::stderr();
        if !self.runs.load(Ordering::SeqCst) || self.cancel.is_cancelled() {
            let _ = writeln!(err);
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        if self.rests.load(Ordering::SeqCst) {
            let _ = writeln!(err);
            self.cancel.cancel();
            return;
        }
        let _ = writeln!(
            err,
            "\ninterrupted: stopping what runs on the hosts (again to leave at once)"
        );
        self.cancel.cancel();
    }
}
