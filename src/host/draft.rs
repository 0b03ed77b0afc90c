//! A host as it will be once the steps of a change are done.

use super::{Host, HostError, Limits, Memory, Overlay, Probe, Step};
use std::sync::Arc;

/// A host as it will be once the steps of a change are done: a later step of the change is planned
/// with what the earlier ones leave, and nothing reaches the host.
#[derive(Clone)]
pub struct Draft {
    memory: Arc<Memory>,
    limits: Limits,
}

impl Draft {
    pub(super) fn over(host: Arc<dyn Host>, limits: Limits) -> Self {
        Self {
            memory: Arc::new(Memory::over(host, Overlay::default())),
            limits,
        }
    }

    /// Returns the view of it.
    pub fn probe(&self) -> Probe {
        Probe::new(self.memory.clone(), self.limits.clone())
    }

    /// Takes a step as done.
    pub fn note(&self, step: &Step) -> Result<(), HostError> {
        self.memory.apply(step, &self.limits).map(|_| ())
    }
}
