//! The line at the bottom of a terminal that says what is running; all other output goes around it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The line at the bottom of a terminal, shared by all who print.
#[derive(Clone)]
pub struct LiveLine {
    bar: ProgressBar,
    appeared: Arc<AtomicBool>,
    /// When anything was printed last.
    printed: Arc<Mutex<Instant>>,
}

impl LiveLine {
    /// Returns a live line, invisible until it [appears].
    ///
    /// [appears]: Self::appear
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self {
            bar,
            appeared: Arc::default(),
            printed: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Shows the line on standard error, if that is a terminal. This comes with the first task, so
    /// that nothing remains above an error or a list that comes instead of a run.
    pub(super) fn appear(&self) {
        if !self.appeared.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
    }

    /// Returns the bar; it must be hidden while the user is asked.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Returns how long nothing has been printed.
    pub(super) fn silence(&self) -> Duration {
        self.last().elapsed()
    }

    /// Notes that something was printed.
    pub(super) fn note_print(&self) {
        *self.last() = Instant::now();
    }

    /// Returns an invisible line, with the last print that long ago.
    #[cfg(test)]
    pub(super) fn hidden(silence: Duration) -> Self {
        let printed = Instant::now().checked_sub(silence).unwrap();
        Self {
            bar: ProgressBar::hidden(),
            appeared: Arc::new(AtomicBool::new(true)),
            printed: Arc::new(Mutex::new(printed)),
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LiveLine {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes a text to `out`, around the live line if there is one. A reader that closed its end
/// (`| head`) is not an error of the run.
pub(super) fn print(out: &mut impl Write, line: Option<&LiveLine>, text: &str) {
    let mut write = || {
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    };
    match line {
        Some(line) => {
            line.bar.suspend(write);
            line.note_print();
        }
        None => write(),
    }
}
