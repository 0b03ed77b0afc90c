//! The shipped topologies on four lab hosts, from nothing to a cluster whose messages come back, and
//! two brokers on one host.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root, wanted};
use crate::producer::loses_nothing;

const BROKERS: [&str; 4] = [
    "192.168.2.201:10911",
    "192.168.2.202:10911",
    "192.168.2.203:10911",
    "192.168.2.204:10911",
];

/// Deploys, looks with RocketMQ's own tool, and stops; with every law kept.
fn lives(cluster: &Cluster, hosts: usize, nameservers: usize, brokers: &[&str]) {
    serves(cluster, nameservers, brokers);
    ends(cluster, hosts);
}

fn serves(cluster: &Cluster, nameservers: usize, brokers: &[&str]) {
    cluster.obeys_the_laws("deploy", &[]);
    for list in cluster.brokers_of_every_nameserver(nameservers) {
        for broker in brokers {
            assert!(list.contains(broker), "{broker} is missing in: {list}");
        }
        let listed = list
            .lines()
            .filter(|line| line.contains("rocketmq-cluster"));
        assert_eq!(listed.count(), brokers.len(), "{list}");
    }
}

fn ends(cluster: &Cluster, hosts: usize) {
    cluster.obeys_the_laws("stop", &[]);
    for host in 1..=hosts {
        assert_eq!(cluster.programs(host), Vec::<String>::new());
    }
}

/// Returns a cluster of the shipped inventory of that name, on the hosts of a lab.
fn shipped(name: &'static str, version: &'static str) -> Cluster {
    let lab = Lab::up(name, 4, "debian");
    let folder = root().join("build/lab").join(name);
    let reach = format!(
        "ansible_ssh_private_key_file={0}/key rmqplay_known_hosts={0}/known_hosts",
        folder.display()
    );
    let inventory = root().join(format!("inventory/{name}.yml"));
    let inventory = inventory.display().to_string();
    Cluster::of(lab, 4, version, &["-i", &inventory, "-e", &reach])
}

#[test]
fn two_masters_with_slaves_that_are_written_after_the_answer() {
    if wanted() {
        let cluster = shipped("2m-2s-async", "3.2.6");
        lives(&cluster, 4, 4, &BROKERS);
        cluster.obeys_the_laws("start", &[]);
        cluster.ends("stop", &[], 0);
        cluster.obeys_the_laws("wipe", &["--confirm-wipe", "rocketmq-cluster"]);
    }
}

#[test]
fn two_masters_with_slaves_that_are_written_before_the_answer() {
    if wanted() {
        lives(&shipped("2m-2s-sync", "4.9.7"), 4, 4, &BROKERS);
    }
}

#[test]
fn two_brokers_on_each_of_two_hosts() {
    if wanted() {
        let brokers = [
            "192.168.2.201:10911",
            "192.168.2.202:10911",
            "192.168.2.201:10921",
            "192.168.2.202:10921",
        ];
        let mut cluster = crossed("crossed", "5.3.3");
        let unset =
            "rocketmq_nameserver_heap= rocketmq_broker_heap= rocketmq_broker_direct_memory=";
        cluster.options.extend(["-e".to_owned(), unset.to_owned()]);
        serves(&cluster, 2, &brokers);
        are_started_as_the_host_allows(&cluster);
        ends(&cluster, 2);
    }
}

/// Where no heaps are given, they follow from this machine's memory, which every host of the lab has;
/// and what collects garbage writes its log beside the other logs.
fn are_started_as_the_host_allows(cluster: &Cluster) {
    let programs = cluster.programs(1);
    assert_eq!(programs.len(), 3, "{programs:#?}");
    let size = |program: &str, option: &str| {
        let mut words = program.split_whitespace();
        let size = words.find_map(|word| word.strip_prefix(option));
        let size = size.unwrap_or_else(|| panic!("no {option} in {program}"));
        let (number, unit) = size.split_at(size.len() - 1);
        number.parse::<u64>().unwrap() << if unit == "g" { 10 } else { 0 }
    };
    let mut all = 0;
    for program in &programs {
        let heap = size(program, "-Xms");
        assert_eq!(heap, size(program, "-Xmx"), "{program}");
        all += heap;
        if program.contains("BrokerStartup") {
            let direct = size(program, "-XX:MaxDirectMemorySize=");
            assert_eq!(direct, (heap / 2).max(64), "{program}");
            all += direct;
        }
        assert!(program.contains(" -XX:+UseG1GC "), "{program}");
        let mut words = program.split_whitespace();
        let log = words.find_map(|word| word.strip_prefix("-Xlog:gc*:file=")?.split(':').next());
        let written = cluster.lab.run(&["enter", "1", "cat", log.unwrap()]);
        assert!(written.contains("Using G1"), "{written}");
    }
    let known = std::fs::read_to_string("/proc/meminfo").unwrap();
    let total = known.split_whitespace().nth(1).unwrap();
    let total = total.parse::<u64>().unwrap() >> 10;
    assert!(all <= total * 6 / 10, "{all} of {total} MiB");
    assert!(all >= total / 4, "{all} of {total} MiB");
}

/// Returns a cluster on two hosts, each of which has a master and the slave of the other one's.
fn crossed(name: &'static str, version: &'static str) -> Cluster {
    let lab = Lab::up(name, 2, "debian");
    let slaves = root().join("build/lab").join(name).join("slaves.yml");
    let text = "slaves:\n  hosts:\n    centos202:\n    centos201:\n";
    std::fs::write(&slaves, text).unwrap();
    let (hosts, slaves) = (
        lab.inventory().display().to_string(),
        slaves.display().to_string(),
    );
    let further = [
        "-i",
        &hosts,
        "-i",
        &slaves,
        "-e",
        "rocketmq_replication=sync",
    ];
    Cluster::of(lab, 2, version, &further)
}

const TOPICS: &str = r#"{"rocketmq_topics": [{"name": "orders", "read_queues": 4, "write_queues": 4}],
    "rocketmq_subscription_groups": [{"name": "shipping", "retry_max_times": 5}]}"#;

/// Topics are kept, the state is told, a broker that was killed is named and started again; and
/// while everything is restarted, one after the other, no message is lost that was acknowledged.
#[test]
fn a_cluster_is_operated() {
    if !wanted() {
        return;
    }
    let cluster = crossed("operated", "4.9.7");
    let plays = |playbook: &str, code: i32| {
        let (found, text, _) = cluster.play(playbook, &[]);
        assert_eq!(found, code, "{playbook}: {text}");
        text
    };
    plays("deploy", 0);
    cluster.obeys_the_laws("topics", &["-e", TOPICS]);
    assert!(plays("status", 0).contains("broker-a"));
    let kill = "for pid in $(pgrep java); do tr '\\0' ' ' </proc/$pid/cmdline | \
                grep -q broker-b-s.properties && kill -KILL $pid; done; true";
    cluster.lab.run(&["enter", "1", "sh", "-c", kill]);
    let told = plays("status", 2);
    let named =
        "broker-b (slave 1) at 192.168.2.201:10921: cannot communicate with 192.168.2.201:10921";
    assert!(told.contains(named), "{told}");
    plays("start", 0);
    plays("status", 0);

    loses_nothing(&cluster.lab, "4.9.7", || {
        plays("rolling_restart", 0);
    });
    plays("status", 0);
}
