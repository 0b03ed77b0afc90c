//! Handles ^C and SIGTERM.

use super::Exit;
use crate::files::Programs;
use crate::host::Cancel;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Handles ^C and SIGTERM: before a run begins they end rmqplay immediately. After that the first
/// one interrupts the run, the second one ends it.
#[derive(Clone)]
pub(super) struct Interrupt {
    cancel: Cancel,
    runs: Arc<AtomicBool>,
    /// Whether it is between two runs: then nothing needs to be stopped on the hosts.
    rests: Arc<AtomicBool>,
    /// Whether the user is at a prompt, and would lose their input.
    at_prompt: Arc<AtomicBool>,
    /// Whether signals only set the flag.
    deferred: Arc<AtomicBool>,
    /// The original state of the terminal: asking for a password changes it.
    terminal: Option<Arc<(File, Termios)>>,
}

impl Interrupt {
    /// Installs the signal handlers.
    pub(super) fn catch() -> Self {
        let interrupt = Self {
            cancel: Cancel::default(),
            runs: Arc::default(),
            rests: Arc::default(),
            at_prompt: Arc::default(),
            deferred: Arc::default(),
            terminal: terminal().map(Arc::new),
        };
        let caught = interrupt.clone();
        if let Err(error) = ctrlc::set_handler(move || caught.interrupted()) {
            tracing::warn!("cannot handle signals: {error}");
        }
        interrupt
    }

    /// Returns the flag that is set when the run is interrupted.
    pub(super) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Lets nothing but the flag say that there was ^C: from now on the process ends by itself.
    pub(super) fn defer(&self) {
        self.deferred.store(true, Ordering::SeqCst);
    }

    /// Marks the start of a run.
    pub(super) fn run_begins(&self) {
        self.runs.store(true, Ordering::SeqCst);
    }

    /// Returns whether a run has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.runs.load(Ordering::SeqCst)
    }

    /// Waits for the next run; returns whether it was interrupted.
    pub(super) fn rest(&self, until: Instant) -> bool {
        self.rests.store(true, Ordering::SeqCst);
        let called_off = self.cancel.wait_until(until);
        self.rests.store(false, Ordering::SeqCst);
        called_off
    }

    /// Marks that there is a prompt between runs, which only its own keys end.
    pub(super) fn stays_at_prompt(&self) {
        self.at_prompt.store(true, Ordering::SeqCst);
    }

    /// Marks that a run is over, and another may follow.
    pub(super) fn run_ends(&self) {
        self.runs.store(false, Ordering::SeqCst);
        self.cancel.renew();
    }

    fn interrupted(&self) {
        if self.deferred.load(Ordering::SeqCst) {
            return self.cancel.cancel();
        }
        let runs = self.runs.load(Ordering::SeqCst);
        if !runs && self.at_prompt.load(Ordering::SeqCst) && makes_signals() {
            return;
        }
        if let Some(terminal) = &self.terminal
            // The system stops a process that changes a terminal from the background.
            && tcgetpgrp(&terminal.0) == Ok(getpgrp())
        {
            let _ = tcsetattr(&terminal.0, OptionalActions::Now, &terminal.1);
        }
        let mut err = anstream::stderr();
        if !self.runs.load(Ordering::SeqCst) || self.cancel.is_cancelled() {
            let _ = writeln!(err);
            Programs::end_all();
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        if self.rests.load(Ordering::SeqCst) {
            let _ = writeln!(err);
            self.cancel.cancel();
            return;
        }
        let _ = writeln!(
            err,
            "\ninterrupted: stopping what runs on the hosts (press ^C again to exit immediately)"
        );
        self.cancel.cancel();
    }
}

/// Returns the current state of the program's terminal, if there is one.
fn terminal() -> Option<(File, Termios)> {
    let terminal = File::open("/dev/tty").ok()?;
    let state = tcgetattr(&terminal).ok()?;
    Some((terminal, state))
}

/// Returns whether ^C at the terminal is a signal: at a prompt it is not, except in the moment
/// before the prompt appears. Any other signal at a prompt is intended.
fn makes_signals() -> bool {
    let terminal = tcgetattr(std::io::stdin());
    terminal.is_ok_and(|terminal| terminal.local_modes.contains(LocalModes::ISIG))
}
