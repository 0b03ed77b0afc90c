//! `rocketmq_subscription_group`: manages a group of consumers.

use super::masters::masters;
use super::requests::Request;
use super::table::table;
use super::topic::check_name;
use super::wire::{Address, Client, requests};
use crate::change::Change;
use crate::host::{Limits, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use serde_json::{Value, json};

/// Creates, changes or deletes a subscription group (the name under which consumers share messages)
/// on the masters of a cluster.
///
/// Settings that are not given are kept; a new group gets RocketMQ's own defaults.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriptionGroupModule {
    /// Its name: letters, digits, `_`, `-`, `%` and `|`.
    name: String,
    /// Addresses of all nameservers, `HOST:PORT`, as resolved by the host.
    #[schemars(with = "Vec<String>")]
    nameservers: Vec<Address>,
    /// The cluster.
    cluster: String,
    /// Names of the masters to change; all if not given.
    #[serde(default)]
    brokers: Vec<String>,
    /// Whether it may consume.
    consume_enable: Option<bool>,
    /// Whether each of its consumers may get all messages.
    consume_broadcast_enable: Option<bool>,
    /// Whether it may start with the oldest message.
    consume_from_min_enable: Option<bool>,
    /// Number of queues for messages to be consumed again; 1 by default.
    retry_queues: Option<u32>,
    /// How often a message is consumed again; 16 by default.
    retry_max_times: Option<u32>,
    /// The desired state.
    #[serde(default)]
    state: Presence,
}

impl BuiltIn for SubscriptionGroupModule {
    const NAME: &'static str = "rocketmq_subscription_group";
    const EXAMPLE: &'static str = "\
- name: The group that ships orders
  rocketmq_subscription_group:
    name: shipping
    nameservers: ['192.168.2.201:9876']
    cluster: rocketmq-cluster
    retry_max_times: 5
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "Its name."),
        ("brokers", "Names of the masters that were checked."),
    ];
}

impl Module for SubscriptionGroupModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        check_name("subscription group", &self.name)?;
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let masters = masters(&mut client, &self.nameservers, &self.cluster, &self.brokers)?;
        let mut change = Change::default();
        change.returns("name", self.name.as_str());
        let names = masters.iter().map(|master| master.name.as_str());
        change.returns("brokers", names.collect::<crate::value::Value>());
        for master in &masters {
            let request = requests::GET_ALL_SUBSCRIPTIONGROUP_CONFIG;
            let mut groups = table(
                &mut client,
                &master.address,
                request,
                "subscriptionGroupTable",
            )?;
            let now = groups.remove(&self.name);
            let step = match self.state {
                Presence::Present => self.write(&master.address, now),
                Presence::Absent => now.map(|now| self.delete(&master.address, &now)),
            };
            change.steps.extend(step);
        }
        Ok(change)
    }
}

impl SubscriptionGroupModule {
    /// Settings of this version that rmqplay does not know are sent back unchanged.
    fn write(&self, master: &Address, now: Option<Value>) -> Option<Step> {
        let mut wanted = now.clone().unwrap_or_else(|| self.new_group());
        for (name, value) in self.given() {
            if let Some(value) = value {
                wanted[name] = value;
            }
        }
        if now.as_ref() == Some(&wanted) {
            return None;
        }
        let before = now.map(|now| lines(&now)).unwrap_or_default();
        let request = Request {
            address: master.clone(),
            code: requests::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
            fields: Vec::new(),
            body: wanted.to_string().into_bytes(),
        };
        Some(request.step(&self.subject(), before, lines(&wanted)))
    }

    fn delete(&self, master: &Address, now: &Value) -> Step {
        let request = Request {
            address: master.clone(),
            code: requests::DELETE_SUBSCRIPTIONGROUP,
            fields: vec![("groupName", self.name.clone())],
            body: Vec::new(),
        };
        request.step(&self.subject(), lines(now), String::new())
    }

    fn given(&self) -> [(&'static str, Option<Value>); 5] {
        [
            ("consumeEnable", self.consume_enable.map(Value::from)),
            (
                "consumeBroadcastEnable",
                self.consume_broadcast_enable.map(Value::from),
            ),
            (
                "consumeFromMinEnable",
                self.consume_from_min_enable.map(Value::from),
            ),
            ("retryQueueNums", self.retry_queues.map(Value::from)),
            ("retryMaxTimes", self.retry_max_times.map(Value::from)),
        ]
    }

    fn new_group(&self) -> Value {
        json!({
            "groupName": self.name,
            "consumeEnable": true,
            "consumeFromMinEnable": true,
            "consumeBroadcastEnable": true,
            "retryQueueNums": 1,
            "retryMaxTimes": 16,
            "brokerId": 0,
            "whichBrokerWhenConsumeSlowly": 1,
        })
    }

    fn subject(&self) -> String {
        format!("subscription group {}", self.name)
    }
}

fn lines(group: &Value) -> String {
    let known = [
        ("consume_enable", "consumeEnable"),
        ("consume_broadcast_enable", "consumeBroadcastEnable"),
        ("consume_from_min_enable", "consumeFromMinEnable"),
        ("retry_queues", "retryQueueNums"),
        ("retry_max_times", "retryMaxTimes"),
    ];
    let line = |(shown, name): (&str, &str)| format!("{shown}: {}\n", group[name]);
    known.into_iter().map(line).collect()
}
