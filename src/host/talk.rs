//! Something said over TCP connections of a machine, as a step.

use super::{Connect, HostError, Limits};
use crate::value::{Fields, NotKnown};
use std::fmt::Debug;
use std::sync::Arc;

/// What is said over TCP connections, by those who know the protocol.
///
/// Equal dialogues look the same in `Debug`: it shows all that they say.
pub trait Dialogue: Debug + Send + Sync {
    /// Says it, and returns what belongs into the task's result.
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError>;
}

/// Something said over TCP connections of a machine.
#[derive(Debug, Clone)]
pub struct Talk {
    /// What is done by it, for messages: `create topic orders on 192.168.2.201:10911`.
    pub what: String,
    /// What is said.
    pub dialogue: Arc<dyn Dialogue>,
    /// What it changes; `None` where it only finds something out, or waits.
    pub change: Option<Difference>,
    /// The names of what it returns, for check mode: nothing is said there, so nobody knows them.
    pub returns: &'static [&'static str],
}

/// What differs once something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `topic orders on 192.168.2.201:10911`.
    pub what: String,
    /// Lines `name: value` as it is; empty where there is nothing.
    pub before: String,
    /// The same as it will be.
    pub after: String,
}

impl Talk {
    /// Returns the values of what it would have returned.
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
