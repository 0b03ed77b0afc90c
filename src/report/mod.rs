//! The events of a run, and their reporters.

mod ad_hoc;
mod answers;
mod event;
mod events_file;
mod failure;
mod in_order;
mod json;
mod progress;
mod recap;
mod said;
mod terminal;

pub use crate::source::printable;
use crate::source::{indented, on_one_line};
pub use ad_hoc::AdHoc;
pub use answers::Answers;
pub use event::{Event, FailedCommand, Recap, Status, TaskId, TaskName, TaskResult};
pub use events_file::EventsFile;
pub use failure::details;
pub use in_order::InOrder;
pub use json::JsonLines;
pub use progress::Progress;
pub use recap::counted;
pub use terminal::{Terminal, Verbosity, pretty};

/// Shows or stores the events of a run.
pub trait Reporter {
    /// Takes one event. Errors of the output are handled by the reporter.
    fn event(&mut self, event: &Event);
}

#[cfg(test)]
mod tests;
