//! Requests that change something, as steps.

use super::wire::{Address, Client, Code};
use crate::host::{Connect, Dialogue, Difference, HostError, Limits, Step, Talk};
use crate::value::Fields;
use std::sync::Arc;

/// A request that changes something; it has succeeded if the answer is 0.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) address: Address,
    pub(super) code: Code,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Dialogue for Request {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let fields = self.fields.iter();
        let fields: Vec<_> = fields
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut client = Client::new(connect, limits);
        client.ask(&self.address, self.code, &fields, &self.body)?;
        Ok(Fields::new())
    }
}

impl Request {
    /// Returns the step for it. `subject` names the object (`topic orders`); `before` and `after`
    /// are the differing lines.
    pub(super) fn step(self, subject: &str, before: String, after: String) -> Step {
        let what = format!("{subject} on {}", self.address);
        Step::Talk(Talk {
            what: format!("{}: {what}", self.code.action),
            dialogue: Arc::new(self),
            change: Some(Difference {
                what,
                before,
                after,
            }),
            returns: &[],
        })
    }
}
