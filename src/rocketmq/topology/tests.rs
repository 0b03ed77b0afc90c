//! Clusters that are right, and every way in which one is wrong.

use super::*;
use crate::value;
use serde_json::{Value as Json, json};

fn topology(changes: Json) -> TopologyModule {
    let mut arguments = json!({
        "version": "3.2.6",
        "cluster": "rocketmq-cluster",
        "host": "mq1",
        "hosts": [
            { "host": "mq1", "address": "192.168.2.201" },
            { "host": "mq2", "address": "192.168.2.202" },
            { "host": "mq3", "address": "192.168.2.203" },
            { "host": "mq4", "address": "192.168.2.204" },
        ],
        "nameservers": ["mq1", "mq2"],
        "masters": ["mq1", "mq2"],
        "slaves": ["mq3", "mq4"],
        "home": "/var/lib/rocketmq",
        "by_name": true,
    });
    for (name, value) in changes.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    serde_json::from_value(arguments).unwrap()
}

/// Returns each broker as `instance host port role store`.
fn brokers(topology: &TopologyModule) -> Vec<String> {
    let (brokers, problems) = Broker::all(topology);
    assert_eq!(problems, Vec::<String>::new());
    let line = |broker: &Broker| {
        let role = broker.role();
        let (instance, host) = (broker.instance(), &broker.host);
        format!("{instance} {host} {} {role} {}", broker.port, broker.store)
    };
    brokers.iter().map(line).collect()
}

fn problems(changes: Json) -> Vec<String> {
    let topology = topology(changes);
    let (brokers, mut found) = Broker::all(&topology);
    found.extend(problems::of(&topology, &brokers));
    found
}

#[test]
fn the_groups_alone_say_who_does_what() {
    let expected = [
        "broker-a mq1 10911 master /var/lib/rocketmq/broker-a/store",
        "broker-b mq2 10911 master /var/lib/rocketmq/broker-b/store",
        "broker-a-s mq3 10911 slave /var/lib/rocketmq/broker-a-s/store",
        "broker-b-s mq4 10911 slave /var/lib/rocketmq/broker-b-s/store",
    ];
    assert_eq!(brokers(&topology(json!({}))), expected);
    let none = brokers(&topology(json!({ "slaves": [] })));
    assert_eq!(none, expected[..2]);
    let more = brokers(&topology(
        json!({ "masters": ["mq1"], "slaves": ["mq2", "mq3"] }),
    ));
    let expected = [
        "broker-a mq1 10911 master /var/lib/rocketmq/broker-a/store",
        "broker-a-s mq2 10911 slave /var/lib/rocketmq/broker-a-s/store",
        "broker-a-s2 mq3 10911 slave /var/lib/rocketmq/broker-a-s2/store",
    ];
    assert_eq!(more, expected);
}

#[test]
fn a_host_in_both_groups_has_two_brokers() {
    let crossed = json!({ "masters": ["mq1", "mq2"], "slaves": ["mq2", "mq1"] });
    let expected = [
        "broker-a mq1 10911 master /var/lib/rocketmq/broker-a/store",
        "broker-b mq2 10911 master /var/lib/rocketmq/broker-b/store",
        "broker-a-s mq2 10921 slave /var/lib/rocketmq/broker-a-s/store",
        "broker-b-s mq1 10921 slave /var/lib/rocketmq/broker-b-s/store",
    ];
    assert_eq!(brokers(&topology(crossed.clone())), expected);
    assert_eq!(problems(crossed), Vec::<String>::new());
}

#[test]
fn a_host_lists_its_brokers_itself() {
    let own = json!({
        "hosts": [{ "host": "mq1", "address": "192.168.2.201", "brokers": [
            { "name": "orders" },
            { "name": "orders", "id": 1, "port": 12000, "store": "/data/orders-s" },
        ]}],
        "nameservers": ["mq1"],
        "masters": ["mq1"],
        "slaves": [],
    });
    let expected = [
        "orders mq1 10911 master /var/lib/rocketmq/orders/store",
        "orders-s mq1 12000 slave /data/orders-s",
    ];
    assert_eq!(brokers(&topology(own.clone())), expected);
    let (brokers, _) = Broker::all(&topology(own));
    assert_eq!(
        problems::warnings(&brokers),
        ["orders-s is on mq1 like its master: both are lost with that host"]
    );
}

#[test]
fn names_are_those_of_the_seed() {
    let topology = topology(json!({}));
    let (brokers, _) = Broker::all(&topology);
    let names = serde_json::to_value(topology.names(&brokers)).unwrap();
    let line = |entry: &Json| {
        format!(
            "{} {}",
            entry["address"].as_str().unwrap(),
            entry["name"].as_str().unwrap()
        )
    };
    let lines: Vec<_> = names.as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "192.168.2.201 rocketmq-nameserver1",
            "192.168.2.202 rocketmq-nameserver2",
            "192.168.2.201 rocketmq-master1",
            "192.168.2.203 rocketmq-master1-slave",
            "192.168.2.202 rocketmq-master2",
            "192.168.2.204 rocketmq-master2-slave",
        ]
    );
    assert_eq!(
        topology.namesrv_addr(),
        "rocketmq-nameserver1:9876;rocketmq-nameserver2:9876"
    );
}

#[test]
fn names_of_a_second_cluster_begin_with_something_else() {
    let topology = topology(json!({ "name_prefix": "billing", "nameserver_port": 9877 }));
    let (brokers, _) = Broker::all(&topology);
    let names = topology.names(&brokers).to_string();
    assert!(names.contains("billing-master2-slave"), "{names}");
    assert!(!names.contains("rocketmq-"), "{names}");
    assert_eq!(
        topology.namesrv_addr(),
        "billing-nameserver1:9877;billing-nameserver2:9877"
    );
}

#[test]
fn a_rolling_restart_takes_the_slaves_of_a_name_before_its_master() {
    let topology = topology(json!({}));
    let (brokers, _) = Broker::all(&topology);
    let order: Vec<_> = rolling(&brokers).iter().map(|one| one.instance()).collect();
    assert_eq!(order, ["broker-a-s", "broker-a", "broker-b-s", "broker-b"]);
}

#[test]
fn ports_are_those_of_the_version() {
    for (version, expected) in [
        ("3.2.6", vec![10911, 10912]),
        ("4.9.7", vec![10911, 10912, 10909]),
        ("5.3.3", vec![10911, 10912, 10909]),
    ] {
        let (brokers, _) = Broker::all(&topology(json!({ "version": version })));
        assert_eq!(brokers[0].ports, expected, "{version}");
    }
}

#[test]
fn what_is_wrong_is_told_all_at_once() {
    let host = |entry: Json| json!({ "hosts": [entry], "nameservers": ["mq1"], "masters": ["mq1"], "slaves": [] });
    let with =
        |brokers: Json| host(json!({ "host": "mq1", "address": "10.0.0.1", "brokers": brokers }));
    for (changes, expected) in [
        (
            json!({ "nameservers": [], "masters": [], "slaves": [] }),
            vec![
                "no host is in the group nameservers",
                "no host is in the group masters",
            ],
        ),
        (
            json!({ "replication": "sync", "slaves": ["mq3"] }),
            vec![
                "broker-b has no slave, so with rocketmq_replication: sync every message would be \
                 answered with SLAVE_NOT_AVAILABLE",
            ],
        ),
        (
            with(json!([{ "name": "a" }, { "name": "a", "port": 12000 }])),
            vec![
                "a has the number 0 twice: on mq1 and mq1",
                "a and a on mq1 have one store: /var/lib/rocketmq/a/store and /var/lib/rocketmq/a/store",
            ],
        ),
        (
            with(json!([{ "name": "a" }, { "name": "b", "id": 1 }])),
            vec!["b has no master, but a slave on mq1"],
        ),
        (
            with(json!([{ "name": "a" }, { "name": "b", "port": 10912 }])),
            vec!["port 10912 of 10.0.0.1 is taken by a and b"],
        ),
        (
            with(json!([{ "name": "a", "port": 9875 }])),
            vec!["port 9876 of 10.0.0.1 is taken by a nameserver and a"],
        ),
        (
            with(
                json!([{ "name": "a", "store": "/data/a" }, { "name": "b", "store": "/data/a/b/" }]),
            ),
            vec!["a and b on mq1 have one store: /data/a and /data/a/b/"],
        ),
        (
            with(json!([{ "name": "a", "store": "/data" }])),
            vec!["the store of a is \"/data\": a system folder; use a folder of its own below it"],
        ),
        (
            with(json!([{ "name": "a.b" }])),
            vec!["a broker's name is \"a.b\": use letters, digits, _ and -"],
        ),
        (
            json!({
                "home": "/usr/local/rocketmq/data",
                "releases": ["/usr/local/rocketmq-3.2.6", "/usr/local/rocketmq"],
                "masters": ["mq1"], "slaves": [],
            }),
            vec![
                "rocketmq_home is /usr/local/rocketmq/data, inside the release /usr/local/rocketmq: an \
                 upgrade would leave it behind; set rocketmq_link and rocketmq_prefix to other \
                 folders, or move it",
            ],
        ),
        (
            json!({ "hosts": [
                { "host": "mq1", "address": "127.0.0.1" },
                { "host": "mq2", "address": "192.168.2.202" },
            ], "slaves": [] }),
            vec!["others cannot reach mq1 at 127.0.0.1: set rocketmq_address"],
        ),
        (
            json!({ "masters": ["mq1"], "slaves": ["mq1"], "hosts": [
                { "host": "mq1", "address": "192.168.2.201", "port": 12000 },
            ], "nameservers": ["mq1"] }),
            vec!["mq1 has several brokers: set rocketmq_listen_port for each in rocketmq_brokers"],
        ),
        (
            json!({ "masters": ["mq9"], "slaves": [] }),
            vec![
                "mq9 is in a group, but not among the hosts",
                "no host is in the group masters",
            ],
        ),
    ] {
        assert_eq!(problems(changes), expected);
    }
}

#[test]
fn hosts_that_are_known_by_name_are_left_to_name_service() {
    let mixed = topology(json!({
        "hosts": [
            { "host": "mq1", "address": "192.168.2.201" },
            { "host": "mq2", "address": "mq2.example.org" },
        ],
        "slaves": [],
    }));
    assert_eq!(
        mixed.namesrv_addr(),
        "rocketmq-nameserver1:9876;mq2.example.org:9876"
    );
    let (brokers, _) = Broker::all(&mixed);
    let names = serde_json::to_value(mixed.names(&brokers)).unwrap();
    assert_eq!(
        names,
        json!([
            { "address": "192.168.2.201", "name": "rocketmq-nameserver1" },
            { "address": "192.168.2.201", "name": "rocketmq-master1" },
        ])
    );
    assert_eq!(
        serde_json::to_value(mixed.machines()).unwrap(),
        json!([{ "host": "mq1", "address": "192.168.2.201" }])
    );
}

#[test]
fn misspelt_variables_are_told() {
    let known = json!(["rocketmq_replication", "rocketmq_broker_heap"]);
    let given = |variables: Json| problems(json!({ "variables": variables, "known": known }));
    assert_eq!(given(known.clone()), Vec::<String>::new());
    assert_eq!(
        given(json!(["rocketmq_replicatoin", "rocketmq_x"])),
        [
            "unknown variable rocketmq_replicatoin: did you mean \"rocketmq_replication\"?",
            "unknown variable rocketmq_x: see roles/rocketmq/defaults/main.yml for all variables",
        ]
    );
}

#[test]
fn versions_and_folders_that_cannot_be_are_told() {
    for (changes, expected) in [
        (
            json!({ "version": "latest" }),
            vec!["\"latest\" is not a version of RocketMQ (expected one such as 4.9.7)"],
        ),
        (
            json!({ "version": "4.9" }),
            vec!["\"4.9\" is not a version of RocketMQ (expected one such as 4.9.7)"],
        ),
        (
            json!({ "home": "/var/lib", "masters": ["mq1"], "slaves": [] }),
            vec![
                "rocketmq_home is \"/var/lib\": a system folder; use a folder of its own below it",
            ],
        ),
    ] {
        assert_eq!(problems(changes), expected);
    }
}

#[test]
fn settings_of_a_broker_win_over_those_of_all() {
    let topology = topology(json!({
        "hosts": [{ "host": "mq1", "address": "192.168.2.201", "brokers": [
            { "name": "a", "settings": { "fileReservedTime": "24" } },
        ]}],
        "masters": ["mq1"], "nameservers": ["mq1"], "slaves": [],
        "settings": { "fileReservedTime": "120", "mappedFileSizeCommitLog": "67108864" },
    }));
    let (brokers, _) = Broker::all(&topology);
    let settings = brokers[0].settings(&topology).unwrap();
    assert_eq!(
        serde_json::to_value(value::map(settings)).unwrap(),
        json!({ "fileReservedTime": "24", "mapedFileSizeCommitLog": "67108864" })
    );
    let wrong = topology_with_setting("fileReservedTim", "1");
    let (brokers, _) = Broker::all(&wrong);
    assert_eq!(
        brokers[0].settings(&wrong).unwrap_err(),
        [
            "broker-a of mq1: RocketMQ 3.2.6 has no setting fileReservedTim; did you mean \
             \"fileReservedTime\"?"
        ]
    );
}

/// Returns what each broker waits for, or all that is wrong.
fn replicas(changes: Json) -> Result<Vec<Option<String>>, Vec<String>> {
    let found = problems(changes.clone());
    if !found.is_empty() {
        return Err(found);
    }
    let topology = topology(changes);
    let (brokers, _) = Broker::all(&topology);
    let settings = brokers.iter().map(|broker| broker.settings(&topology));
    Ok(settings
        .map(|settings| Some(settings.unwrap().get("inSyncReplicas")?.to_string()))
        .collect())
}

#[test]
fn sync_waits_for_a_slave_in_every_version() {
    let two = || Some("2".to_owned());
    let sync = |version: &str| json!({ "version": version, "replication": "sync" });
    assert_eq!(replicas(sync("5.3.3")), Ok(vec![two(), two(), None, None]));
    assert_eq!(replicas(sync("4.9.7")), Ok(vec![None; 4]));
    assert_eq!(replicas(json!({ "version": "5.3.3" })), Ok(vec![None; 4]));
    let with = |number: &str| {
        let mut changes = sync("5.3.3");
        changes["masters"] = json!(["mq1"]);
        changes["slaves"] = json!(["mq2", "mq3"]);
        changes["settings"] = json!({ "inSyncReplicas": number });
        replicas(changes)
    };
    assert!(with("3").is_ok());
    for number in ["0", "1", "4"] {
        let expected = format!(
            "broker-a: inSyncReplicas is {number}, but with rocketmq_replication: sync it is a \
             number from 2 (the master and one slave) to 3 (all brokers of that name)"
        );
        assert_eq!(with(number), Err(vec![expected]));
    }
}

fn topology_with_setting(name: &str, value: &str) -> TopologyModule {
    topology(json!({ "settings": { name: value } }))
}

#[test]
fn addresses_of_ipv6_are_put_into_brackets() {
    let hosts = |first: &str| {
        json!({
            "version": "4.9.7",
            "hosts": [
                { "host": "mq1", "address": first },
                { "host": "mq2", "address": "2001:db8::2" },
            ],
            "slaves": [],
            "by_name": false,
        })
    };
    let right = topology(hosts("2001:db8::1"));
    assert_eq!(
        right.namesrv_addr(),
        "[2001:db8::1]:9876;[2001:db8::2]:9876"
    );
    let (brokers, _) = Broker::all(&right);
    let short = serde_json::to_value(brokers[0].short()).unwrap();
    assert_eq!(short["address"], json!("[2001:db8::1]:10911"));
    assert_eq!(problems(hosts("2001:db8::1")), Vec::<String>::new());
    for (address, version, expected) in [
        (
            "[2001:db8::1]",
            "4.9.7",
            "the address of mq1 is [2001:db8::1]: write it without brackets and port",
        ),
        (
            "192.168.2.201:9876",
            "4.9.7",
            "the address of mq1 is 192.168.2.201:9876: write it without brackets and port",
        ),
        (
            "2001:db8::1",
            "3.2.6",
            "the address of mq1 is 2001:db8::1, but RocketMQ 3.2.6 does not support IPv6",
        ),
    ] {
        let mut changes = hosts(address);
        changes["version"] = version.into();
        assert!(
            problems(changes).contains(&expected.to_owned()),
            "{address}"
        );
    }
}
