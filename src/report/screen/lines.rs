//! The results of a host as lines, which hosts with equal ones share.

use super::hosts;
use super::readable::{debugged, readable};
use crate::report::failure::details;
use crate::report::style::{CYAN, GREEN, RED, Verbosity, YELLOW, short_diff};
use crate::report::{Status, TaskResult, indented, on_one_line};
use crate::value;
use anstyle::Style;
use indexmap::{IndexMap, IndexSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The lines of a task; hosts with equal ones share them.
#[derive(Default)]
pub(super) struct Lines(IndexMap<(What, usize), IndexSet<Arc<str>>>);

/// A line about one or more hosts, and the text below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) hosts: Vec<Arc<str>>,
    what: What,
}

/// What a line says about its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct What {
    style: Style,
    /// The words before and after the hosts.
    words: (&'static str, String),
    delegated_to: Option<String>,
    /// The numbers of items by status.
    items: Vec<(Status, usize)>,
    /// What the task says to people, of one or more lines.
    text: String,
    /// The lines below, each indented as it is shown.
    below: String,
    /// Whether it is a failure, whose hosts are all named.
    is_failure: bool,
}

impl Lines {
    /// Adds the hosts of a line to an equal one, or the line. A host that says the same twice has two
    /// lines.
    pub(super) fn add(&mut self, line: Line) {
        let mut of = (line.what, 0);
        while let Some(hosts) = self.0.get_mut(&of) {
            if line.hosts.iter().all(|host| !hosts.contains(host)) {
                hosts.extend(line.hosts);
                return;
            }
            of.1 += 1;
        }
        self.0.insert(of, line.hosts.into_iter().collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the lines in their order.
    pub(super) fn all(self) -> Vec<Line> {
        let line = |((what, _), hosts): ((What, usize), IndexSet<Arc<str>>)| Line {
            hosts: hosts.into_iter().collect(),
            what,
        };
        self.0.into_iter().map(line).collect()
    }
}

impl Line {
    /// Returns the line for an attempt that is repeated.
    pub(super) fn of_retry(host: &Arc<str>, name: &str, left: u32) -> Self {
        let words = format!(": {} ({left} retries left).", on_one_line(name));
        Self {
            hosts: vec![host.clone()],
            what: What {
                words: ("FAILED - RETRYING:", words),
                ..What::new(Style::new())
            },
        }
    }

    /// Returns the line for behind the heading of its task, if it fits into `room` columns.
    pub(super) fn behind_heading(&self, of_play: usize, room: usize) -> Option<String> {
        if self.what.is_failure {
            return None;
        }
        let attempt = |text: &str| {
            let (before, after) = self.what.around(self.hosts.len());
            let taken = before.chars().count() + after.chars().count() + text.chars().count();
            let named = hosts::complete(&self.hosts, of_play, room.checked_sub(taken)?)?;
            let style = self.what.style;
            let below = self.what.below(text.is_empty());
            Some(format!(
                "{style}{before}{named}{after}{text}{style:#}\n{below}"
            ))
        };
        attempt(&self.what.short_text()).or_else(|| attempt(""))
    }

    /// Returns the line for below the heading of its task, on a screen of `width` columns.
    pub(super) fn below_heading(&self, of_play: usize, width: usize) -> String {
        let (before, after) = self.what.around(self.hosts.len());
        let room = width.saturating_sub(2 + before.chars().count() + after.chars().count());
        let mut text = self.what.short_text();
        let left = room.checked_sub(text.chars().count());
        let named = left.and_then(|room| hosts::complete(&self.hosts, of_play, room));
        let named = named.unwrap_or_else(|| {
            text.clear();
            if self.what.is_failure {
                hosts::in_full(&self.hosts, of_play, room)
            } else {
                hosts::cut(&self.hosts, of_play, room)
            }
        });
        let below = self.what.below(text.is_empty());
        let style = self.what.style;
        format!("  {style}{before}{named}{after}{text}{style:#}\n{below}")
    }
}

impl What {
    fn new(style: Style) -> Self {
        Self {
            style,
            words: ("", String::new()),
            delegated_to: None,
            items: Vec::new(),
            text: String::new(),
            below: String::new(),
            is_failure: false,
        }
    }

    /// Returns the text before and after the names of the hosts.
    fn around(&self, hosts: usize) -> (String, String) {
        let on = self.delegated_to.as_deref();
        let on = on.map_or(String::new(), |host| format!(" -> {}", on_one_line(host)));
        let items = self.items(hosts);
        let (before, after) = &self.words;
        (format!("{before} ["), format!("{on}]{after}{items}"))
    }

    /// Returns the number of items: ` (6 items)`, ` (2 changed, 3 ok each)`.
    fn items(&self, hosts: usize) -> String {
        let each = if hosts > 1 { " each" } else { "" };
        match self.items.as_slice() {
            [] | [(_, 1)] => String::new(),
            [(_, number)] => format!(" ({number} items{each})"),
            several => {
                let counts = several.iter().map(|(status, number)| {
                    let status = format!("{status:?}").to_lowercase();
                    format!("{number} {status}")
                });
                format!(" ({}{each})", counts.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Returns the lines below, including the text if it has no room on the line itself.
    fn below(&self, with_text: bool) -> String {
        let text = if with_text { self.text.as_str() } else { "" };
        let style = self.style;
        let lines = text
            .lines()
            .map(|line| format!("    {style}{line}{style:#}\n"));
        lines.collect::<String>() + &self.below
    }

    /// Returns the text for the end of the line, if it has only one line.
    fn short_text(&self) -> String {
        if self.text.is_empty() || self.text.contains('\n') {
            return String::new();
        }
        format!(" => {}", self.text)
    }
}

/// Returns the lines for the results of one host: those of the items of a loop, and of its end.
pub(super) fn lines(items: &[TaskResult], end: Option<&TaskResult>, how: Verbosity) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut folded: Vec<&TaskResult> = Vec::new();
    for item in items {
        if deserves_line(item, how) {
            lines.push(line(item, how));
        } else {
            folded.push(item);
        }
    }
    lines.extend(folded_line(&folded, how));
    let Some(end) = end else {
        return lines;
    };
    let has_failed_item = items.iter().any(has_failed);
    if items.is_empty() || (has_failed(end) && !has_failed_item) {
        if shows(end, how) {
            lines.push(line(end, how));
        }
    } else if let (true, Some(last)) = (end.ignored, lines.iter_mut().rfind(is_failure))
        && !last.what.below.ends_with(&ignoring())
    {
        last.what.below += &ignoring();
    }
    let known = |warning: &&String| !items.iter().any(|item| item.warnings.contains(warning));
    let further: Vec<_> = end.warnings.iter().filter(known).cloned().collect();
    if !items.is_empty() && !further.is_empty() {
        match lines.last_mut() {
            Some(last) => last.what.below += &warnings(&further),
            None => lines.push(line(end, how)),
        }
    }
    lines
}

fn is_failure(line: &&mut Line) -> bool {
    line.what.is_failure
}

fn has_failed(result: &TaskResult) -> bool {
    matches!(result.status, Status::Failed | Status::Unreachable)
}

/// Returns whether a result is shown at all.
fn shows(result: &TaskResult, how: Verbosity) -> bool {
    let speaks = result.task.action == "debug" && result.status == Status::Ok;
    how.level > 0
        || speaks
        || !result.warnings.is_empty()
        || !matches!(result.status, Status::Ok | Status::Skipped)
}

/// Returns whether an item has more to say than its status.
fn deserves_line(item: &TaskResult, how: Verbosity) -> bool {
    let speaks = item.task.action == "debug" && item.status == Status::Ok;
    how.level > 0
        || speaks
        || !item.warnings.is_empty()
        || !item.diffs.is_empty()
        || has_failed(item)
        || item.status == Status::Unknown
}

/// Returns one line for items of which only the number is shown.
fn folded_line(items: &[&TaskResult], how: Verbosity) -> Option<Line> {
    let first = items.iter().find(|item| item.status == Status::Changed)?;
    let mut line = line(first, how);
    line.what.words.1.clear();
    for status in [Status::Changed, Status::Ok, Status::Skipped] {
        let number = items.iter().filter(|item| item.status == status).count();
        if number > 0 {
            line.what.items.push((status, number));
        }
    }
    Some(line)
}

/// Returns the line for one result.
fn line(result: &TaskResult, how: Verbosity) -> Line {
    let item = result.item.as_ref().map_or(String::new(), |item| {
        format!(" => (item={})", on_one_line(item))
    });
    let room = how.width.saturating_sub(4);
    let message = || indented(result.message.as_deref().unwrap_or_default());
    let failed = |word: &str| match result.item {
        Some(_) => ("failed:", format!("{item} => {}", message())),
        None => ("fatal:", format!(": {word} => {}", message())),
    };
    let (style, words, text) = match result.status {
        Status::Ok if result.task.action == "debug" => {
            (GREEN, ("ok:", item), debugged(result, room))
        }
        Status::Ok => (GREEN, ("ok:", item), String::new()),
        Status::Changed => (YELLOW, ("changed:", item), String::new()),
        Status::Skipped => (CYAN, ("skipping:", item), reason(result)),
        Status::Unknown => (YELLOW, ("unknown:", item), message()),
        Status::Failed => (RED, failed("FAILED!"), String::new()),
        Status::Unreachable => (RED, failed("UNREACHABLE!"), String::new()),
    };
    Line {
        hosts: vec![result.host.clone()],
        what: What {
            words,
            delegated_to: result.delegated_to.clone(),
            text,
            below: below(result, how),
            is_failure: has_failed(result),
            ..What::new(style)
        },
    }
}

/// Returns why a task was skipped: the condition that is false, or the message.
fn reason(result: &TaskResult) -> String {
    let condition = result.result.get_attr("false_condition").ok();
    match condition.as_ref().and_then(value::Value::as_str) {
        Some(condition) => format!("{} is false", on_one_line(condition)),
        None => indented(result.message.as_deref().unwrap_or_default()),
    }
}

/// Returns what is shown below the line of a result.
fn below(result: &TaskResult, how: Verbosity) -> String {
    let mut text = String::new();
    if has_failed(result) {
        let details = details(result, how.colour);
        text.extend(details.lines().map(|line| format!("  {line}\n")));
    }
    let is_shown = result.task.action == "debug" && result.status == Status::Ok;
    if how.level > 0 && !is_shown {
        let lines = readable(result, how.width.saturating_sub(4), how.level > 1);
        text.extend(lines.lines().map(|line| format!("    {line}\n")));
    }
    if result.ignored {
        text += &ignoring();
    }
    // Only a task with `--diff` or the keyword has any.
    text.extend(result.diffs.iter().map(short_diff));
    text + &warnings(&result.warnings)
}

fn ignoring() -> String {
    format!("  {CYAN}...ignoring{CYAN:#}\n")
}

fn warnings(warnings: &[String]) -> String {
    let mut text = String::new();
    for warning in warnings {
        let _ = writeln!(text, "  {YELLOW}[WARNING]: {}{YELLOW:#}", indented(warning));
    }
    text
}
