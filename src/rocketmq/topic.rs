//! `rocketmq_topic`: manages a topic.

use super::masters::masters;
use super::requests::Request;
use super::route::route;
use super::table::table;
use super::wire::{Address, Client, WireError, requests};
use crate::change::Change;
use crate::host::Limits;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use serde_json::Value;

/// Creates, changes or deletes a topic on the masters of a cluster.
///
/// Settings that are not given are kept; a new topic gets 8 queues that can be read and written.
/// Slaves copy it from their masters within a minute.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicModule {
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
    /// Number of queues for consumers, on each master.
    read_queues: Option<u32>,
    /// Number of queues for producers, on each master.
    write_queues: Option<u32>,
    /// Who may use it.
    permission: Option<Permission>,
    /// Whether the order of messages matters, so that a missing broker is not replaced.
    order: Option<bool>,
    /// The desired state. `absent` deletes it with all its messages.
    #[serde(default)]
    state: Presence,
}

/// Who may use a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Permission {
    /// Consumers and producers.
    ReadWrite,
    /// Only consumers.
    Read,
    /// Only producers.
    Write,
}

impl BuiltIn for TopicModule {
    const NAME: &'static str = "rocketmq_topic";
    const EXAMPLE: &'static str = "\
- name: The topic of orders
  rocketmq_topic:
    name: orders
    nameservers: ['192.168.2.201:9876']
    cluster: rocketmq-cluster
    read_queues: 8
    write_queues: 8
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "Its name."),
        ("brokers", "Names of the masters that were checked."),
    ];
}

/// A topic of a broker, in RocketMQ's own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Topic {
    read_queues: u32,
    write_queues: u32,
    permission: u32,
    order: bool,
    system_flag: u32,
    filter: String,
}

/// The bits of a permission.
const READ: u32 = 4;
const WRITE: u32 = 2;

/// The defaults of a topic.
impl Default for Topic {
    fn default() -> Self {
        Self {
            read_queues: 8,
            write_queues: 8,
            permission: READ | WRITE,
            order: false,
            system_flag: 0,
            filter: "SINGLE_TAG".to_owned(),
        }
    }
}

impl Module for TopicModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        check_name("topic", &self.name)?;
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let masters = masters(&mut client, &self.nameservers, &self.cluster, &self.brokers)?;
        let mut change = Change::default();
        change.returns("name", self.name.as_str());
        let names = masters.iter().map(|master| master.name.as_str());
        change.returns("brokers", names.collect::<crate::value::Value>());
        for master in &masters {
            let now = topic(&mut client, &master.address, &self.name)?;
            let step = match self.state {
                Presence::Present => self.write(&master.address, now),
                Presence::Absent => now.map(|now| self.delete(&master.address, &now)),
            };
            change.steps.extend(step);
        }
        if self.state == Presence::Absent && self.brokers.is_empty() {
            for nameserver in &self.nameservers {
                if route(&mut client, nameserver, &self.name)?.is_some() {
                    change.steps.push(self.forget(nameserver));
                }
            }
        }
        Ok(change)
    }
}

impl TopicModule {
    fn write(&self, master: &Address, now: Option<Topic>) -> Option<crate::host::Step> {
        let mut wanted = now.clone().unwrap_or_default();
        wanted.read_queues = self.read_queues.unwrap_or(wanted.read_queues);
        wanted.write_queues = self.write_queues.unwrap_or(wanted.write_queues);
        wanted.order = self.order.unwrap_or(wanted.order);
        wanted.permission = match self.permission {
            None => wanted.permission,
            Some(Permission::ReadWrite) => READ | WRITE,
            Some(Permission::Read) => READ,
            Some(Permission::Write) => WRITE,
        };
        if now.as_ref() == Some(&wanted) {
            return None;
        }
        let before = now.map(|now| now.lines()).unwrap_or_default();
        let request = Request {
            address: master.clone(),
            code: requests::UPDATE_AND_CREATE_TOPIC,
            fields: vec![
                ("topic", self.name.clone()),
                ("defaultTopic", "TBW102".to_owned()),
                ("readQueueNums", wanted.read_queues.to_string()),
                ("writeQueueNums", wanted.write_queues.to_string()),
                ("perm", wanted.permission.to_string()),
                ("topicFilterType", wanted.filter.clone()),
                ("topicSysFlag", wanted.system_flag.to_string()),
                ("order", wanted.order.to_string()),
            ],
            body: Vec::new(),
        };
        Some(request.step(&self.subject(), before, wanted.lines()))
    }

    fn delete(&self, master: &Address, now: &Topic) -> crate::host::Step {
        let request = Request {
            address: master.clone(),
            code: requests::DELETE_TOPIC_IN_BROKER,
            fields: vec![("topic", self.name.clone())],
            body: Vec::new(),
        };
        request.step(&self.subject(), now.lines(), String::new())
    }

    fn forget(&self, nameserver: &Address) -> crate::host::Step {
        let request = Request {
            address: nameserver.clone(),
            code: requests::DELETE_TOPIC_IN_NAMESRV,
            fields: vec![("topic", self.name.clone())],
            body: Vec::new(),
        };
        let route = format!("route of {}", self.subject());
        request.step(&route, "state: present\n".to_owned(), String::new())
    }

    fn subject(&self) -> String {
        format!("topic {}", self.name)
    }
}

impl Topic {
    fn of(value: &Value) -> Option<Self> {
        let number = |name: &str| -> Option<u32> { value.get(name)?.as_u64()?.try_into().ok() };
        let default = Self::default();
        Some(Self {
            read_queues: number("readQueueNums")?,
            write_queues: number("writeQueueNums")?,
            permission: number("perm")?,
            order: value
                .get("order")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            system_flag: number("topicSysFlag").unwrap_or_default(),
            filter: value
                .get("topicFilterType")
                .and_then(Value::as_str)
                .map_or(default.filter, str::to_owned),
        })
    }

    fn lines(&self) -> String {
        let permission = match self.permission & (READ | WRITE) {
            READ => "read",
            WRITE => "write",
            0 => "none",
            _ => "read_write",
        };
        format!(
            "read_queues: {}\nwrite_queues: {}\npermission: {permission}\norder: {}\n",
            self.read_queues, self.write_queues, self.order
        )
    }
}

/// Returns a topic of a broker.
fn topic(client: &mut Client, broker: &Address, name: &str) -> Result<Option<Topic>, WireError> {
    let request = requests::GET_ALL_TOPIC_CONFIG;
    let table = table(client, broker, request, "topicConfigTable")?;
    let Some(value) = table.get(name) else {
        return Ok(None);
    };
    let topic = Topic::of(value).ok_or_else(|| WireError::Nonsense {
        address: broker.clone(),
        request,
        reason: format!("{name} is {value}"),
    })?;
    Ok(Some(topic))
}

/// Refuses names that RocketMQ itself refuses or reserves.
pub(super) fn check_name(kind: &str, name: &str) -> Result<(), ModuleError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-%|".contains(c);
    let message = if name.is_empty() || name.len() > 127 {
        format!("{kind} {name:?}: a name has 1 to 127 characters")
    } else if !name.chars().all(is_allowed) {
        format!("{kind} {name:?}: a name is made of letters, digits, _, -, % and |")
    } else if name == "TBW102" {
        format!("{kind} {name} is RocketMQ's own")
    } else {
        return Ok(());
    };
    Err(ModuleError::refused(message))
}
