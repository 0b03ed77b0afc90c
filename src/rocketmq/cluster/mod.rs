//! `rocketmq_cluster`: whether a cluster is as declared, and usable.

mod broker;
mod producers;
mod seen;
mod wait;

use super::wire::{Address, Client};
use crate::change::Change;
use crate::host::{HostError, Limits, Step, Talk};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use seen::Seen;
use std::sync::Arc;
use wait::Readiness;

/// Waits until every nameserver lists every broker of a cluster, and each broker is usable.
///
/// A listed broker may not be ready yet: right after its start a master may lack its slave. So a
/// message is sent to every master, to the topic named after the broker itself, until it is stored
/// as configured; then the slaves must have copied everything. The host speaks to RocketMQ, through
/// its SSH connection.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterModule {
    /// Addresses of all nameservers, `HOST:PORT`.
    #[schemars(with = "Vec<String>")]
    nameservers: Vec<Address>,
    /// The cluster's name. Brokers of other clusters at the same nameservers are ignored.
    cluster: String,
    /// The brokers that every nameserver must list.
    #[serde(default)]
    brokers: Vec<Declared>,
    /// Whether a listed broker of this cluster that is not declared is a problem.
    #[serde(default)]
    exactly: bool,
    /// The expected version of all programs, such as `3.2.6`.
    version: Option<String>,
    /// The state to wait for.
    #[serde(default)]
    state: State,
    /// How many bytes a slave may be behind its master.
    #[serde(default)]
    lag: u64,
    /// Time limit in seconds; 90 by default, since a broker registers every 30 s.
    timeout: Option<u64>,
}

/// A declared broker.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// Its name; a slave has its master's name.
    name: String,
    /// 0 for a master, a greater number for a slave.
    #[serde(default)]
    id: u64,
    /// Its address, `HOST:PORT`.
    #[schemars(with = "String")]
    address: Address,
}

/// The state to wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Every nameserver lists every broker, a message to each master is stored as configured, and
    /// no slave is behind.
    #[default]
    Ready,
    /// Every nameserver lists every broker, and every broker answers.
    Registered,
    /// Any: problems are returned as `problems`, without waiting.
    Known,
}

impl BuiltIn for ClusterModule {
    const NAME: &'static str = "rocketmq_cluster";
    const EXAMPLE: &'static str = "\
- name: The cluster is ready
  rocketmq_cluster:
    nameservers: ['192.168.2.201:9876', '192.168.2.202:9876']
    cluster: rocketmq-cluster
    brokers:
      - {name: broker-a, id: 0, address: '192.168.2.201:10911'}
      - {name: broker-a, id: 1, address: '192.168.2.203:10911'}
    version: 3.2.6
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "nameservers",
            "Maps of `address`, `version`, `brokers` (how many it lists), `problem` (why it does not \
             answer) and `problems` (all that is not as declared).",
        ),
        (
            "brokers",
            "Maps of `name`, `id`, `role`, `address`, `listed_by` (nameservers), `lag` (bytes), \
             `ahead` (bytes that a slave has and its master has not), `writable` (with `state: known`, of a declared master: whether all nameservers send \
             producers to it), `problem` (why it does not answer), `problems` (all that is not as \
             declared), and what the broker tells: `version`, `up_since` (milliseconds since \
             1970), `put_tps`, `get_tps`, `messages_put_today`, `commit_log_max_offset`, \
             `commit_log_disk_ratio`.",
        ),
        ("problems", "Differences from the declaration."),
    ];
}

/// The names of the return values.
const RETURNS: &[&str] = &["nameservers", "brokers", "problems"];

impl Module for ClusterModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.nameservers.is_empty() {
            return Err(ModuleError::refused("rocketmq_cluster needs nameservers"));
        }
        let mut change = Change::default();
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let holds = match Seen::look(self, &mut client) {
            Ok(seen) => {
                change.result = seen.fields(self);
                seen.problems.is_empty()
            }
            // In check mode nobody knows: the run will wait.
            Err(HostError::NotKnown(_)) if self.state != State::Known => false,
            Err(error) => return Err(error.into()),
        };
        if self.state == State::Ready || (self.state == State::Registered && !holds) {
            if !holds {
                // What was seen is not what the waiting will end with.
                change.result.clear();
            }
            change.steps.push(Step::Talk(Talk {
                what: format!("see that {} is ready", self.cluster),
                dialogue: Arc::new(Readiness(self.clone())),
                change: None,
                returns: RETURNS,
            }));
        }
        Ok(change)
    }
}
