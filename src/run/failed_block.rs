//! A block with a rescue in which a host failed for all.

use super::position::Position;
use super::walk::Failure;

/// A block with a rescue in which a host failed for all: the others leave it too.
pub(super) struct FailedBlock {
    /// Where it starts.
    pub(super) block: Position,
    /// The task that failed. All hosts still run it, so that the report does not depend on which
    /// host was first.
    pub(super) task: Position,
    /// The host of the batch that failed: the first one if there are several.
    pub(super) host: usize,
    pub(super) failure: Failure,
}

impl FailedBlock {
    /// Records a block, unless one is already recorded for a host before this one.
    pub(super) fn note(self, known: &mut Vec<Self>) {
        match known.iter_mut().find(|known| known.block == self.block) {
            None => known.push(self),
            Some(known) if self.task == known.task && self.host < known.host => *known = self,
            Some(_) => {}
        }
    }

    /// Returns how another host failed, for a host within `blocks` that reaches a task.
    pub(super) fn failure(&self, blocks: &[Position], task: &Position) -> Option<Failure> {
        let leaves = blocks.contains(&self.block) && *task > self.task;
        leaves.then(|| Failure {
            elsewhere: true,
            ..self.failure.clone()
        })
    }
}
