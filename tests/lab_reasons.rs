//! Why something is wrong with a cluster of genuine RocketMQ: what stands beside what is wrong.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, wanted};
use crate::lab_status::{kill, plays, shell, status};
use serde_json::{Value as Json, json};

/// Listens on a port, as another program would that was there before.
const TAKEN: &str = r#"class Taken {
    public static void main(String[] words) throws Exception {
        new java.net.ServerSocket(Integer.parseInt(words[0]));
        System.out.println("it is taken");
        Thread.sleep(Long.MAX_VALUE);
    }
}"#;

/// Options of runs that must not take long to fail.
const HASTY: [&str; 2] = ["-e", "rocketmq_ready_timeout=1 rocketmq_start_timeout=60"];

fn why<'a>(state: &'a Json, kind: &str, index: usize) -> Vec<&'a str> {
    let lines = state[kind][index]["why"].as_array().unwrap();
    lines.iter().map(|line| line.as_str().unwrap()).collect()
}

#[test]
fn an_operator_is_told_why() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("reasons", 2, "debian");
    let inventory = lab.inventory().display().to_string();
    let cluster = Cluster::of(lab, 2, "4.9.7", &["-i", &inventory]);
    plays(&cluster, "deploy", &[], 0);
    producers_come_back(&cluster);
    ports_are_taken(&cluster);
    there_is_not_so_much_memory(&cluster);

    plays(&cluster, "stop", &[], 0);
    let state = status(&cluster);
    let stopped = ["it was asked to stop, and shut down cleanly"];
    for index in [0, 1] {
        assert_eq!(why(&state, "nameservers", index), stopped, "{state}");
        assert_eq!(why(&state, "brokers", index), stopped, "{state}");
    }
}

/// Takes the right to be written to from a master, or gives it back, at one nameserver alone.
fn write_permission(cluster: &Cluster, wanted: &str) {
    let arguments = format!(
        "{{nameservers: ['192.168.2.202:9876'], cluster: rocketmq-cluster, broker: broker-a, \
         state: {wanted}}}"
    );
    let inventory = cluster.lab.inventory().display().to_string();
    let module = "rocketmq_write_permission";
    let words = [
        "exec",
        "centos201",
        "-i",
        &inventory,
        "-m",
        module,
        "-a",
        &arguments,
    ];
    let output = cluster.lab.rmqplay(&words);
    assert!(output.status.success(), "{output:?}");
}

fn producers_come_back(cluster: &Cluster) {
    write_permission(cluster, "absent");
    let (text, _) = plays(cluster, "status", &[], 2);
    let found = "broker-a (master 0) at 192.168.2.201:10911: producers are not sent to it, since \
                 its write permission was revoked at 192.168.2.202:9876: \
                 playbooks/rolling_restart.yml or rocketmq_write_permission restores it";
    assert!(text.contains(found), "{text}");
    let state = status(cluster);
    let writable = [
        &state["brokers"][0]["writable"],
        &state["brokers"][1]["writable"],
    ];
    assert_eq!(writable, [&json!(false), &json!(true)]);
    write_permission(cluster, "present");
    plays(cluster, "status", &[], 0);
}

/// Lets something else have a port of host 2, and returns its process id.
fn take(cluster: &Cluster, port: u16) -> String {
    let line = format!(
        "mkdir /tmp/{port} && cd /tmp/{port} && mkfifo told && echo '{TAKEN}' >Taken.java && \
         {{ setsid java Taken.java {port} >told 2>/dev/null </dev/null & }} && \
         read line <told && echo $!"
    );
    shell(cluster, "2", &line).trim().to_owned()
}

/// Something else has the port at which a broker's slaves ask, and then a nameserver's.
fn ports_are_taken(cluster: &Cluster) {
    kill(cluster, "2", "namesrv.properties");
    kill(cluster, "2", "broker-b.properties");
    let state = status(cluster);
    for kind in ["nameservers", "brokers"] {
        let found = why(&state, kind, 1);
        assert!(found[0].contains("as if it was killed"), "{found:?}");
        assert!(found.len() <= 3, "{found:?}");
    }

    let advice = "one of its ports is used by another program";
    let of_slaves = take(cluster, 10912);
    let (text, _) = plays(cluster, "start", &HASTY, 2);
    let found = format!("a broker of this host did not start: {advice}");
    assert!(text.contains(&found), "{text}");
    kill(cluster, "2", "namesrv.properties");
    let of_nameserver = take(cluster, 9876);
    let (text, _) = plays(cluster, "start", &HASTY, 2);
    let found = format!("the nameserver of this host did not start: {advice}");
    assert!(text.contains(&found), "{text}");

    let state = status(cluster);
    for (kind, log) in [("nameservers", "namesrv"), ("brokers", "broker")] {
        let found = why(&state, kind, 1);
        assert!(found[0].starts_with(advice), "{found:?}");
        let said = format!("{log}.out: java.net.BindException: Address already in use");
        assert_eq!(found[1..], [said]);
    }
    shell(cluster, "2", &format!("kill {of_slaves} {of_nameserver}"));
    plays(cluster, "start", &[], 0);
    plays(cluster, "status", &[], 0);
}

fn there_is_not_so_much_memory(cluster: &Cluster) {
    let further = [&HASTY[..], &["-e", "rocketmq_broker_heap=900g"]].concat();
    let (text, _) = plays(cluster, "start", &further, 2);
    let found = "rocketmq_broker_heap is 900g, but the host has ";
    assert!(text.contains(found), "{text}");
    plays(cluster, "start", &[], 0);
}
