//! Predictions of tasks that are in check mode because of their own keyword.
//!
//! `check_mode: true` promises that a task has no effect, whatever the run does: its predictions
//! last as long as the task, block, role or play with the keyword, and are dropped with it.

use super::frame::Frame;
use super::keyword::truth;
use super::target::{Machine, Target};
use super::task::{Fallible, TaskRun};
use crate::host::Overlay;
use crate::vars::Scope;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What tasks that share one `check_mode: true` predicted for each machine.
#[derive(Default, Clone)]
pub(super) struct Predictions(Arc<Mutex<HashMap<Machine, Overlay>>>);

impl Predictions {
    /// Returns the predictions for a machine; at first those from `before`.
    fn of(&self, machine: &Machine, before: Option<&Overlay>) -> Overlay {
        let mut machines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at_first = || before.map(Overlay::fork).unwrap_or_default();
        machines
            .entry(machine.clone())
            .or_insert_with(at_first)
            .clone()
    }
}

impl TaskRun<'_, '_> {
    /// Returns the predictions for the machine that the task works on, by the keywords of a frame and
    /// those around it, or `None` if the task really
    /// changes it.
    pub(super) fn predicted(
        &self,
        scope: &Arc<Scope>,
        frame: &Frame<'_>,
        machine: &Machine,
        target: &Target,
    ) -> Fallible<Option<Overlay>> {
        let is_check = self.play.session.options.check;
        let mut predicted = is_check.then(|| target.overlay.clone());
        let mut asked = Vec::new();
        for frame in frame.outwards() {
            let given = frame
                .keywords
                .and_then(|keywords| keywords.check_mode.as_ref());
            match given.map(|node| truth(node, scope)).transpose()?.flatten() {
                None => {}
                Some(true) => asked.push(frame),
                // Predictions around it do not count.
                Some(false) => {
                    predicted = None;
                    break;
                }
            }
        }
        for frame in asked.into_iter().rev() {
            predicted = Some(frame.predictions.of(machine, predicted.as_ref()));
        }
        Ok(predicted)
    }
}
