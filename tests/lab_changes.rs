//! A running cluster on lab hosts that is changed: upgraded and back, larger and smaller again.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root, wanted};
use crate::producer::{client, loses_nothing};

const TOPICS: &str = r#"{"rocketmq_topics": [{"name": "orders", "read_queues": 4, "write_queues": 4}],
    "rocketmq_subscription_groups": [{"name": "shipping"}]}"#;

/// Returns a running cluster of 4.9.7 that has the topic.
fn running(name: &'static str, hosts: usize) -> Cluster {
    let lab = Lab::up(name, hosts, "debian");
    let inventory = lab.inventory().display().to_string();
    let cluster = Cluster::of(lab, hosts, "4.9.7", &["-i", &inventory]);
    does(&cluster, "deploy", &[]);
    does(&cluster, "topics", &["-e", TOPICS]);
    cluster
}

fn does(cluster: &Cluster, playbook: &str, further: &[&str]) -> String {
    cluster.ends(playbook, further, 0).0
}

/// Returns all programs of a host with their process ids.
fn programs(cluster: &Cluster, hosts: usize) -> Vec<String> {
    (1..=hosts)
        .map(|host| cluster.lab.run(&["processes", &host.to_string()]))
        .collect()
}

#[test]
fn a_cluster_is_upgraded_and_goes_back_without_losing_a_message() {
    if !wanted() {
        return;
    }
    let cluster = running("upgraded", 2);
    let archive = root().join("build/rocketmq/rocketmq-all-5.3.3-bin-release.zip");
    let newer = format!(
        "rocketmq_version=5.3.3 rocketmq_archive={}",
        archive.display()
    );
    loses_nothing(&cluster.lab, "4.9.7", || {
        does(&cluster, "upgrade", &["-e", &newer]);
        let told = does(&cluster, "status", &["-e", &newer]);
        let newer_run = |line: &&str| line.contains("192.168.2.") && line.contains(" 5.3.3");
        assert_eq!(told.lines().filter(newer_run).count(), 4, "{told}");
        // What is there already is left alone.
        let before = programs(&cluster, 2);
        let told = does(&cluster, "upgrade", &["-e", &newer]);
        assert!(told.contains(" 0 tasks changed "), "{told}");
        // What would restart it with the older release without sending producers away.
        let (code, told, _) = cluster.play("deploy", &[]);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains("rocketmq-cluster runs with 5.3.3"), "{told}");
        assert!(told.contains(" 0 tasks changed "), "{told}");
        assert_eq!(before, programs(&cluster, 2));
        does(&cluster, "rollback", &[]);
    });
    does(&cluster, "status", &[]);
    let (code, told, _) = cluster.play("rollback", &["-e", "rocketmq_version=4.9.6"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("(4.9.7, 5.3.3)"), "{told}");
}

#[test]
fn a_cluster_grows_and_shrinks_without_touching_what_runs() {
    if !wanted() {
        return;
    }
    let cluster = running("scaled", 3);
    let more = root().join("build/lab/scaled/more.yml");
    std::fs::write(&more, "masters:\n  hosts:\n    centos203:\n").unwrap();
    let more = more.display().to_string();
    let before = programs(&cluster, 2);
    // Where there never was a group, 3.2.6 has no such file.
    let file = "/var/lib/rocketmq/broker-a/store/config/subscriptionGroup.json";
    cluster.lab.run(&["enter", "1", "rm", file]);
    cluster.obeys_the_laws("scale_out", &["-i", &more]);
    assert_eq!(before, programs(&cluster, 2));

    // The new master knows the topic.
    let told = client(&cluster.lab, "4.9.7", "send", ["1", "300"]);
    assert_eq!(told.lines().count(), 300, "{told}");
    let topic = "grep -q orders /var/lib/rocketmq/broker-c/store/config/topics.json";
    cluster.lab.run(&["enter", "3", "sh", "-c", topic]);

    for (leaving, told) in [
        ("", "say which of"),
        ("broker-a", "broker-b of centos202 would be called broker-a"),
    ] {
        let leaving = format!("rocketmq_leaving={leaving}");
        let (code, text, _) = cluster.play("scale_in", &["-i", &more, "-e", &leaving]);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(told), "{text}");
    }
    let leaving = ["-i", &more, "-e", "rocketmq_leaving=broker-c"];
    does(&cluster, "scale_in", &leaving);
    assert_eq!(before, programs(&cluster, 2));
    assert!(!programs(&cluster, 3)[2].contains("java"));
    does(&cluster, "status", &[]);
}
