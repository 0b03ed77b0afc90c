//! `--compat`: Ansible's lines, one per host and item, which scripts read.

use super::failure::details;
use super::live_line::{LiveLine, print};
use super::recap::rows;
use super::said::said;
use super::style::{
    CYAN, GREEN, RED, Verbosity, YELLOW, ansible_json, coloured_diff, cost, heading, pretty,
};
use super::{
    Event, Recap, Reporter, Status, TaskId, TaskName, TaskResult, indented, on_one_line, printable,
};
use crate::source::Problem;
use crate::value::{self, Value};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// Shows a run in Ansible's line forms.
pub struct AnsibleLines<W: Write> {
    out: W,
    verbosity: Verbosity,
    line: Option<LiveLine>,
    /// The play whose heading has not been shown yet.
    play: Option<String>,
    /// The task whose heading was shown last.
    task: Option<TaskId>,
    /// The problem shown last: many hosts often have the same one.
    problem: Option<Problem>,
}

impl<W: Write> AnsibleLines<W> {
    /// Returns a reporter that writes to `out`, around the live line if there is one.
    pub fn new(out: W, verbosity: Verbosity, line: Option<LiveLine>) -> Self {
        Self {
            out,
            verbosity,
            line,
            play: None,
            task: None,
            problem: None,
        }
    }

    fn print(&mut self, text: &str) {
        print(&mut self.out, self.line.as_ref(), text);
    }

    fn heading(&self, text: &str) -> String {
        format!("\n{}", heading(text, self.verbosity.width))
    }

    /// Returns the heading of the play, unless it was already shown.
    fn play_heading(&mut self) -> String {
        let play = self.play.take();
        play.map_or(String::new(), |play| {
            self.heading(&format!("PLAY [{play}]"))
        })
    }

    /// Returns the headings before a line of `task`, unless they were already shown.
    fn headings(&mut self, task: &TaskName) -> String {
        let mut text = self.play_heading();
        if self.task != Some(task.id) {
            let kind = if task.handler {
                "RUNNING HANDLER"
            } else {
                "TASK"
            };
            text += &self.heading(&format!("{kind} [{}]", task.name));
            if self.verbosity.level >= 2 {
                let _ = writeln!(text, "task path: {}", on_one_line(&task.path));
            }
            self.task = Some(task.id);
        }
        text
    }

    fn shows(&self, result: &TaskResult) -> bool {
        match result.status {
            Status::Changed | Status::Unknown | Status::Failed | Status::Unreachable => true,
            Status::Ok => {
                self.verbosity.level > 0
                    || result.task.action == "debug"
                    || !result.warnings.is_empty()
            }
            Status::Skipped => self.verbosity.level > 0 || !result.warnings.is_empty(),
        }
    }

    fn result(&mut self, result: &TaskResult) {
        let is_item = result.item.is_some();
        // The items of a loop were shown one by one: only a failure deserves another line.
        let looped = result.items.is_some() && !is_item;
        let is_told = match result.status {
            Status::Ok => result.task.action == "debug" && result.warnings.is_empty(),
            Status::Changed | Status::Unknown => self.verbosity.level == 0,
            _ => false,
        };
        if !self.shows(result) || (looped && is_told) {
            return;
        }
        let mut text = self.headings(&result.task);
        text += &self.line(result);
        if !looped {
            text += &self.details(result);
            // Only a task with `--diff` or the keyword has any.
            for diff in &result.diffs {
                text += &coloured_diff(diff);
            }
        }
        for warning in &result.warnings {
            let _ = writeln!(text, "{YELLOW}[WARNING]: {}{YELLOW:#}", indented(warning));
        }
        if self.verbosity.level >= 3 {
            text.push_str(&cost(result));
        }
        self.print(&text);
    }

    /// Returns the line in Ansible's form.
    fn line(&self, result: &TaskResult) -> String {
        let host = match &result.delegated_to {
            Some(other) => format!("{} -> {other}", result.host),
            None => result.host.to_string(),
        };
        let host = on_one_line(&host);
        let item = result.item.as_ref().map_or(String::new(), |item| {
            format!(" => (item={})", on_one_line(item))
        });
        let json = || ansible_json(&shown(&result.result));
        // The result of `debug` is what it shows; a changed one is on one line.
        let in_full = self.verbosity.level > 0 || result.task.action == "debug";
        let or_nothing = |in_full: bool| {
            if in_full {
                format!(" => {}", json())
            } else {
                String::new()
            }
        };
        let message = indented(result.message.as_deref().unwrap_or_default());
        let failed = |word: &str| {
            let prefix = if item.is_empty() { "fatal" } else { "failed" };
            let what = json();
            let word = if item.is_empty() {
                format!(": {word}")
            } else {
                String::new()
            };
            format!("{prefix}: [{host}]{word}{item} => {what}")
        };
        let (style, line) = match result.status {
            Status::Ok if result.task.action == "debug" => (
                GREEN,
                format!("ok: [{host}]{item} => {}", debug(&result.result)),
            ),
            Status::Ok => (GREEN, format!("ok: [{host}]{item}{}", or_nothing(in_full))),
            Status::Changed => (
                YELLOW,
                format!("changed: [{host}]{item}{}", or_nothing(in_full)),
            ),
            Status::Skipped => (
                CYAN,
                format!(
                    "skipping: [{host}]{item}{}",
                    or_nothing(self.verbosity.level > 0)
                ),
            ),
            Status::Unknown => (YELLOW, format!("unknown: [{host}]{item} => {message}")),
            Status::Failed => (RED, failed("FAILED!")),
            Status::Unreachable => (RED, failed("UNREACHABLE!")),
        };
        let mut text = format!("{style}{}{style:#}\n", printable(&line));
        if result.ignored {
            let _ = writeln!(text, "{CYAN}...ignoring{CYAN:#}");
        }
        text
    }

    /// Returns the details needed to find the cause of a failure.
    fn details(&mut self, result: &TaskResult) -> String {
        if !matches!(result.status, Status::Failed | Status::Unreachable) {
            return String::new();
        }
        // Many hosts may have the same problem: show it once.
        if result.problem.is_some() && result.problem == self.problem {
            return String::new();
        }
        self.problem.clone_from(&result.problem);
        details(result, self.verbosity.colour)
    }

    fn recap(&mut self, counted: &[(Arc<str>, Recap)], elapsed: Duration) {
        let text = self.heading("PLAY RECAP") + &rows(counted, self.verbosity.check, elapsed);
        self.print(&text);
    }
}

impl<W: Write> Reporter for AnsibleLines<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlayStarted { name, hosts } => {
                self.task = None;
                self.play = Some(name.clone());
                if self.verbosity.level > 0 {
                    let heading = self.play_heading();
                    self.print(&heading);
                }
                if self.verbosity.level >= 2 {
                    self.print(&format!("hosts: {}\n", on_one_line(&hosts.join(", "))));
                }
            }
            Event::NoHosts { name } => {
                let text = format!(
                    "{}skipping: no hosts matched\n",
                    self.heading(&format!("PLAY [{name}]"))
                );
                self.print(&text);
            }
            Event::ItemFinished(result) | Event::TaskFinished(result) => self.result(result),
            Event::Retrying { task, host, left } if self.verbosity.level > 0 => {
                let headings = self.headings(task);
                let text = format!(
                    "FAILED - RETRYING: [{}]: {} ({left} retries left).\n",
                    on_one_line(host),
                    on_one_line(&task.name)
                );
                self.print(&(headings + &text));
            }
            Event::Said { host, text } | Event::Announced { host, text } => {
                let heading = self.play_heading();
                self.print(&(heading + &said(host, text)));
            }
            Event::Warning { text, .. } => {
                self.print(&format!(
                    "{YELLOW}[WARNING]: {}{YELLOW:#}\n",
                    indented(text)
                ));
            }
            Event::RunFinished { recap, elapsed, .. } => self.recap(recap, *elapsed),
            Event::Reached { .. }
            | Event::Left { .. }
            | Event::TaskStarted { .. }
            | Event::Retrying { .. } => {}
        }
    }
}

/// Returns a result without what Ansible's lines leave out: the word before it says it.
fn shown(result: &Value) -> serde_json::Value {
    let mut json = value::to_json(result);
    if let Some(fields) = json.as_object_mut() {
        for name in ["failed", "skipped", "diff"] {
            fields.shift_remove(name);
        }
    }
    json
}

/// Returns the output of `debug` on lines of its own, as in Ansible.
fn debug(result: &Value) -> String {
    let mut json = shown(result);
    if let Some(fields) = json.as_object_mut() {
        fields.shift_remove("changed");
        fields.sort_keys();
    }
    pretty(&json)
}
