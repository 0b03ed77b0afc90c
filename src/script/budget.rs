//! How much a script may do, and what it has done so far.

use crate::host::{self, Cancel, Reached};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// How much a script may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Operations (a call, a step of a loop) in one run of a script.
    pub operations: u64,
    /// Time in one run of a script, without that in which it waits for a host.
    pub time: Duration,
    /// Functions that call each other.
    pub call_levels: usize,
    /// Bytes in a text, and in all texts of a list or map.
    pub text: usize,
    /// Items of a list, those of lists in it included.
    pub list: usize,
    /// Entries of a map, those of maps in it included.
    pub map: usize,
    /// Variables at a time.
    pub variables: usize,
}

impl Default for Limits {
    /// Far more than a role needs: an operation takes about 0.2 µs, so the operations are used up
    /// within seconds.
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

/// What a run of a script may still do.
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

/// How a script used up what it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    Operations(u64),
    Time(Duration),
    TaskTime,
    Cancelled,
}

impl Budget {
    /// Returns the budget of a run that starts now and ends when `cancel` is called off.
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
        // The clock is asked now and then only.
        if !self.operations.is_multiple_of(512) {
            return None;
        }
        // What a task has done by a script, such as a filter, ends with the task's time.
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

/// Runs `work` on this thread with a budget for the scripts that it runs.
pub fn within<T>(budget: Budget, work: impl FnOnce() -> T) -> T {
    let outer = RUNNING.replace(Some(budget));
    let result = work();
    RUNNING.set(outer);
    result
}

/// Counts an operation; returns how the budget was used up.
pub(super) fn count() -> Option<Spent> {
    RUNNING.with_borrow_mut(|budget| budget.as_mut()?.count())
}

/// Runs `work`, whose time is none of the script's.
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
