//! A block with a rescue in which a host failed for all.

use super::position::Position;
use super::walk::Failure;

/// A block with a rescue in which a host failed for all: the others leave it too.
pub(super) struct FailedBlock {
    /// Where it begins.
    pub(super) block: Position,
    /// The task that failed; all hosts still carry it out, so that what a run told does not depend on
    /// who was first.
    pub(super) task: Position,
    /// Which host of the batch failed: of several the first one.
    pub(super) host: usize,
    pub(super) failure: Failure,
}

impl FailedBlock {
    /// Notes a block, unless it is known for a host before.
    pub(super) fn note(self, known: &mut Vec<Self>) {
        match known.iter_mut().find(|known| known.block == self.block) {
            None => known.push(self),
            Some(known) if self.task == known.task && self.host < known.host => *known = self,
            Some(_) => {}
        }
    }

    /// Returns how another host failed, for one that is within `blocks` and comes to a task.
    pub(super) fn failure(&self, blocks: &[Position], task: &Position) -> Option<Failure> {
        let leaves = blocks.contains(&self.block) && *task > self.task;
        leaves.then(|| Failure {
            elsewhere: true,
            ..self.failure.clone()
        })
    }
}
