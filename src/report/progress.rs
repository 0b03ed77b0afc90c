//! The live line at the bottom of a terminal: the current tasks and their hosts.

use super::{Event, Reporter, on_one_line};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The live line at the bottom of a terminal.
pub struct Progress {
    bar: ProgressBar,
    task: String,
    hosts: BTreeSet<Arc<str>>,
}

impl Progress {
    /// Returns a live line on standard error, invisible if that is not a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            task: String::new(),
            hosts: BTreeSet::new(),
        }
    }

    /// Returns the bar; any other output must be printed through it.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// How many hosts the line names; of the others it shows the number.
const NAMED: usize = 4;

impl Reporter for Progress {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskStarted { task, host } => {
                self.task.clone_from(&task.name);
                self.hosts.insert(host.clone());
            }
            Event::TaskFinished(result) => {
                self.hosts.remove(&result.host);
            }
            Event::RunFinished { .. } => return self.bar.finish_and_clear(),
            _ => return,
        }
        if self.hosts.is_empty() {
            // Every host is waiting for others, or the run is between two tasks.
            return;
        }
        let named: Vec<_> = self.hosts.iter().take(NAMED).map(|host| &**host).collect();
        let more = self.hosts.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let text = format!("{} [{}{more}]", self.task, named.join(", "));
        self.bar.set_message(on_one_line(&text).into_owned());
    }
}
