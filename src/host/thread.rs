//! Threads, which the system may refuse.

use super::HostError;
use std::thread::{Builder, JoinHandle};

/// What to do if the system refuses a thread.
pub const THREAD_HELP: &str =
    "lower --forks, or raise the limit of processes and threads (`ulimit -u`, `pids.max`)";

/// Starts a thread; if the system refuses it, that is an ordinary error.
pub fn start_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, HostError> {
    Builder::new().spawn(work).map_err(HostError::NoThread)
}
