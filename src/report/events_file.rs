//! The file of `--events`: one JSON object a line for each task and host.

use super::json::recap_line;
use super::shards::first_line;
use super::{Event, Reporter};
use std::io::Write;

/// Writes one line for each task and host, as they come.
pub struct EventsFile<W: Write> {
    out: W,
    /// Whether it is that of a shard, which is joined with others.
    is_of_shard: bool,
    failed: Option<std::io::Error>,
}

impl<W: Write> EventsFile<W> {
    /// Returns a reporter that writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            is_of_shard: false,
            failed: None,
        }
    }

    /// Returns the same for a shard, by its number and how many there are: its first line says which
    /// one it is, and its last but one has the recap.
    #[must_use]
    pub fn of_shard(mut self, (number, of): (usize, usize)) -> Self {
        self.is_of_shard = true;
        self.line(&first_line(number, of));
        self
    }

    /// Returns why writing failed, if it did.
    pub fn finish(mut self) -> Option<std::io::Error> {
        self.failed.take().or_else(|| self.out.flush().err())
    }

    fn line(&mut self, line: &str) {
        if self.failed.is_none() {
            self.failed = writeln!(self.out, "{line}").err();
        }
    }
}

impl<W: Write> Reporter for EventsFile<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskFinished(result) => self.line(&result.line()),
            Event::RunFinished {
                recap,
                check,
                elapsed,
                ..
            } if self.is_of_shard => {
                self.line(&recap_line(recap, *check, *elapsed).to_string());
            }
            _ => {}
        }
    }
}
