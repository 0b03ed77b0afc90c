//! What stands in each broker's file, worked out from the shipped inventories without any host.

use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Command, Output};

fn work_out(inventory: &str, further: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "playbooks/topology.yml", "-f", "1", "-i", inventory])
        .args(further)
        .current_dir(crate::lab_hosts::root())
        .output()
        .unwrap()
}

/// Returns the settings of all brokers, each below its name and host.
fn properties(inventory: &str, further: &[&str]) -> String {
    let output = work_out(inventory, &[further, &["--output", "json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let events = text.lines().map(serde_json::from_str::<Json>);
    // Hosts come in any order.
    let mut brokers = BTreeSet::new();
    for event in events.map(Result::unwrap) {
        let here = &event["result"]["ansible_facts"]["rocketmq_topology"]["here"];
        for broker in here.as_array().into_iter().flatten() {
            let mut shown = String::new();
            let plain = |value: &Json| value.to_string().trim_matches('"').to_owned();
            let (instance, host) = (plain(&broker["instance"]), plain(&broker["host"]));
            writeln!(shown, "# {instance} of {host}").unwrap();
            for (name, value) in broker["configuration"].as_object().unwrap() {
                writeln!(shown, "{name}={}", plain(value)).unwrap();
            }
            brokers.insert(shown);
        }
    }
    brokers.into_iter().collect()
}

#[test]
fn properties_follow_from_the_topology() {
    for (name, inventory, version) in [
        ("prod", "inventory/prod.yml", "3.2.6"),
        ("2m_2s_async", "inventory/2m-2s-async.yml", "4.9.7"),
        ("2m_2s_sync", "inventory/2m-2s-sync.yml", "5.3.3"),
    ] {
        let version = format!("rocketmq_version={version}");
        insta::assert_snapshot!(name, properties(inventory, &["-e", &version]));
    }
}

#[test]
fn what_a_broker_would_take_without_a_word_is_refused() {
    for (setting, told) in [
        (
            "rocketmq_disk_max_used_space_ratio=96",
            "diskMaxUsedSpaceRatio is 96, but RocketMQ keeps to 10 to 95 percent",
        ),
        (
            "rocketmq_disk_max_used_space_ratio=9",
            "diskMaxUsedSpaceRatio is 9, but RocketMQ keeps to 10 to 95 percent",
        ),
        (
            r#"{"rocketmq_delete_when": "04;4"}"#,
            "deleteWhen has \"4\": hours are 00 to 23",
        ),
        (
            r#"{"rocketmq_delete_when": "24"}"#,
            "deleteWhen has \"24\": hours are 00 to 23",
        ),
        (
            "rocketmq_file_reserved_time=0",
            "fileReservedTime is less than an hour",
        ),
        (
            r#"{"rocketmq_max_message_size": 600, "rocketmq_mapped_file_size_commit_log": 1000}"#,
            "maxMessageSize is more than half a file of the commit log (1000 bytes)",
        ),
        (
            r#"{"rocketmq_broker_settings": {"fileReservedTim": 1}}"#,
            "RocketMQ 3.2.6 has no setting fileReservedTim; did you mean \"fileReservedTime\"?",
        ),
        (
            r#"{"rocketmq_broker_settings": {"brokerRole": "SLAVE"}}"#,
            "brokerRole is decided by rocketmq_replication",
        ),
    ] {
        let output = work_out("inventory/prod.yml", &["-e", setting]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{setting}: {text}");
        assert!(text.contains(told), "{setting}: {text}");
        assert!(
            text.contains("roles/rocketmq/tasks/topology.rhai:"),
            "{text}"
        );
    }
    let output = work_out(
        "inventory/prod.yml",
        &["-e", r#"{"rocketmq_delete_when": "04;23"}"#],
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_variable_of_another_type_is_refused_where_it_is_set() {
    for (setting, told) in [
        (
            "rocketmq_manage_user=nein",
            "\"rocketmq_manage_user\" must be a boolean, not nein",
        ),
        (
            "rocketmq_nameserver_port=98x6",
            "\"rocketmq_nameserver_port\" must be a whole number, not 98x6",
        ),
        (
            "rocketmq_replication=synchron",
            "\"rocketmq_replication\" must be one of async, sync, not synchron",
        ),
        (
            r#"{"rocketmq_broker_heap": ["4g"]}"#,
            "\"rocketmq_broker_heap\" must be text",
        ),
        (
            r#"{"rocketmq_broker_settings": "fileReservedTime=72"}"#,
            "\"rocketmq_broker_settings\" must be a mapping",
        ),
        (
            r#"{"rocketmq_brokers": [{"port": 10911}]}"#,
            "the role needs the variable \"rocketmq_brokers.name\"",
        ),
        (
            r#"{"rocketmq_brokers": [{"name": "orders", "id": "first"}]}"#,
            "\"rocketmq_brokers.id\" must be a whole number, not first",
        ),
        (
            r#"{"rocketmq_topics": [{"name": "orders", "order": "ja"}]}"#,
            "\"rocketmq_topics.order\" must be a boolean, not ja",
        ),
    ] {
        let output = work_out("inventory/prod.yml", &["-e", setting]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{setting}: {text}");
        assert!(text.contains(told), "{setting}: {text}");
        let is_shown = setting.starts_with('{') || text.contains("set here");
        assert!(is_shown, "{setting}: {text}");
    }
}

#[test]
fn every_variable_of_the_role_has_a_type() {
    let read = |path: &str| {
        let text = std::fs::read_to_string(crate::lab_hosts::root().join(path)).unwrap();
        serde_yaml::from_str::<Json>(&text).unwrap()
    };
    let defaults = read("roles/rocketmq/defaults/main.yml");
    let specs = read("roles/rocketmq/meta/argument_specs.yml");
    let options = specs["argument_specs"]["topology"]["options"].as_object();
    let typed: BTreeSet<_> = options.unwrap().keys().collect();
    for name in defaults.as_object().unwrap().keys() {
        assert!(typed.contains(name), "{name} has no type");
    }
}

#[test]
fn every_shipped_playbook_is_without_mistakes_with_every_inventory() {
    let files = |folder: &str| {
        let entries = std::fs::read_dir(crate::lab_hosts::root().join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let shipped = paths.filter(|path| !path.to_string_lossy().contains("/lab"));
        shipped
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
    };
    for inventory in files("inventory") {
        let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
            .args(["check", "-i", &inventory])
            .args(files("playbooks"))
            .current_dir(crate::lab_hosts::root())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{inventory}: {text}");
    }
}
