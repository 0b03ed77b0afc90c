//! What `rocketmq_replication: sync` promises, on a release that counts who has a message: nothing is
//! acknowledged that no slave has.

use crate::lab_cluster::{Cluster, HOSTS};
use crate::lab_hosts::{Lab, root, wanted};
use crate::producer::client;

const TOPICS: &str =
    r#"{"rocketmq_topics": [{"name": "orders", "read_queues": 4, "write_queues": 4}]}"#;

/// Sends a signal to the slave of each host.
fn signal_slaves(lab: &Lab, signal: &str) {
    for (host, slave) in [("1", "broker-b-s"), ("2", "broker-a-s")] {
        let script = format!("pkill -{signal} -f 'java.*[/]conf/{slave}.properties'");
        lab.run(&["enter", host, "sh", "-c", &script]);
    }
}

#[test]
fn what_no_slave_has_is_not_acknowledged() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("sync", HOSTS, "debian");
    let slaves = root().join("build/lab/sync/slaves.yml");
    let text = "slaves:\n  hosts:\n    centos202:\n    centos201:\n";
    std::fs::write(&slaves, text).unwrap();
    let (hosts, slaves) = (
        lab.inventory().display().to_string(),
        slaves.display().to_string(),
    );
    let sync = "rocketmq_replication=sync";
    let options = ["-i", &hosts, "-i", &slaves, "-e", sync, "-e", TOPICS];
    let cluster = Cluster::of(lab, HOSTS, "5.3.3", &options);
    cluster.ends("deploy", &[], 0);
    cluster.ends("topics", &[], 0);

    signal_slaves(&cluster.lab, "STOP");
    let told = client(&cluster.lab, "4.9.7", "send", ["1", "3"]);
    assert!(!told.contains("SEND_OK"), "{told}");
    signal_slaves(&cluster.lab, "CONT");
    cluster.ends("start", &[], 0);
    let told = client(&cluster.lab, "4.9.7", "send", ["11", "20"]);
    assert_eq!(told.matches("SEND_OK").count(), 10, "{told}");
}
