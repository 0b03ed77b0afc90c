//! The output of `rmqplay exec`: that of each host's command, in Ansible's one-line form.

use super::failure::details;
use super::live_line::{LiveLine, print};
use super::style::{coloured_diff, pretty};
use super::{Event, Reporter, Status, TaskResult, indented, on_one_line, printable};
use crate::value;
use anstyle::{AnsiColor, Style};
use std::io::Write;

/// Shows the results of one module on each host, and nothing else.
pub struct AdHoc<W: Write> {
    out: W,
    line: Option<LiveLine>,
    diff: bool,
    colour: bool,
}

impl<W: Write> AdHoc<W> {
    /// Returns a reporter that writes to `out`, around the live line if there is one, with
    /// differences if `diff`.
    pub fn new(out: W, line: Option<LiveLine>, diff: bool, colour: bool) -> Self {
        Self {
            out,
            line,
            diff,
            colour,
        }
    }

    fn print(&mut self, text: &str) {
        print(&mut self.out, self.line.as_ref(), text);
    }

    fn text(&self, result: &TaskResult) -> String {
        let (colour, word) = match result.status {
            Status::Ok => (AnsiColor::Green, "SUCCESS"),
            Status::Changed => (AnsiColor::Yellow, "CHANGED"),
            Status::Skipped => (AnsiColor::Cyan, "SKIPPED"),
            Status::Unknown => (AnsiColor::Yellow, "UNKNOWN"),
            Status::Failed => (AnsiColor::Red, "FAILED"),
            Status::Unreachable => (AnsiColor::Red, "UNREACHABLE!"),
        };
        let style = colour.on_default();
        let mut text = format!("{style}{} | {word}", on_one_line(&result.host));
        let json = value::to_json(&result.result);
        let code = json.get("rc").and_then(serde_json::Value::as_i64);
        match (code, result.status) {
            (Some(code), _) => {
                text += &format!(" | rc={code} >>{style:#}\n{}", output(&json));
            }
            (None, Status::Failed | Status::Unreachable | Status::Skipped | Status::Unknown) => {
                let message = result.message.clone().unwrap_or_default();
                text += &format!(" => {}{style:#}\n", indented(&message));
                if !matches!(result.status, Status::Skipped | Status::Unknown) {
                    text += &details(result, self.colour);
                }
            }
            (None, _) => text += &format!(" => {}{style:#}\n", printable(&pretty(&json))),
        }
        if self.diff {
            for diff in &result.diffs {
                text += &coloured_diff(diff);
            }
        }
        let yellow: Style = AnsiColor::Yellow.on_default();
        for warning in &result.warnings {
            text += &format!("{yellow}[WARNING]: {}{yellow:#}\n", indented(warning));
        }
        text
    }
}

/// Returns the output of a command: standard output, then standard error.
fn output(json: &serde_json::Value) -> String {
    let written = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    let mut text = String::new();
    for part in ["stdout", "stderr"].into_iter().filter_map(written) {
        if !part.is_empty() {
            text += &printable(part);
            text += "\n";
        }
    }
    text
}

impl<W: Write> Reporter for AdHoc<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskFinished(result) => {
                let text = self.text(result);
                self.print(&text);
            }
            Event::NoHosts { name } => {
                self.print(&format!("no hosts matched {}\n", on_one_line(name)));
            }
            Event::Announced { text, .. } => self.print(&format!("{}\n", indented(text))),
            Event::Warning { text, .. } => self.print(&format!("[WARNING]: {}\n", indented(text))),
            _ => {}
        }
    }
}
