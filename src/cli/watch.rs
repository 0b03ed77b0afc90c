//! `--watch`: repeats a run.

use super::Exit;
use super::interrupt::Interrupt;
use super::options::Format;
use super::start::Sink;
use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clears the terminal and its scrollback, and moves to the first line.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Repeats a run.
pub(super) struct Watch<'a> {
    /// The time between the end of a run and the next one.
    pub(super) interval: Duration,
    /// The text above each run.
    pub(super) title: String,
    pub(super) format: Format,
    pub(super) interrupt: &'a Interrupt,
}

/// The output of a run, held back until it is over.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<Vec<u8>>>);

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Held {
    fn take(&self) -> Vec<u8> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut held)
    }
}

impl Watch<'_> {
    /// Runs until ^C, and returns how the last complete run ended.
    ///
    /// On a terminal a run replaces the previous one when it is over, so that ^C leaves a complete
    /// one; elsewhere a line with the time precedes each.
    pub(super) fn repeat(&self, mut run: impl FnMut(Sink) -> Exit) -> Exit {
        let on_terminal = self.format == Format::Text && std::io::stdout().is_terminal();
        let held = Held::default();
        let mut last = None;
        loop {
            let sink = if on_terminal {
                Sink::Held(held.clone())
            } else {
                self.separate();
                Sink::Output
            };
            let exit = run(sink);
            let is_over = self.interrupt.cancel().is_cancelled();
            if is_over && last.is_some() {
                break;
            }
            if on_terminal {
                self.show(&held.take());
            }
            last = Some(exit);
            // Whatever keeps the first run from starting keeps the next one from starting, too.
            if is_over || !self.interrupt.has_begun() || self.interrupt.rest(self.next()) {
                break;
            }
        }
        last.unwrap_or(Exit::Interrupted)
    }

    fn next(&self) -> Instant {
        Instant::now() + self.interval
    }

    fn show(&self, text: &[u8]) {
        let mut out = std::io::stdout().lock();
        let heading = format!("{CLEAR}{}  {}  (^C to exit)\n", self.title, now());
        // A terminal that was closed is not an error of the run.
        let _ = out.write_all(heading.as_bytes());
        let _ = out.write_all(text);
        let _ = out.flush();
    }

    fn separate(&self) {
        if self.format == Format::Text {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "--- {}", now());
            let _ = out.flush();
        }
    }
}

fn now() -> String {
    let now = jiff::Zoned::now();
    now.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
