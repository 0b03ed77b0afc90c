//! A RocketMQ of a test: nameservers and brokers that answer as 3.2.6 does, at addresses of a
//! machine in memory.

use rmqplay::host::{Memory, Serve};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the cluster knows; tests change it and look into it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) brokers: Vec<Broker>,
    /// Brokers, by name and number, that the second nameserver does not list.
    pub(crate) forgotten: Vec<(&'static str, u64)>,
    /// Names of brokers whose right to be written to was taken away, by nameserver.
    pub(crate) wiped: Vec<(usize, String)>,
    /// How often the route of a topic was asked for.
    pub(crate) routes: usize,
    /// Codes of all requests that were made, besides those that only look.
    pub(crate) changes: Vec<i32>,
    /// What nameservers say that they are, as a number in the list of all versions.
    pub(crate) nameserver_version: i32,
    /// Bytes that the first master stores after it has told once how many it has.
    pub(crate) stored_later: u64,
    /// Codes that sends are answered with before they succeed.
    pub(crate) refusals: Vec<i32>,
    /// How often brokers still say that they have not measured how much they do, as 3.2.6 does in its
    /// first second.
    pub(crate) not_measured: usize,
}

pub(crate) struct Broker {
    pub(crate) name: &'static str,
    pub(crate) id: u64,
    pub(crate) address: &'static str,
    pub(crate) version: &'static str,
    pub(crate) log_end: u64,
    /// How full it says that its disk is.
    pub(crate) disk: &'static str,
    /// Lines of its configuration besides the usual ones.
    pub(crate) settings: &'static str,
    pub(crate) topics: Map<String, Value>,
    pub(crate) groups: Map<String, Value>,
    pub(crate) messages: Vec<Vec<u8>>,
    /// What consumers have read, as fastjson writes it.
    pub(crate) read: String,
    /// The end of each queue, by `TOPIC/NUMBER`.
    pub(crate) ends: BTreeMap<String, u64>,
}

impl Broker {
    pub(crate) fn new(name: &'static str, id: u64, address: &'static str) -> Self {
        Self {
            name,
            id,
            address,
            version: "V3_2_6_SNAPSHOT",
            log_end: 294,
            disk: "0.25",
            settings: "",
            topics: Map::new(),
            groups: Map::new(),
            messages: Vec::new(),
            read: r#"{"offsetTable":{}}"#.to_owned(),
            ends: BTreeMap::new(),
        }
    }
}

pub(crate) const NAMESERVERS: [&str; 2] = ["192.168.2.201:9876", "192.168.2.202:9876"];

/// A cluster of two masters, the first with a slave.
#[derive(Clone)]
pub(crate) struct Cluster(pub(crate) Arc<Mutex<State>>);

impl Cluster {
    pub(crate) fn new() -> Self {
        let brokers = vec![
            Broker::new("broker-a", 0, "192.168.2.201:10911"),
            Broker::new("broker-b", 0, "192.168.2.202:10911"),
            Broker::new("broker-a", 1, "192.168.2.203:10911"),
        ];
        Self(Arc::new(Mutex::new(State {
            brokers,
            nameserver_version: 78,
            ..State::default()
        })))
    }

    /// Lets the cluster answer at its addresses.
    pub(crate) fn on(&self, machine: Memory) -> Memory {
        let mut machine = machine;
        for (index, address) in NAMESERVERS.iter().enumerate() {
            let state = self.0.clone();
            let version = state.lock().unwrap().nameserver_version;
            let answer = move |code, fields: &Value, _: &[u8]| {
                of_nameserver(&mut state.lock().unwrap(), index, code, fields)
            };
            machine = machine.server(address, serve(version, answer));
        }
        let addresses: Vec<_> = {
            let state = self.0.lock().unwrap();
            state.brokers.iter().map(|broker| broker.address).collect()
        };
        for (index, address) in addresses.into_iter().enumerate() {
            let state = self.0.clone();
            let answer = move |code, fields: &Value, body: &[u8]| {
                of_broker(&mut state.lock().unwrap(), index, code, fields, body)
            };
            machine = machine.server(address, serve(78, answer));
        }
        machine
    }
}

/// Code of the answer, its named values, its body; nothing where 3.2.6 does not answer.
type Answer = Option<(i32, Value, Vec<u8>)>;

fn serve(
    version: i32,
    answer: impl Fn(i32, &Value, &[u8]) -> Answer + Send + Sync + 'static,
) -> Serve {
    Arc::new(move |bytes| {
        let length = u32::from_be_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let request: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let code = i32::try_from(request["code"].as_i64().unwrap()).unwrap();
        match answer(code, &request["extFields"], &bytes[8 + length..]) {
            Some((code, fields, body)) => frame(version, &request, code, &fields, &body),
            None => Vec::new(),
        }
    })
}

fn frame(version: i32, request: &Value, code: i32, fields: &Value, body: &[u8]) -> Vec<u8> {
    let mut header = json!({
        "code": code,
        "flag": 1,
        "language": "JAVA",
        "opaque": request["opaque"],
        "serializeTypeCurrentRPC": "JSON",
        "version": version,
    });
    if !fields.is_null() {
        header["extFields"] = fields.clone();
    }
    if code != 0 {
        let reason = match code {
            1 => "java.util.NoSuchElementException, java.base/java.util.LinkedList.getLast",
            _ => "as the test says",
        };
        header["remark"] = json!(format!("{reason}\n\tat com.alibaba.Rocketmq"));
    }
    let header = header.to_string().into_bytes();
    let length = u32::try_from(4 + header.len() + body.len()).unwrap();
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(u32::try_from(header.len()).unwrap().to_be_bytes());
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

fn done(body: Vec<u8>) -> Answer {
    Some((0, Value::Null, body))
}

fn of_nameserver(state: &mut State, index: usize, code: i32, fields: &Value) -> Answer {
    match code {
        106 => done(list(state, index).into_bytes()),
        105 => {
            state.routes += 1;
            let topic = fields["topic"].as_str().unwrap();
            let Some(broker) = state.brokers.iter().find(|broker| {
                broker.id == 0 && (broker.name == topic || broker.topics.contains_key(topic))
            }) else {
                return Some((17, Value::Null, Vec::new()));
            };
            let is_wiped = state.wiped.contains(&(index, broker.name.to_owned()));
            let route = format!(
                r#"{{"brokerDatas":[{{"brokerAddrs":{{0:"{}"}},"brokerName":"{name}"}}],"filterServerTable":{{}},"queueDatas":[{{"brokerName":"{name}","perm":{},"readQueueNums":1,"topicSynFlag":0,"writeQueueNums":1}}]}}"#,
                broker.address,
                if is_wiped { 5 } else { 7 },
                name = broker.name
            );
            done(route.into_bytes())
        }
        205 | 327 => {
            state.changes.push(code);
            let broker = fields["brokerName"].as_str().unwrap().to_owned();
            state
                .wiped
                .retain(|known| *known != (index, broker.clone()));
            if code == 205 {
                state.wiped.push((index, broker));
            }
            done(Vec::new())
        }
        216 => {
            state.changes.push(code);
            done(Vec::new())
        }
        _ => None,
    }
}

/// As fastjson writes it: numbers as keys have no quotes.
fn list(state: &State, index: usize) -> String {
    let listed: Vec<_> = state
        .brokers
        .iter()
        .filter(|broker| index == 0 || !state.forgotten.contains(&(broker.name, broker.id)))
        .collect();
    let mut names: Vec<_> = listed.iter().map(|broker| broker.name).collect();
    names.sort_unstable();
    names.dedup();
    let entries: Vec<_> = names
        .iter()
        .map(|name| {
            let own = listed.iter().filter(|broker| broker.name == *name);
            let own: Vec<_> = own
                .map(|broker| format!("{}:\"{}\"", broker.id, broker.address))
                .collect();
            format!(
                r#""{name}":{{"brokerAddrs":{{{}}},"brokerName":"{name}"}}"#,
                own.join(",")
            )
        })
        .collect();
    format!(
        r#"{{"brokerAddrTable":{{{}}},"clusterAddrTable":{{"rocketmq-cluster":{}}}}}"#,
        entries.join(","),
        json!(names)
    )
}

fn of_broker(state: &mut State, index: usize, code: i32, fields: &Value, body: &[u8]) -> Answer {
    if code == 10 && !state.refusals.is_empty() {
        return Some((state.refusals.remove(0), Value::Null, Vec::new()));
    }
    if [17, 200, 207, 215].contains(&code) {
        state.changes.push(code);
    }
    if code == 28 && state.not_measured > 0 {
        state.not_measured -= 1;
        return Some((1, Value::Null, Vec::new()));
    }
    let broker = &mut state.brokers[index];
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    match code {
        28 => {
            let told = done(runtime(broker));
            if index == 0 {
                broker.log_end += std::mem::take(&mut state.stored_later);
            }
            told
        }
        26 => done(configuration(broker).into_bytes()),
        21 => done(
            json!({ "topicConfigTable": broker.topics })
                .to_string()
                .into_bytes(),
        ),
        30 => {
            let queue = text("topic") + "/" + &text("queueId");
            let end = broker.ends.get(&queue).copied().unwrap_or_default();
            Some((0, json!({ "offset": end.to_string() }), Vec::new()))
        }
        43 => done(broker.read.clone().into_bytes()),
        201 => done(
            json!({ "subscriptionGroupTable": broker.groups })
                .to_string()
                .into_bytes(),
        ),
        17 => {
            let number = |name: &str| text(name).parse::<u32>().unwrap();
            let topic = json!({
                "order": text("order") == "true",
                "perm": number("perm"),
                "readQueueNums": number("readQueueNums"),
                "topicFilterType": text("topicFilterType"),
                "topicName": text("topic"),
                "topicSysFlag": number("topicSysFlag"),
                "writeQueueNums": number("writeQueueNums"),
            });
            broker.topics.insert(text("topic"), topic);
            done(Vec::new())
        }
        215 => {
            broker.topics.remove(&text("topic"));
            done(Vec::new())
        }
        200 => {
            let group: Value = serde_json::from_slice(body).unwrap();
            let name = group["groupName"].as_str().unwrap().to_owned();
            broker.groups.insert(name, group);
            done(Vec::new())
        }
        207 => {
            broker.groups.remove(&text("groupName"));
            done(Vec::new())
        }
        10 => {
            broker.messages.push(body.to_vec());
            let offset = (broker.messages.len() - 1).to_string();
            let stored = json!({ "msgId": "C0A802C9", "queueId": "0", "queueOffset": offset });
            Some((0, stored, Vec::new()))
        }
        11 => {
            let offset: usize = text("queueOffset").parse().unwrap();
            match broker.messages.get(offset) {
                Some(message) => done(stored(message)),
                None => Some((19, Value::Null, Vec::new())),
            }
        }
        _ => None,
    }
}

fn runtime(broker: &Broker) -> Vec<u8> {
    json!({ "table": {
        "bootTimestamp": "1700000000000",
        "brokerVersionDesc": broker.version,
        "commitLogDiskRatio": broker.disk,
        "commitLogMaxOffset": broker.log_end.to_string(),
        "getTransferedTps": "  ",
        "putTps": "1.5 0.5 0.1",
    }})
    .to_string()
    .into_bytes()
}

fn configuration(broker: &Broker) -> String {
    format!(
        "brokerName={}\nbrokerId={}\nlistenPort=10911\nfileReservedTime=72\n{}",
        broker.name, broker.id, broker.settings
    )
}

/// A message in its stored form.
fn stored(message: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 84];
    bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes.extend([0, 0, 0]);
    bytes
}
