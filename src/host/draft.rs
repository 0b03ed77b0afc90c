//! A host as it will be after the steps of a change.

use super::{Host, HostError, Limits, Memory, Overlay, Probe, Step};
use std::sync::Arc;

/// A host as it will be after the steps of a change: a later step is planned with the results of
/// earlier ones, and the host is not touched.
#[derive(Clone)]
pub struct Draft {
    memory: Arc<Memory>,
    limits: Limits,
}

impl Draft {
    pub(super) fn over(host: Arc<dyn Host>, limits: Limits) -> Self {
        Self {
            memory: Arc::new(Memory::over(host, Overlay::default()).without_judgement()),
            limits,
        }
    }

    /// Returns a view of it.
    pub fn probe(&self) -> Probe {
        Probe::new(self.memory.clone(), self.limits.clone())
    }

    /// Records a step as done.
    pub fn note(&self, step: &Step) -> Result<(), HostError> {
        self.memory.apply(step, &self.limits).map(|_| ())
    }
}
