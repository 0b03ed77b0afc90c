//! Output for people: what changed, failed or spoke; hosts with equal results are one line.
//!
//! The results of a task are collected until it is over on all hosts of the play, then shown below
//! its heading, or behind it if they fit. Tasks in which nothing happened are left out.

mod failures;
mod hosts;
mod lines;
mod readable;
mod totals;

use super::live_line::{LiveLine, print};
use super::said::said;
use super::style::{BOLD, Verbosity, YELLOW, cost, heading};
use super::{Event, Reporter, TaskId, TaskName, TaskResult, indented, on_one_line};
pub(super) use failures::Failures;
use indexmap::IndexMap;
use lines::{Line, Lines, lines};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
pub(super) use totals::totals;

/// A task that took longer shows its seconds.
const LONG: Duration = Duration::from_secs(1);

/// Shows a run to people.
pub struct Screen<W: Write> {
    out: W,
    verbosity: Verbosity,
    line: Option<LiveLine>,
    /// Whether anything was printed.
    has_begun: bool,
    /// The play whose heading has not been shown yet.
    play: Option<String>,
    /// The number of hosts of the play.
    hosts: usize,
    /// The items of loops that are not over, by task and host.
    items: IndexMap<(TaskId, Arc<str>), Vec<TaskResult>>,
    /// The task whose results are collected.
    collected: Option<Collected>,
    /// The task whose heading was shown last.
    headed: Option<TaskId>,
    /// The messages of scripts, by host.
    said: IndexMap<Arc<str>, Vec<String>>,
    failures: Failures,
}

/// The results of a task so far.
struct Collected {
    task: Arc<TaskName>,
    lines: Lines,
    /// The longest time on any host.
    elapsed: Duration,
    /// The traffic with each host, for `-vvv`.
    costs: String,
}

impl<W: Write> Screen<W> {
    /// Returns a reporter that writes to `out`, around the live line if there is one.
    pub fn new(out: W, verbosity: Verbosity, line: Option<LiveLine>) -> Self {
        Self {
            out,
            verbosity,
            line,
            has_begun: false,
            play: None,
            hosts: 0,
            items: IndexMap::new(),
            collected: None,
            headed: None,
            said: IndexMap::new(),
            failures: Failures::default(),
        }
    }

    fn print(&mut self, text: &str) {
        if !text.is_empty() {
            self.has_begun = true;
            print(&mut self.out, self.line.as_ref(), text);
        }
    }

    /// Returns the heading of the play, unless it was already shown.
    fn play_heading(&mut self) -> String {
        let Some(play) = self.play.take() else {
            return String::new();
        };
        let gap = if self.has_begun { "\n" } else { "" };
        self.headed = None;
        gap.to_owned() + &heading(&format!("PLAY [{play}]"), self.verbosity.width)
    }

    /// Returns the collected results of a task. Begins to collect them if the last were of another.
    fn of_task(&mut self, task: &Arc<TaskName>) -> &mut Collected {
        let is_same = |collected: &Collected| collected.task.id == task.id;
        if !self.collected.as_ref().is_some_and(is_same) || !self.said.is_empty() {
            self.flush();
        }
        self.collected.get_or_insert_with(|| Collected {
            task: task.clone(),
            lines: Lines::default(),
            elapsed: Duration::ZERO,
            costs: String::new(),
        })
    }

    fn finished(&mut self, result: &TaskResult) {
        self.failures.note(result);
        let key = (result.task.id, result.host.clone());
        let items = self.items.shift_remove(&key).unwrap_or_default();
        let lines = lines(&items, Some(result), self.verbosity);
        let costs = if self.verbosity.level >= 3 {
            let results = items.iter().chain([result]);
            results
                .map(|result| format!("  {}", cost(result)))
                .collect()
        } else {
            String::new()
        };
        let collected = self.of_task(&result.task);
        collected.elapsed = collected.elapsed.max(result.elapsed);
        collected.costs += &costs;
        lines.into_iter().for_each(|line| collected.lines.add(line));
    }

    /// Shows the items of loops whose end was not reported.
    fn show_open_items(&mut self) {
        for items in std::mem::take(&mut self.items).into_values() {
            let lines = lines(&items, None, self.verbosity);
            if let Some(first) = items.first() {
                let collected = self.of_task(&first.task);
                lines.into_iter().for_each(|line| collected.lines.add(line));
            }
        }
    }

    /// Shows all that was collected.
    fn flush(&mut self) {
        if let Some(collected) = self.collected.take()
            && !collected.lines.is_empty()
        {
            let play = self.play_heading();
            let task = collected.task.id;
            let is_headed = self.headed == Some(task);
            let text = play + &collected.show(is_headed, self.hosts, self.verbosity);
            self.headed = Some(task);
            self.print(&text);
        }
        let mut alike: IndexMap<Vec<String>, Vec<Arc<str>>> = IndexMap::new();
        for (host, texts) in std::mem::take(&mut self.said) {
            alike.entry(texts).or_default().push(host);
        }
        for (texts, hosts) in alike {
            let mut shown = self.play_heading();
            let named = hosts::cut(&hosts, self.hosts, self.verbosity.width / 2);
            shown.extend(texts.iter().map(|text| said(&named, text)));
            self.print(&shown);
        }
    }
}

impl Collected {
    /// Returns the heading, unless it was already shown, and the lines.
    fn show(mut self, is_headed: bool, of_play: usize, how: Verbosity) -> String {
        let mut text = String::new();
        let all = std::mem::take(&mut self.lines).all();
        let mut lines = all.as_slice();
        if !is_headed {
            let (bold, rest) = self.heading(how);
            let taken = bold.chars().count() + rest.chars().count() + 1;
            text = format!("{BOLD}{bold}{BOLD:#}{rest}");
            let behind = match lines {
                [only] => only.behind_heading(of_play, how.width.saturating_sub(taken)),
                _ => None,
            };
            match behind {
                Some(behind) => {
                    let _ = write!(text, " {behind}");
                    lines = &[];
                }
                None => text.push('\n'),
            }
        }
        text.extend(
            lines
                .iter()
                .map(|line| line.below_heading(of_play, how.width)),
        );
        text + &self.costs
    }

    /// Returns the name of the task, and what follows it: its place and its seconds.
    fn heading(&self, how: Verbosity) -> (String, String) {
        let kind = if self.task.handler {
            "RUNNING HANDLER"
        } else {
            "TASK"
        };
        let mut rest = String::new();
        if how.level >= 2 {
            let _ = write!(rest, " {}", on_one_line(&self.task.path));
        }
        if self.elapsed > LONG {
            let _ = write!(rest, " {} s", self.elapsed.as_secs_f64().round());
        }
        (format!("{kind} [{}]", on_one_line(&self.task.name)), rest)
    }
}

impl<W: Write> Reporter for Screen<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlayStarted { name, hosts } => {
                self.flush();
                self.play = Some(name.clone());
                self.hosts = hosts.len();
                if self.verbosity.level > 0 {
                    let mut text = self.play_heading();
                    if self.verbosity.level >= 2 {
                        let _ = writeln!(text, "hosts: {}", on_one_line(&hosts.join(", ")));
                    }
                    self.print(&text);
                }
            }
            Event::NoHosts { name } => {
                self.flush();
                self.play = Some(name.clone());
                let heading = self.play_heading();
                self.print(&format!("{heading}skipping: no hosts matched\n"));
            }
            Event::ItemFinished(result) => {
                let key = (result.task.id, result.host.clone());
                let items = self.items.entry(key).or_default();
                items.push(result.as_ref().clone());
            }
            Event::TaskFinished(result) => self.finished(result),
            Event::Retrying { task, host, left } if self.verbosity.level > 0 => {
                let line = Line::of_retry(host, &task.name, *left);
                self.of_task(task).lines.add(line);
            }
            Event::Said { host, text } | Event::Announced { host, text } => {
                let texts = self.said.entry(host.clone()).or_default();
                texts.push(text.clone());
            }
            Event::Warning { text, .. } => {
                self.flush();
                let text = indented(text);
                self.print(&format!("{YELLOW}[WARNING]: {text}{YELLOW:#}\n"));
            }
            Event::RunFinished {
                recap,
                stats,
                elapsed,
                ..
            } => {
                self.show_open_items();
                self.flush();
                let Verbosity { width, check, .. } = self.verbosity;
                let text = self.failures.list(recap, width)
                    + &heading("PLAY RECAP", width)
                    + &totals(recap, check, *elapsed, width)
                    + &stats_of(stats, width);
                self.print(&text);
            }
            Event::Reached { .. }
            | Event::Left { .. }
            | Event::TaskStarted { .. }
            | Event::Retrying { .. } => {}
        }
    }

    fn settle(&mut self) {
        self.flush();
    }
}

/// Returns what `set_stats` kept: a line for each host, and one for the run.
fn stats_of(stats: &[(Arc<str>, serde_json::Value)], width: usize) -> String {
    if stats.is_empty() {
        return String::new();
    }
    let line = |(host, values): &(Arc<str>, serde_json::Value)| {
        let of = if host.is_empty() { "run" } else { host };
        format!("{} : {values}\n", crate::source::printable(of))
    };
    let lines: String = stats.iter().map(line).collect();
    heading("CUSTOM STATS", width) + &lines
}
