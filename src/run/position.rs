//! Places in a play.
//!
//! A position is a path of numbers that grows as a host walks through the play (block 2, its rescue
//! part, task 3: `[2, 1, 3]`).

/// A place in a play; later places compare greater.
pub(super) type Position = Vec<Step>;

/// One number of a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Decides which of two places is later.
    order: u32,
    /// Decides whether two places are the same task. It differs from the order only in a script,
    /// where hosts may reach a task after different numbers of other tasks.
    task: u32,
}

impl Step {
    /// Returns the step of a script: its order, and which task it leads to.
    pub(super) fn of_script(order: u32, task: u32) -> Self {
        Self { order, task }
    }
}

impl From<u32> for Step {
    fn from(number: u32) -> Self {
        Self {
            order: number,
            task: number,
        }
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// Identifies the task at a position.
pub(super) type TaskKey = Vec<u32>;

/// Returns the key of the task at a position, the same for all hosts.
pub(super) fn task_key(position: &Position) -> TaskKey {
    position.iter().map(|step| step.task).collect()
}

/// Returns the place of a position: the same for all hosts that are there at the same time.
pub(super) fn place(position: &Position) -> Vec<u32> {
    position.iter().map(|step| step.order).collect()
}
