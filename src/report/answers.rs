//! The output of `rmqplay repl` besides values: differences, warnings and failures.

use super::failure::details;
use super::style::coloured_diff;
use super::{Event, Reporter, Status, TaskResult, indented, on_one_line, printable};
use anstyle::{AnsiColor, Style};
use std::io::Write;

/// Shows the effects of tasks at a prompt, without progress.
pub struct Answers<W: Write, E: Write> {
    out: W,
    err: E,
    diff: bool,
    /// Whether a host could not be reached.
    pub unreachable: bool,
}

impl<W: Write, E: Write> Answers<W, E> {
    /// Returns a reporter that writes data to `out` and failures to `err`, with differences if
    /// `diff`.
    pub fn new(out: W, err: E, diff: bool) -> Self {
        Self {
            out,
            err,
            diff,
            unreachable: false,
        }
    }

    fn finished(&mut self, result: &TaskResult) {
        // A reader that closed its end (`| head`) is not an error.
        if self.diff {
            for diff in &result.diffs {
                let _ = self.out.write_all(coloured_diff(diff).as_bytes());
            }
        }
        let failed = matches!(result.status, Status::Failed | Status::Unreachable);
        self.unreachable |= result.status == Status::Unreachable;
        if failed {
            let red: Style = AnsiColor::Red.on_default();
            let message = indented(result.message.as_deref().unwrap_or_default());
            let name = on_one_line(&result.task.name);
            let _ = match result.problem {
                // The message is complete by itself.
                Some(_) => Ok(()),
                None => writeln!(self.err, "{red}{name}: {message}{red:#}"),
            };
            let _ = self.err.write_all(details(result, true).as_bytes());
        }
        for warning in &result.warnings {
            self.warn(warning);
        }
    }

    fn warn(&mut self, text: &str) {
        let yellow: Style = AnsiColor::Yellow.on_default();
        let text = indented(text);
        let _ = writeln!(self.err, "{yellow}[WARNING]: {text}{yellow:#}");
    }
}

impl<W: Write, E: Write> Reporter for Answers<W, E> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskFinished(result) => self.finished(result),
            Event::Warning { text, .. } => self.warn(text),
            Event::Said { text, .. } | Event::Announced { text, .. } => {
                let _ = writeln!(self.out, "{}", printable(text));
            }
            _ => {}
        }
        let _ = self.out.flush();
    }
}
