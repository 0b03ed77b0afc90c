//! What a run tells, and those who show it.

mod event;
mod events_file;
mod json;
mod printable;
mod progress;
mod terminal;

pub use event::{Event, FailedCommand, Recap, Status, TaskName, TaskResult};
pub use events_file::EventsFile;
pub use json::JsonLines;
pub use printable::printable;
pub use progress::Progress;
pub use terminal::{Terminal, Verbosity};

/// Someone who shows or keeps what a run tells.
pub trait Reporter {
    /// Takes one event. Errors of the output are the reporter's own affair.
    fn event(&mut self, event: &Event);
}
