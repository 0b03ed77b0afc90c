//! The file of `--events`: one JSON object a line for each task and host.

use super::{Event, Reporter, TaskResult};
use std::io::Write;

/// Writes one line for each task and host, as they come.
pub struct EventsFile<W: Write> {
    out: W,
    failed: Option<std::io::Error>,
}

impl<W: Write> EventsFile<W> {
    /// Returns a reporter that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, failed: None }
    }

    /// Returns why writing failed, if it did.
    pub fn finish(mut self) -> Option<std::io::Error> {
        self.failed.take().or_else(|| self.out.flush().err())
    }

    fn line(&mut self, result: &TaskResult) {
        if self.failed.is_none() {
            self.failed = writeln!(self.out, "{}", result.line()).err();
        }
    }
}

impl<W: Write> Reporter for EventsFile<W> {
    fn event(&mut self, event: &Event) {
        if let Event::TaskFinished(result) = event {
            self.line(result);
        }
    }
}
