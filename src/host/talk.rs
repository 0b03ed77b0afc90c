//! A step that communicates over TCP connections of a machine.

use super::{Connect, HostError, Limits};
use crate::value::{Fields, NotKnown};
use std::fmt::Debug;
use std::sync::Arc;

/// A dialogue over TCP connections, by users who know the protocol.
///
/// Equal dialogues have equal `Debug` output: it shows everything they send.
pub trait Dialogue: Debug + Send + Sync {
    /// Performs it, and returns what belongs in the task's result.
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError>;
}

/// Communication over TCP connections of a machine.
#[derive(Debug, Clone)]
pub struct Talk {
    /// What it does, for messages: `create topic orders on 192.168.2.201:10911`.
    pub what: String,
    /// The dialogue.
    pub dialogue: Arc<dyn Dialogue>,
    /// What it changes; `None` if it only reads something, or waits.
    pub change: Option<Difference>,
    /// The names of what it returns. They are unknown in check mode, which performs no dialogue.
    pub returns: &'static [&'static str],
}

/// The difference that a dialogue makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The changed object: `topic orders on 192.168.2.201:10911`.
    pub what: String,
    /// Lines `name: value` of the current state; empty if there is none.
    pub before: String,
    /// The same for the new state.
    pub after: String,
}

impl Talk {
    /// Returns unknown values for what it would have returned.
    pub fn not_known(&self) -> Fields {
        let unknown = NotKnown::new(format!(
            "depends on the answer to `{}`, which check mode does not send",
            self.what
        ))
        .value();
        let names = self.returns.iter();
        names
            .map(|name| ((*name).to_owned(), unknown.clone()))
            .collect()
    }
}

impl PartialEq for Talk {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl Eq for Talk {}
