//! The limits of a script, and what it has used so far.

use crate::host::{self, Cancel, Reached};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// The limits of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Operations (a call, a step of a loop) in one run of a script.
    pub operations: u64,
    /// Time in one run of a script, excluding the time spent waiting for a host.
    pub time: Duration,
    /// Depth of nested function calls.
    pub call_levels: usize,
    /// Bytes of a text, and of all texts in a list or map.
    pub text: usize,
    /// Items of a list, including those of lists in it.
    pub list: usize,
    /// Entries of a map, including those of maps in it.
    pub map: usize,
    /// Variables at a time.
    pub variables: usize,
}

impl Default for Limits {
    /// Far more than a role needs. An operation takes about 0.2 µs, so a runaway script reaches the
    /// limit within seconds.
    fn default() -> Self {
        Self {
            operations: 5_000_000,
            time: Duration::from_secs(30),
            call_levels: 64,
            text: 4 << 20,
            list: 100_000,
            map: 100_000,
            variables: 500,
        }
    }
}

/// What is left for a run of a script.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    cancel: Cancel,
    operations: u64,
    /// When it started, moved forward by the time it waited.
    started: Instant,
}

thread_local! {
    /// The budget of the script that runs on this thread.
    static RUNNING: RefCell<Option<Budget>> = const { RefCell::new(None) };
}

/// The limit that a script reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    Operations(u64),
    Time(Duration),
    TaskTime,
    Cancelled,
}

impl Budget {
    /// Returns the budget of a run that starts now and ends when `cancel` is cancelled.
    pub fn new(limits: Limits, cancel: Cancel) -> Self {
        Self {
            limits,
            cancel,
            operations: 0,
            started: Instant::now(),
        }
    }

    fn count(&mut self) -> Option<Spent> {
        self.operations += 1;
        if self.operations > self.limits.operations {
            return Some(Spent::Operations(self.limits.operations));
        }
        // Read the clock only occasionally.
        if !self.operations.is_multiple_of(512) {
            return None;
        }
        // A script that runs within a task, such as a filter, ends with the task's time.
        let task = host::Limits::look();
        if self.cancel.is_cancelled() || task == Err(Reached::Cancel) {
            return Some(Spent::Cancelled);
        }
        if task.is_err() {
            return Some(Spent::TaskTime);
        }
        (self.started.elapsed() > self.limits.time).then_some(Spent::Time(self.limits.time))
    }
}

/// Runs `work` on this thread with a budget for its scripts.
pub fn within<T>(budget: Budget, work: impl FnOnce() -> T) -> T {
    let outer = RUNNING.replace(Some(budget));
    let result = work();
    RUNNING.set(outer);
    result
}

/// Counts an operation; returns the limit that was reached, if any.
pub(super) fn count() -> Option<Spent> {
    RUNNING.with_borrow_mut(|budget| budget.as_mut()?.count())
}

/// Runs `work` without counting its time.
pub(super) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    let before = Instant::now();
    let result = work();
    RUNNING.with_borrow_mut(|budget| {
        if let Some(budget) = budget {
            budget.started += before.elapsed();
        }
    });
    result
}
