//! What is running, on the live line; without a terminal, in a line for every 30 s of silence.

use super::live_line::LiveLine;
use super::{Event, Reporter, Status, TaskId, TaskName, on_one_line};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shows the current task and its hosts while they run.
pub struct Progress {
    line: LiveLine,
    /// Whether to print lines if there is no terminal.
    speaks: bool,
    task: Option<Running>,
    hosts: BTreeSet<Arc<str>>,
}

/// The task that was started last.
struct Running {
    id: TaskId,
    name: String,
    since: Instant,
    /// The number of hosts on which it has failed.
    failed: usize,
}

/// How many hosts are named; of the others the number is shown.
const NAMED: usize = 4;

/// The longest name shown, in characters, so that the hosts fit beside it.
const LONGEST_NAME: usize = 50;

/// The silence after which a line is printed.
const SILENCE: Duration = Duration::from_secs(30);

impl Progress {
    /// Returns a reporter that shows what runs on `line`. If that is invisible and `speaks`, it
    /// prints a line for every 30 s of silence.
    pub fn new(line: LiveLine, speaks: bool) -> Self {
        Self {
            line,
            speaks,
            task: None,
            hosts: BTreeSet::new(),
        }
    }

    /// Prints a line to `out` if nothing else was printed for long. To be called every second or so.
    pub fn tick(&self, out: &mut impl Write) {
        if !self.speaks || !self.line.bar().is_hidden() || self.line.silence() < SILENCE {
            return;
        }
        if let Some(task) = &self.task {
            let seconds = task.since.elapsed().as_secs();
            let text = on_one_line(&task.name);
            let _ = writeln!(out, "running for {seconds} s: {text} {}", self.on());
        }
        self.line.note_print();
    }

    /// Returns the hosts at work, and how many have failed.
    fn on(&self) -> String {
        let named: Vec<_> = self.hosts.iter().take(NAMED).map(|host| &**host).collect();
        let more = match self.hosts.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let failed = match self.task.as_ref().map_or(0, |task| task.failed) {
            0 => String::new(),
            failed => format!(", failed on {failed}"),
        };
        let text = format!("[{}{more}]{failed}", named.join(", "));
        on_one_line(&text).into_owned()
    }

    fn started(&mut self, task: &TaskName) {
        if self.task.as_ref().is_some_and(|known| known.id == task.id) {
            return;
        }
        self.task = Some(Running {
            id: task.id,
            name: task.name.clone(),
            since: Instant::now(),
            failed: 0,
        });
        let name: String = on_one_line(&task.name).chars().take(LONGEST_NAME).collect();
        self.line.appear();
        self.line.bar().set_prefix(name);
        self.line.bar().reset_elapsed();
    }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskStarted { task, host } => {
                self.started(task);
                self.hosts.insert(host.clone());
            }
            Event::TaskFinished(result) => {
                self.hosts.remove(&result.host);
                let has_failed = matches!(result.status, Status::Failed | Status::Unreachable);
                if let Some(task) = &mut self.task
                    && task.id == result.task.id
                    && has_failed
                {
                    task.failed += 1;
                }
            }
            Event::RunFinished { .. } => {
                self.task = None;
                return self.line.bar().finish_and_clear();
            }
            _ => return,
        }
        // Without hosts, every host is waiting for others, or the run is between two tasks.
        if !self.hosts.is_empty() {
            self.line.bar().set_message(self.on());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_shows_what_runs_once_after_a_long_silence() {
        let mut progress = Progress::new(LiveLine::hidden(SILENCE), true);
        let task = Arc::new(TaskName {
            name: "wait".to_owned(),
            action: "command".to_owned(),
            path: "site.yml:1".to_owned(),
            handler: false,
            id: TaskId::of(1),
        });
        let host = Arc::from("web1");
        progress.event(&Event::TaskStarted { task, host });
        let mut out = Vec::new();
        progress.tick(&mut out);
        progress.tick(&mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "running for 0 s: wait [web1]\n"
        );
    }
}
