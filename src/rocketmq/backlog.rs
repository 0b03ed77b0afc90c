//! `rocketmq_backlog`: what consumers have not yet read from a broker.

use super::table::table;
use super::wire::{Address, Client, WireError, requests};
use crate::change::Change;
use crate::host::{Connect, Dialogue, HostError, Limits, Step, Talk};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{Fields, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Reports how far consumer groups are behind a master, and waits until they have read everything.
///
/// Groups that never read from the broker, and those that keep their offsets themselves
/// (broadcast), do not count. Send producers away first: see `rocketmq_write_permission`.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BacklogModule {
    /// The master, `HOST:PORT`, as resolved by the host.
    #[schemars(with = "String")]
    address: Address,
    /// How many seconds to wait until everything is read. Without it, the module does not wait.
    timeout: Option<u64>,
}

impl BuiltIn for BacklogModule {
    const NAME: &'static str = "rocketmq_backlog";
    const EXAMPLE: &'static str = "\
- name: Everything is read
  rocketmq_backlog:
    address: 192.168.2.201:10911
    timeout: 600
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("backlog", "The number of unread messages of all groups."),
        (
            "groups",
            "The groups that are behind: maps of `group`, `topic` and `behind`.",
        ),
    ];
}

const RETURNS: &[&str] = &["backlog", "groups"];

/// Consumers store their offsets every 5 s.
const INTERVAL: Duration = Duration::from_secs(2);

impl Module for BacklogModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let behind = Behind::look(&mut client, &self.address)?;
        let mut change = Change::default();
        if behind.is_empty() || self.timeout.is_none() {
            change.result = behind.fields();
            return Ok(change);
        }
        change.steps.push(Step::Talk(Talk {
            what: format!("wait until {} is read: {behind}", self.address),
            dialogue: Arc::new(self.clone()),
            change: None,
            returns: RETURNS,
        }));
        Ok(change)
    }
}

impl Dialogue for BacklogModule {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let started = Instant::now();
        let timeout = Duration::from_secs(self.timeout.unwrap_or_default());
        loop {
            let mut client = Client::new(connect, limits);
            let behind = Behind::look(&mut client, &self.address)?;
            if behind.is_empty() {
                return Ok(behind.fields());
            }
            if started.elapsed() >= timeout {
                return Err(HostError::NotHappened {
                    what: format!("consumers to read {}: {behind}", self.address),
                    after: started.elapsed(),
                    gone: false,
                    log: None,
                    help: Some(
                        "start the consumers, or delete their subscription group to give them up"
                            .to_owned(),
                    ),
                });
            }
            limits.sleep(INTERVAL)?;
        }
    }
}

/// The number of unread messages of each group, by topic and group.
#[derive(Debug, Default, PartialEq, Eq)]
struct Behind(BTreeMap<(String, String), u64>);

impl Behind {
    fn look(client: &mut Client, broker: &Address) -> Result<Self, WireError> {
        let read = table(
            client,
            broker,
            requests::GET_ALL_CONSUMER_OFFSET,
            "offsetTable",
        )?;
        let mut behind = Self::default();
        let mut ends: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (name, queues) in &read {
            let Some((topic, group)) = name.split_once('@') else {
                continue;
            };
            for (queue, read) in queues.as_object().into_iter().flatten() {
                let Some(read) = read.as_u64() else { continue };
                let key = (topic.to_owned(), queue.clone());
                let end = match ends.get(&key) {
                    Some(end) => *end,
                    None => *ends
                        .entry(key)
                        .or_insert(end(client, broker, topic, queue)?),
                };
                if end > read {
                    let of_group = (topic.to_owned(), group.to_owned());
                    *behind.0.entry(of_group).or_default() += end - read;
                }
            }
        }
        Ok(behind)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn fields(&self) -> Fields {
        let groups = self.0.iter().map(|((topic, group), behind)| {
            Value::from_pairs([
                ("group", Value::from(group.as_str())),
                ("topic", Value::from(topic.as_str())),
                ("behind", Value::from(*behind)),
            ])
        });
        let all: u64 = self.0.values().sum();
        Fields::from_iter([
            ("backlog".to_owned(), all.into()),
            ("groups".to_owned(), groups.collect()),
        ])
    }
}

impl std::fmt::Display for Behind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = self.0.iter();
        let each = each.map(|((topic, group), behind)| {
            format!("{group} has {behind} messages of {topic} before it")
        });
        formatter.write_str(&each.collect::<Vec<_>>().join("; "))
    }
}

/// Returns the offset after the last message of a queue.
fn end(client: &mut Client, broker: &Address, topic: &str, queue: &str) -> Result<u64, WireError> {
    let request = requests::GET_MAX_OFFSET;
    let answer = client.ask(
        broker,
        request,
        &[("topic", topic), ("queueId", queue)],
        &[],
    )?;
    let offset = answer.field("offset").and_then(|text| text.parse().ok());
    offset.ok_or_else(|| WireError::Nonsense {
        address: broker.clone(),
        request,
        reason: "the answer lacks the offset".to_owned(),
    })
}
