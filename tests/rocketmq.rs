//! The modules about RocketMQ, on a machine in memory whose RocketMQ answers as 3.2.6 does.

pub(crate) mod fake;
mod last_words;
pub(crate) mod preflight;
mod producers;
mod strangers;

use fake::{Cluster, NAMESERVERS};
use rmqplay::archive::Store;
use rmqplay::change::Change;
use rmqplay::cli::registry;
use rmqplay::files::Files;
use rmqplay::host::{Host, HostError, Limits, Memory, Overlay, Probe};
use rmqplay::module::{ModuleError, PlanContext, Templates};
use rmqplay::template::Syntax;
use rmqplay::value::{self, Fields, Value};
use rmqplay::yaml::Node;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// These modules render nothing themselves.
struct NoTemplates;

impl Templates for NoTemplates {
    fn file(&self, _: &Path, _: &Syntax, _: Fields) -> Result<String, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn expression(&self, _: &Node) -> Result<Value, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn first_false<'n>(&self, _: &'n [Node]) -> Result<Option<&'n Node>, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn verbosity(&self) -> u8 {
        0
    }
}

fn plan(host: &Arc<dyn Host>, module: &str, arguments: &Json) -> Result<Change, String> {
    let registry = registry();
    let fields = value::fields(&value::of(arguments)).unwrap();
    let built = registry.get(module).unwrap().build(fields);
    let context = PlanContext {
        unknown: &Fields::new(),
        host: &Probe::new(host.clone(), Limits::default()),
        files: &Files {
            folders: Vec::new(),
        },
        archives: &Store::default(),
        templates: &NoTemplates,
        environment: &BTreeMap::new(),
        raw: &BTreeMap::new(),
        again: false,
    };
    let built = built.map_err(|error| error.to_string())?;
    built.plan(&context).map_err(|error| error.to_string())
}

/// Applies a change and returns the whole result.
fn apply(change: &Change, host: &dyn Host) -> Result<Json, HostError> {
    let output = change.apply(host, &Limits::default())?;
    let mut result: Fields = change.result.clone();
    result.extend(*output.unwrap_or_default().returned);
    Ok(serde_json::to_value(value::map(result)).unwrap())
}

fn is_not_known(value: &Value) -> bool {
    value.to_string().contains("check mode does not")
}

fn diff(change: &Change) -> String {
    let shown = change.differences().into_iter();
    shown
        .map(|diff| format!("{}\n{}", diff.after_header, diff.text))
        .collect()
}

fn on(cluster: &Cluster) -> Arc<dyn Host> {
    Arc::new(cluster.on(Memory::machine()))
}

fn declared() -> Json {
    json!({
        "nameservers": NAMESERVERS,
        "cluster": "rocketmq-cluster",
        "brokers": [
            { "name": "broker-a", "id": 0, "address": "192.168.2.201:10911" },
            { "name": "broker-a", "id": 1, "address": "192.168.2.203:10911" },
            { "name": "broker-b", "id": 0, "address": "192.168.2.202:10911" },
        ],
        "version": "3.2.6",
        "timeout": 0,
    })
}

fn with(mut arguments: Json, name: &str, value: Json) -> Json {
    arguments[name] = value;
    arguments
}

#[test]
fn a_cluster_is_ready_when_a_message_to_each_master_is_stored() {
    let cluster = Cluster::new();
    let host = on(&cluster);
    let change = plan(&host, "rocketmq_cluster", &declared()).unwrap();
    assert!(!change.is_changed());
    let result = apply(&change, &*host).unwrap();
    assert_eq!(result["problems"], json!([]));
    let brokers = result["brokers"].as_array().unwrap();
    let short = |broker: &Json| {
        json!([
            broker["name"],
            broker["role"],
            broker["lag"],
            broker["version"],
            broker["put_tps"]
        ])
    };
    assert_eq!(
        brokers.iter().map(short).collect::<Vec<_>>(),
        [
            json!(["broker-a", "master", null, "3.2.6", 1.5]),
            json!(["broker-a", "slave", 0, "3.2.6", 1.5]),
            json!(["broker-b", "master", null, "3.2.6", 1.5]),
        ]
    );
    assert_eq!(brokers[1]["listed_by"], json!(NAMESERVERS));
    let state = cluster.0.lock().unwrap();
    let sent: Vec<_> = state.brokers.iter().map(|one| one.messages.len()).collect();
    assert_eq!(sent, [1, 1, 0]);
}

#[test]
fn a_cluster_that_is_not_ready_is_told_with_the_reason() {
    let reason = |change: &dyn Fn(&Cluster)| {
        let cluster = Cluster::new();
        change(&cluster);
        let host = on(&cluster);
        let planned = plan(&host, "rocketmq_cluster", &declared()).unwrap();
        let error = apply(&planned, &*host).unwrap_err().to_string();
        let (_, reason) = error.split_once("rocketmq-cluster: ").unwrap();
        reason.to_owned()
    };
    let forgotten = reason(&|cluster| cluster.0.lock().unwrap().forgotten = vec![("broker-b", 0)]);
    assert_eq!(
        forgotten,
        "nameserver 192.168.2.202:9876 does not list broker-b (master 0) at 192.168.2.202:10911"
    );
    let other = reason(&|cluster| cluster.0.lock().unwrap().brokers[1].version = "V4_9_7");
    assert_eq!(
        other,
        "broker-b (master 0) at 192.168.2.202:10911 is 4.9.7, not 3.2.6"
    );
    // What a host with a bridge registers where nobody sets brokerIP1.
    let bridge =
        reason(&|cluster| cluster.0.lock().unwrap().brokers[1].address = "172.17.0.1:10911");
    assert!(
        bridge.starts_with(
            "nameserver 192.168.2.201:9876 does not list broker-b (master 0) at \
             192.168.2.202:10911, but one at 172.17.0.1:10911 of rocketmq-cluster"
        ),
        "{bridge}"
    );
    let refused = reason(&|cluster| cluster.0.lock().unwrap().refusals = vec![11]);
    assert_eq!(
        refused,
        "cannot send a message on 192.168.2.201:10911: 11 (the slave is not available): as the \
         test says"
    );
    let lagging = reason(&|cluster| cluster.0.lock().unwrap().brokers[0].log_end = 1000);
    assert_eq!(
        lagging,
        "broker-a (slave 1) at 192.168.2.203:10911 is 706 bytes behind"
    );
    let ahead = reason(&|cluster| cluster.0.lock().unwrap().brokers[2].log_end = 1000);
    let told = "broker-a (slave 1) at 192.168.2.203:10911 is 706 bytes ahead of its master";
    assert!(ahead.starts_with(told), "{ahead}");
    assert!(
        ahead.ends_with("playbooks/resync.yml sets its messages aside and copies the master's"),
        "{ahead}"
    );
    let nameserver = reason(&|cluster| cluster.0.lock().unwrap().nameserver_version = 407);
    assert!(
        nameserver.starts_with("nameserver 192.168.2.201:9876 is 4.9.7, not 3.2.6"),
        "{nameserver}"
    );
}

/// A slave may have got what its master had not told yet, and waiting ends where it is of no use.
#[test]
fn a_slave_ahead_of_its_master_is_told_at_once() {
    let cluster = Cluster::new();
    cluster.0.lock().unwrap().brokers[2].log_end = 1000;
    let host = on(&cluster);
    let arguments = with(declared(), "timeout", json!(86_400));
    let change = plan(&host, "rocketmq_cluster", &arguments).unwrap();
    let error = apply(&change, &*host).unwrap_err().to_string();
    assert!(error.contains("706 bytes ahead of its master"), "{error}");

    let known = with(arguments, "state", json!("known"));
    let seen = apply(&plan(&host, "rocketmq_cluster", &known).unwrap(), &*host).unwrap();
    assert_eq!(
        (&seen["brokers"][1]["lag"], &seen["brokers"][1]["ahead"]),
        (&json!(0), &json!(706))
    );

    // The master has stored more between the two answers.
    cluster.0.lock().unwrap().stored_later = 1000;
    let seen = apply(&plan(&host, "rocketmq_cluster", &known).unwrap(), &*host).unwrap();
    assert_eq!(
        (&seen["brokers"][1]["lag"], &seen["brokers"][1]["ahead"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(seen["problems"], json!([]));
}

#[test]
fn what_is_not_yet_so_is_waited_for() {
    let cluster = Cluster::new();
    cluster.0.lock().unwrap().refusals = vec![11, 12];
    let host = on(&cluster);
    let arguments = with(declared(), "timeout", json!(60));
    let change = plan(&host, "rocketmq_cluster", &arguments).unwrap();
    apply(&change, &*host).unwrap();
    // The master that had stored its message was not sent another one.
    let state = cluster.0.lock().unwrap();
    assert!(
        state
            .brokers
            .iter()
            .all(|broker| broker.messages.len() <= 1)
    );
}

#[test]
fn a_broker_that_is_not_declared_is_a_problem_where_exactly_these_are_wanted() {
    let cluster = Cluster::new();
    let host = on(&cluster);
    let mut arguments = with(declared(), "state", json!("known"));
    arguments["brokers"].as_array_mut().unwrap().remove(1);
    let problems = |arguments: &Json| {
        let change = plan(&host, "rocketmq_cluster", arguments).unwrap();
        assert!(change.steps.is_empty());
        apply(&change, &*host).unwrap()["problems"].clone()
    };
    assert_eq!(problems(&arguments), json!([]));
    assert_eq!(
        problems(&with(arguments, "exactly", json!(true))),
        json!([
            "broker-a (slave 1) at 192.168.2.203:10911 is listed by 192.168.2.201:9876, \
             192.168.2.202:9876, but not declared"
        ])
    );
}

#[test]
fn what_is_wrong_with_a_broker_is_told_with_it() {
    let cluster = Cluster::new();
    {
        let mut state = cluster.0.lock().unwrap();
        state.forgotten = vec![("broker-b", 0)];
        state.brokers[1].disk = "0.95";
    }
    let host = on(&cluster);
    let arguments = with(declared(), "state", json!("known"));
    let change = plan(&host, "rocketmq_cluster", &arguments).unwrap();
    let result = apply(&change, &*host).unwrap();
    let expected = json!([
        "nameserver 192.168.2.202:9876 does not list broker-b (master 0) at 192.168.2.202:10911",
        "broker-b (master 0) at 192.168.2.202:10911: the disk of its store is 95 % full, it takes \
         no messages",
    ]);
    assert_eq!(result["brokers"][0]["problems"], json!([]));
    assert_eq!(result["brokers"][2]["problems"], expected);
    assert_eq!(result["problems"], expected);
}

#[test]
fn check_mode_sends_nothing_and_tells_what_it_sees() {
    let cluster = Cluster::new();
    let check: Arc<dyn Host> = Arc::new(Memory::over(on(&cluster), Overlay::default()));
    let change = plan(&check, "rocketmq_cluster", &declared()).unwrap();
    let result = apply(&change, &*check).unwrap();
    assert_eq!(result["brokers"].as_array().unwrap().len(), 3);
    let message = json!({ "address": "192.168.2.201:10911", "topic": "broker-a" });
    let change = plan(&check, "rocketmq_message", &message).unwrap();
    let output = change.apply(&*check, &Limits::default()).unwrap().unwrap();
    assert!(is_not_known(&output.returned["message_id"]));
    let state = cluster.0.lock().unwrap();
    assert!(
        state
            .brokers
            .iter()
            .all(|broker| broker.messages.is_empty())
    );
}

/// What would only be started is waited for by the run; check mode takes it to happen.
#[test]
fn check_mode_waits_for_what_it_would_start() {
    let below: Arc<dyn Host> = Arc::new(Memory::machine());
    let overlay = Overlay::default();
    let check: Arc<dyn Host> = Arc::new(Memory::over(below, overlay));
    let start = rmqplay::host::StartProcess {
        argv: vec!["/usr/bin/java".to_owned()],
        directory: "/".into(),
        environment: BTreeMap::new(),
        user: None,
        log: "/dev/null".into(),
        recognise: rmqplay::host::ProcessMatch::default(),
        ports: vec![9876],
        service: None,
    };
    let limits = Limits::default();
    let step = rmqplay::host::Step::StartProcess(start);
    check.apply(&step, &limits).unwrap();
    let arguments = with(declared(), "nameservers", json!(["127.0.0.1:9876"]));
    let change = plan(&check, "rocketmq_cluster", &arguments).unwrap();
    assert!(!change.is_changed());
    let output = change.apply(&*check, &limits).unwrap().unwrap();
    assert!(is_not_known(&output.returned["brokers"]));
}

/// Plans in check mode, which changes nothing; then does it; then there is nothing left to do.
fn obeys_the_laws_on(
    cluster: &Cluster,
    module: &str,
    arguments: &Json,
    expected: &str,
    codes: &[i32],
) {
    let host = on(cluster);
    let check: Arc<dyn Host> = Arc::new(Memory::over(host.clone(), Overlay::default()));
    cluster.0.lock().unwrap().changes.clear();
    let predicted = plan(&check, module, arguments).unwrap();
    apply(&predicted, &*check).unwrap();
    assert!(cluster.0.lock().unwrap().changes.is_empty());
    let change = plan(&host, module, arguments).unwrap();
    assert_eq!(predicted.steps, change.steps);
    assert_eq!(diff(&change), expected);
    apply(&change, &*host).unwrap();
    assert_eq!(cluster.0.lock().unwrap().changes, codes);
    let again = plan(&host, module, arguments).unwrap();
    assert!(again.steps.is_empty(), "{}", diff(&again));
}

fn topic() -> Json {
    json!({
        "name": "orders",
        "nameservers": NAMESERVERS,
        "cluster": "rocketmq-cluster",
    })
}

#[test]
fn a_topic_is_made_changed_and_deleted_on_the_masters() {
    let cluster = Cluster::new();
    let made = "\
after: topic orders on 192.168.2.201:10911
+read_queues: 4
+write_queues: 8
+permission: read_write
+order: false
after: topic orders on 192.168.2.202:10911
+read_queues: 4
+write_queues: 8
+permission: read_write
+order: false
";
    let four = with(topic(), "read_queues", json!(4));
    obeys_the_laws_on(&cluster, "rocketmq_topic", &four, made, &[17, 17]);
    let changed = "\
after: topic orders on 192.168.2.202:10911
-read_queues: 4
-write_queues: 8
-permission: read_write
-order: false
+read_queues: 4
+write_queues: 8
+permission: read
+order: true
";
    let mut one = with(topic(), "permission", json!("read"));
    one["order"] = json!(true);
    one["brokers"] = json!(["broker-b"]);
    obeys_the_laws_on(&cluster, "rocketmq_topic", &one, changed, &[17]);
    let host = on(&cluster);
    let absent = with(topic(), "state", json!("absent"));
    let change = plan(&host, "rocketmq_topic", &absent).unwrap();
    apply(&change, &*host).unwrap();
    let changes = cluster.0.lock().unwrap().changes.clone();
    assert_eq!(changes, [17, 215, 215, 216, 216]);
    let again = plan(&host, "rocketmq_topic", &absent).unwrap();
    assert!(again.steps.is_empty());
}

#[test]
fn names_that_rocketmq_refuses_are_refused_before() {
    let host = on(&Cluster::new());
    for (name, reason) in [
        ("", "topic \"\": a name has 1 to 127 characters"),
        (
            "a b",
            "topic \"a b\": a name is made of letters, digits, _, -, % and |",
        ),
        ("TBW102", "topic TBW102 is RocketMQ's own"),
    ] {
        let refused = plan(&host, "rocketmq_topic", &with(topic(), "name", json!(name)));
        assert_eq!(refused.unwrap_err(), reason);
    }
    let other = with(topic(), "brokers", json!(["broker-c"]));
    assert_eq!(
        plan(&host, "rocketmq_topic", &other).unwrap_err(),
        "nameserver 192.168.2.201:9876 lists no master broker-c of rocketmq-cluster"
    );
}

#[test]
fn a_subscription_group_keeps_what_is_not_declared() {
    let cluster = Cluster::new();
    let old = json!({
        "groupName": "shipping",
        "consumeEnable": true,
        "consumeBroadcastEnable": false,
        "consumeFromMinEnable": true,
        "retryQueueNums": 1,
        "retryMaxTimes": 16,
        "ofALaterVersion": 7,
    });
    cluster.0.lock().unwrap().brokers[0]
        .groups
        .insert("shipping".to_owned(), old);
    let arguments = json!({
        "name": "shipping",
        "nameservers": NAMESERVERS,
        "cluster": "rocketmq-cluster",
        "brokers": ["broker-a"],
        "retry_max_times": 5,
    });
    let expected = "\
after: subscription group shipping on 192.168.2.201:10911
-consume_enable: true
-consume_broadcast_enable: false
-consume_from_min_enable: true
-retry_queues: 1
-retry_max_times: 16
+consume_enable: true
+consume_broadcast_enable: false
+consume_from_min_enable: true
+retry_queues: 1
+retry_max_times: 5
";
    let module = "rocketmq_subscription_group";
    obeys_the_laws_on(&cluster, module, &arguments, expected, &[200]);
    let kept = cluster.0.lock().unwrap().brokers[0].groups["shipping"]["ofALaterVersion"].clone();
    assert_eq!(kept, json!(7));
}

#[test]
fn the_right_to_write_goes_at_every_nameserver() {
    let cluster = Cluster::new();
    let arguments = json!({
        "nameservers": NAMESERVERS,
        "cluster": "rocketmq-cluster",
        "broker": "broker-b",
        "state": "absent",
    });
    let expected = "\
after: broker broker-b on 192.168.2.201:9876
-may be written: true
+may be written: false
after: broker broker-b on 192.168.2.202:9876
-may be written: true
+may be written: false
";
    let module = "rocketmq_write_permission";
    obeys_the_laws_on(&cluster, module, &arguments, expected, &[205, 205]);
    let back = with(arguments, "state", json!("present"));
    let refused = plan(&on(&cluster), module, &back);
    assert_eq!(
        refused.unwrap_err(),
        "3.2.6 cannot restore the write permission"
    );
    cluster.0.lock().unwrap().brokers[1].version = "V4_9_7";
    let change = plan(&on(&cluster), module, &back).unwrap();
    assert_eq!(change.steps.len(), 2);
    apply(&change, &*on(&cluster)).unwrap();
    assert!(cluster.0.lock().unwrap().wiped.is_empty());
}

#[test]
fn a_message_comes_back() {
    let cluster = Cluster::new();
    let host = on(&cluster);
    let arguments = json!({ "address": "192.168.2.202:10911", "topic": "broker-b" });
    let change = plan(&host, "rocketmq_message", &arguments).unwrap();
    assert!(!change.is_changed());
    let result = apply(&change, &*host).unwrap();
    assert_eq!(
        result,
        json!({ "message_id": "C0A802C9", "queue": 0, "offset": 0 })
    );
}

#[test]
fn a_broker_tells_what_it_runs_with_and_where_that_differs_from_its_file() {
    let cluster = Cluster::new();
    let file = "# ours\nbrokerName=broker-a\nbrokerId=0 \nfileReservedTime=120\nunknownKey=1\n";
    let machine = Memory::machine().file("/conf/broker.properties", file);
    let host: Arc<dyn Host> = Arc::new(cluster.on(machine));
    let arguments = json!({
        "address": "192.168.2.201:10911",
        "file": "/conf/broker.properties",
    });
    let change = plan(&host, "rocketmq_broker", &arguments).unwrap();
    assert!(change.steps.is_empty());
    let result = apply(&change, &*host).unwrap();
    assert_eq!(
        result["drift"],
        json!([
            { "name": "brokerId", "live": "0", "file": "0 ", "wanted": null },
            { "name": "fileReservedTime", "live": "72", "file": "120", "wanted": null },
            { "name": "unknownKey", "live": null, "file": "1", "wanted": null },
        ])
    );
    assert_eq!(result["version"], json!("3.2.6"));
    assert_eq!(result["up_since"], json!(1_700_000_000_000_u64));
    assert_eq!(result["get_tps"], json!(null));
    let wanted =
        json!({ "fileReservedTime": "72", "brokerName": "broker-a", "listenPort": "10922" });
    let arguments = with(arguments, "settings", wanted);
    let change = plan(&host, "rocketmq_broker", &arguments).unwrap();
    let result = apply(&change, &*host).unwrap();
    assert_eq!(
        result["drift"],
        json!([
            { "name": "brokerId", "live": "0", "file": "0 ", "wanted": null },
            { "name": "fileReservedTime", "live": "72", "file": "120", "wanted": "72" },
            { "name": "listenPort", "live": "10911", "file": null, "wanted": "10922" },
            { "name": "unknownKey", "live": null, "file": "1", "wanted": null },
        ])
    );
    assert_eq!(result["unapplied"], json!(["listenPort"]));
}

#[test]
fn a_broker_that_has_just_started_is_asked_again() {
    let cluster = Cluster::new();
    cluster.0.lock().unwrap().not_measured = 2;
    let host = on(&cluster);
    let arguments = json!({ "address": "192.168.2.201:10911" });
    let change = plan(&host, "rocketmq_broker", &arguments).unwrap();
    assert_eq!(apply(&change, &*host).unwrap()["version"], json!("3.2.6"));

    cluster.0.lock().unwrap().not_measured = usize::MAX;
    let refused = plan(&host, "rocketmq_broker", &arguments).unwrap_err();
    assert!(refused.contains("NoSuchElementException"), "{refused}");
}

#[test]
fn what_consumers_have_not_read_is_told_and_waited_for() {
    let cluster = Cluster::new();
    {
        let mut state = cluster.0.lock().unwrap();
        let broker = &mut state.brokers[0];
        broker.read = r#"{"offsetTable":{"orders@shipping":{0:7,1:5},"orders@billing":{0:7},
            "%RETRY%shipping@shipping":{0:0}}}"#
            .to_owned();
        for (queue, end) in [("orders/0", 7), ("orders/1", 6), ("%RETRY%shipping/0", 2)] {
            broker.ends.insert(queue.to_owned(), end);
        }
    }
    let host = on(&cluster);
    let address = "192.168.2.201:10911";
    let looked = plan(&host, "rocketmq_backlog", &json!({ "address": address })).unwrap();
    assert!(looked.steps.is_empty());
    let told = serde_json::to_value(value::map(looked.result.clone())).unwrap();
    let behind =
        |topic: &str, behind: u64| json!({ "group": "shipping", "topic": topic, "behind": behind });
    assert_eq!(
        told,
        json!({ "backlog": 3, "groups": [behind("%RETRY%shipping", 2), behind("orders", 1)] })
    );
    let arguments = json!({ "address": address, "timeout": 0 });
    let waits = plan(&host, "rocketmq_backlog", &arguments).unwrap();
    let error = apply(&waits, &*host).unwrap_err().to_string();
    let expected = "shipping has 2 messages of %RETRY%shipping before it; \
                    shipping has 1 messages of orders before it";
    assert!(error.contains(expected), "{error}");
    cluster.0.lock().unwrap().brokers[0].read =
        r#"{"offsetTable":{"orders@shipping":{0:7,1:6}}}"#.to_owned();
    assert_eq!(
        apply(&waits, &*host).unwrap(),
        json!({ "backlog": 0, "groups": [] })
    );
    let read = plan(&host, "rocketmq_backlog", &arguments).unwrap();
    assert!(read.steps.is_empty());
}
