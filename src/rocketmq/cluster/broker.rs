//! A broker of a cluster: declared, listed and observed.

use super::super::cluster_info::Listed;
use super::super::runtime::Runtime;
use super::super::wire::Address;
use super::producers::Producers;
use crate::value::{self, Fields, Value};

/// How full the disk of a store may be, 0 to 1: above this a broker accepts no messages
/// (`diskSpaceWarningLevelRatio`).
const FULL: f64 = 0.9;

/// A broker that is declared, or listed, or both.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) name: String,
    pub(super) id: u64,
    pub(super) address: Address,
    pub(super) is_declared: bool,
    pub(super) listed_by: Vec<Address>,
    pub(super) runtime: Result<Runtime, String>,
    /// Bytes that a slave is behind, if both report their position.
    pub(super) lag: Option<u64>,
    /// Bytes that a slave is ahead of its master, which then sends it nothing.
    pub(super) ahead: Option<u64>,
    /// Whether producers are routed to it.
    pub(super) producers: Producers,
    /// Differences from the declaration.
    pub(super) problems: Vec<String>,
}

impl Broker {
    pub(super) fn new(name: &str, id: u64, address: &Address, is_declared: bool) -> Self {
        Self {
            name: name.to_owned(),
            id,
            address: address.clone(),
            is_declared,
            listed_by: Vec::new(),
            runtime: Err("it was not asked".to_owned()),
            lag: None,
            ahead: None,
            producers: Producers::default(),
            problems: Vec::new(),
        }
    }

    pub(super) fn is(&self, listed: &Listed) -> bool {
        (&self.name, self.id, &self.address) == (&listed.name, listed.id, &listed.address)
    }

    /// Returns the end of a slave's messages and of its master's, in bytes. The master is one of
    /// `before`.
    pub(super) fn ends<'a>(&self, before: &'a [Broker]) -> Option<(u64, &'a Broker, u64)> {
        let mut before = before.iter();
        let master = before.find(|other| other.id == 0 && other.name == self.name)?;
        let end = master.runtime.as_ref().ok()?.log_end()?;
        let own = self.runtime.as_ref().ok()?.log_end()?;
        Some((own, master, end))
    }

    /// A master silently refuses a slave that has more messages than itself.
    pub(super) fn ahead_of_its_master(&self) -> Option<String> {
        let ahead = self.ahead?;
        Some(format!(
            "{self} is {ahead} bytes ahead of its master, as after only the master was wiped or \
             restored: it receives nothing; playbooks/resync.yml sets its messages aside and \
             copies the master's"
        ))
    }

    /// A broker whose disk is too full answers every message with an error.
    pub(super) fn full_disk(&self) -> Option<String> {
        let ratio = self.runtime.as_ref().ok()?.disk_ratio()?;
        let percent = (ratio * 100.0).round();
        (ratio >= FULL).then(|| {
            format!("{self}: the disk of its store is {percent} % full, it takes no messages")
        })
    }

    /// Returns whether it makes sense to check if producers are routed to it.
    pub(super) fn is_asked_for_producers(&self) -> bool {
        self.id == 0 && self.is_declared && self.runtime.is_ok()
    }

    /// A master without producers looks healthy, but gets no messages.
    pub(super) fn without_producers(&self) -> Option<String> {
        let version = self.runtime.as_ref().ok()?.version().unwrap_or_default();
        let problem = self.producers.problem(&version)?;
        Some(format!("{self}: {problem}"))
    }

    /// Returns the nameservers that list it, for messages.
    pub(super) fn listed_by(&self) -> String {
        let names: Vec<_> = self.listed_by.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    pub(super) fn value(&self) -> Value {
        let role = if self.id == 0 { "master" } else { "slave" };
        let listed_by = self.listed_by.iter().map(ToString::to_string);
        let optional = |value: Option<Value>| value.unwrap_or_else(|| Value::from(()));
        let lag = optional(self.lag.map(Value::from));
        let ahead = optional(self.ahead.map(Value::from));
        let problem = self.runtime.as_ref().err();
        let problem = optional(problem.map(|why| why.as_str().into()));
        let mut fields = Fields::from_iter(
            [
                ("name", Value::from(self.name.as_str())),
                ("id", Value::from(self.id)),
                ("role", Value::from(role)),
                ("address", Value::from(self.address.to_string())),
                ("declared", Value::from(self.is_declared)),
                ("listed_by", listed_by.collect::<Vec<_>>().into()),
                ("lag", lag),
                ("ahead", ahead),
                (
                    "writable",
                    optional(self.producers.are_sent.map(Value::from)),
                ),
                ("problem", problem),
                ("problems", self.problems.clone().into()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let runtime = self.runtime.as_ref().ok().cloned().unwrap_or_default();
        fields.extend(runtime.fields());
        value::map(fields)
    }
}

impl std::fmt::Display for Broker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let role = if self.id == 0 { "master" } else { "slave" };
        write!(
            formatter,
            "{} ({role} {}) at {}",
            self.name, self.id, self.address
        )
    }
}
