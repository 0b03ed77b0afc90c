//! The events of a run, and their reporters.

mod ad_hoc;
mod ansible_lines;
mod answers;
mod event;
mod events_file;
mod failure;
mod in_order;
mod json;
mod live_line;
mod progress;
mod recap;
mod said;
mod screen;
mod shards;
mod style;

pub use crate::source::printable;
use crate::source::{indented, on_one_line};
pub use ad_hoc::AdHoc;
pub use ansible_lines::AnsibleLines;
pub use answers::Answers;
pub use event::{Event, FailedCommand, Recap, Status, TaskId, TaskName, TaskResult};
pub use events_file::EventsFile;
pub use failure::details;
pub use in_order::InOrder;
pub use json::JsonLines;
pub use live_line::LiveLine;
pub use progress::Progress;
pub use recap::counted;
pub use screen::Screen;
pub use shards::{Merged, Shards, last_line};
pub use style::{Verbosity, pretty};

/// Shows or stores the events of a run.
pub trait Reporter {
    /// Takes one event. Errors of the output are handled by the reporter.
    fn event(&mut self, event: &Event);

    /// Learns that no more results of the current task follow: those collected can be shown.
    fn settle(&mut self) {}
}

#[cfg(test)]
mod tests;
