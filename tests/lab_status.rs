//! A cluster whose programs are killed, whose disk fills and whose host is cut off says so; and
//! another cluster on the same hosts is left alone, as are Java programs that are not RocketMQ.

use crate::lab_cluster::{Cluster, Told};
use crate::lab_hosts::{Lab, wanted};
use serde_json::{Value as Json, json};

/// Another cluster on the same hosts.
const BILLING: [&str; 4] = [
    "-e",
    "rocketmq_cluster=billing rocketmq_home=/var/lib/billing rocketmq_store=/data/billing \
     rocketmq_name_prefix=billing rocketmq_link=/usr/local/billing",
    "-e",
    "rocketmq_nameserver_port=9877 rocketmq_listen_port=10931",
];

/// Carries a playbook out and returns what a person sees, blanks and line breaks as one blank.
pub(crate) fn plays(
    cluster: &Cluster,
    playbook: &str,
    further: &[&str],
    code: i32,
) -> (String, Told) {
    let (text, told) = cluster.ends(playbook, further, code);
    (text.split_whitespace().collect::<Vec<_>>().join(" "), told)
}

fn status_names(cluster: &Cluster, code: i32, named: &[&str]) {
    let (text, _) = plays(cluster, "status", &[], code);
    for name in named {
        assert!(text.contains(name), "{name}: {text}");
    }
}

/// Runs a line of shell on a host.
pub(crate) fn shell(cluster: &Cluster, host: &str, line: &str) -> String {
    cluster.lab.run(&["enter", host, "sh", "-c", line])
}

/// Ends the program that has this file among its arguments, without letting it know.
pub(crate) fn kill(cluster: &Cluster, host: &str, file: &str) {
    let line = format!(
        "for pid in $(pgrep java); do tr '\\0' ' ' </proc/$pid/cmdline | grep -q {file} && \
         kill -KILL $pid; done; true"
    );
    shell(cluster, host, &line);
}

#[test]
fn what_is_wrong_is_told_and_others_are_left_alone() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("status", 2, "debian");
    let inventory = lab.inventory().display().to_string();
    let options = ["-i", &inventory, "-e", "rocketmq_store=/data/store"];
    let cluster = Cluster::of(lab, 2, "4.9.7", &options);
    cluster.lab.run(&["foreign", "1"]);
    let disk = "mkdir /data && mount -t tmpfs -o size=400m,mode=755 tmpfs /data";
    shell(&cluster, "2", disk);
    hosts_are_looked_at(&cluster);
    what_can_be_is_put_right(&cluster);
    plays(&cluster, "deploy", &[], 0);
    another_cluster_is_left_alone(&cluster);
    programs_are_told(&cluster);
    logs_are_shown(&cluster);

    kill(&cluster, "1", "broker-a.properties");
    kill(&cluster, "2", "namesrv.properties");
    let named = [
        "nameserver 192.168.2.202:9876: cannot communicate with 192.168.2.202:9876: connection refused",
        "broker-a (master 0) at 192.168.2.201:10911: cannot communicate with 192.168.2.201:10911",
    ];
    status_names(&cluster, 2, &named);
    plays(&cluster, "start", &[], 0);
    status_names(&cluster, 0, &[]);

    let free = "$(df -Pm /data | awk 'NR == 2 { print $4 - 16 }')";
    shell(
        &cluster,
        "2",
        &format!("dd if=/dev/zero of=/data/fill bs=1M count={free} 2>&1"),
    );
    let full = "% full, it takes no messages";
    status_names(
        &cluster,
        2,
        &["broker-b (master 0) at 192.168.2.202:10911: the disk", full],
    );
    let (text, _) = plays(&cluster, "preflight", &[], 2);
    assert!(
        text.contains("disk FAIL centos202: for messages in /data/store"),
        "{text}"
    );
    shell(&cluster, "2", "rm /data/fill");

    cluster
        .lab
        .run(&["ctl", "ip", "link", "set", "host2", "down"]);
    let named = [
        "nameserver 192.168.2.202:9876: cannot communicate",
        "broker-b (master 0) at 192.168.2.202:10911: cannot communicate",
    ];
    status_names(&cluster, 4, &named);
    cluster
        .lab
        .run(&["ctl", "ip", "link", "set", "host2", "up"]);
    // A nameserver that was cut off forgets brokers once more when their old connections end.
    let settles = (0..3).any(|_| {
        plays(&cluster, "start", &[], 0);
        cluster.play("status", &[]).0 == 0
    });
    assert!(settles);
    a_broker_that_does_not_end_says_what_to_do(&cluster);
    a_broker_that_does_not_start_says_why(&cluster);
}

/// One that is stopped by a signal takes no other.
fn a_broker_that_does_not_end_says_what_to_do(cluster: &Cluster) {
    let signal = |signal: &str| {
        let line = format!(
            "kill -{signal} $(grep -lz broker-[a].properties /proc/[0-9]*/cmdline | cut -d/ -f3)"
        );
        shell(cluster, "1", &line);
    };
    signal("STOP");
    let (text, _) = plays(cluster, "stop", &["-e", "rocketmq_stop_timeout=2"], 2);
    for told in ["to exit after TERM", "kill -QUIT ", "raise stop_timeout"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    signal("CONT");
    plays(cluster, "stop", &[], 0);
    plays(cluster, "start", &[], 0);
}

/// It ends without a word; what it says is in a log. Before, it would not have been restarted.
fn a_broker_that_does_not_start_says_why(cluster: &Cluster) {
    let other = ["-e", "rocketmq_mapped_file_size_commit_log=33554432"];
    let (text, told) = plays(cluster, "deploy", &other, 2);
    assert!(text.contains("broker-a would not load"), "{text}");
    assert!(told.iter().all(|(_, _, status, _)| status != "changed"));
    kill(cluster, "2", "broker-b.properties");
    shell(cluster, "2", "truncate -s 1000 /data/store/commitlog/0*0");
    let (text, _) = plays(cluster, "preflight", &[], 2);
    let found = "broker-b has files of 1000 bytes, but mappedFileSizeCommitLog is 67108864";
    assert!(text.contains(found), "{text}");
    let (text, told) = plays(cluster, "start", &[], 2);
    assert!(
        text.contains("broker-b would not load 1 of its files"),
        "{text}"
    );
    assert!(told.iter().all(|(_, _, status, _)| status != "changed"));

    // What nobody looks for beforehand.
    shell(
        cluster,
        "2",
        "truncate -s 67108864 /data/store/commitlog/0*0",
    );
    shell(cluster, "2", "echo odd >/data/store/commitlog/odd");
    let hasty = ["-e", "rocketmq_ready_timeout=1 rocketmq_start_timeout=60"];
    let (code, text, _) = cluster.play("start", &hasty);
    assert_eq!(code, 2, "{text}");
    // The last lines of a log stand on lines of their own.
    let of_log = |line: &str| {
        line.trim_start()
            .starts_with("==> /var/lib/rocketmq/broker-b/")
    };
    assert!(text.lines().any(of_log), "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let advice = text.find("rocketmq_mapped_file_size_commit_log");
    let found = text.find("store.log: ");
    assert!(advice.is_some() && advice < found, "{text}");
    let found = "4 length not matched message store config value";
    assert!(text.contains(found), "{text}");
}

/// Parameters of the kernel that a lab host has for itself are those of its network, and this machine
/// may not let anybody raise how many files can be opened at the most.
fn what_can_be_is_put_right(cluster: &Cluster) {
    for host in ["1", "2"] {
        let low = "rocketmq - nofile 1000";
        let file = "/etc/security/limits.d/50-low.conf";
        let line = format!("useradd --system rocketmq && echo {low} >{file}");
        shell(cluster, host, &line);
    }
    let wanted =
        r#"{"rocketmq_sysctl": {"net.ipv4.tcp_fin_timeout": 33}, "rocketmq_open_files": 5000}"#;
    let before = ["-e", wanted];
    let (text, _) = plays(cluster, "preflight", &before, 0);
    for wrong in [
        "sysctl WARN",
        "limits WARN",
        "-e fix=true puts limits and sysctl right",
    ] {
        assert!(text.contains(wrong), "{wrong}: {text}");
    }
    cluster.obeys_the_laws("preflight", &["-e", wanted, "-e", "fix=true"]);
    let (text, _) = plays(cluster, "preflight", &before, 0);
    for right in ["sysctl ok", "limits ok"] {
        assert!(text.contains(right), "{right}: {text}");
    }
    let value = shell(cluster, "1", "cat /proc/sys/net/ipv4/tcp_fin_timeout");
    assert_eq!(value.trim(), "33");
    let limit = "su -s /bin/sh rocketmq -c 'ulimit -n'";
    assert_eq!(shell(cluster, "2", limit).trim(), "5000");
}

/// Before anything is there.
fn hosts_are_looked_at(cluster: &Cluster) {
    let (code, text, _) = cluster.play("preflight", &["--check"]);
    assert_eq!(code, 0, "{text}");
    let table = text
        .lines()
        .filter(|line| line.contains(" ok ") || line.contains(" WARN "));
    for line in table {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let route = |action: &str| {
        shell(
            cluster,
            "1",
            &format!("ip route {action} unreachable 192.168.2.202/32"),
        );
    };
    route("add");
    let (text, _) = plays(cluster, "preflight", &[], 2);
    route("del");
    let reach = "reach FAIL centos201: 192.168.2.202:9876: no way leads there";
    assert!(text.contains(reach), "{text}");
}

fn another_cluster_is_left_alone(cluster: &Cluster) {
    let name = ["-e", "rocketmq_cluster=billing"];
    let (text, told) = plays(cluster, "deploy", &name, 2);
    assert!(
        text.contains("these folders belong to another cluster"),
        "{text}"
    );
    assert!(
        told.iter().all(|(_, _, status, _)| status != "changed"),
        "{text}"
    );
    let same_ports = [BILLING[0], BILLING[1]];
    let (text, _) = plays(cluster, "preflight", &same_ports, 2);
    for problem in [
        "ports FAIL centos201: 10911, 10912, 10909 of broker-a: taken by java (process",
        "ports FAIL centos202: 9876 of nameserver: taken by java (process",
    ] {
        assert!(text.contains(problem), "{problem}: {text}");
    }
    plays(cluster, "deploy", &BILLING, 0);
    let ours = || {
        let programs = (1..=2).flat_map(|host| cluster.programs(host));
        let programs = programs.filter(|line| line.contains("/var/lib/rocketmq/"));
        let files = (1..=2).map(|host| {
            shell(
                cluster,
                &host.to_string(),
                "ls -R /data/store/*log /data/store/*queue",
            )
        });
        (programs.collect::<Vec<_>>(), files.collect::<Vec<_>>())
    };
    let before = ours();
    assert_eq!(before.0.len(), 4, "{before:?}");
    plays(cluster, "stop", &BILLING, 0);
    let confirmed = [&BILLING[..], &["--confirm-wipe", "billing"]].concat();
    let (_, told) = plays(cluster, "wipe", &confirmed, 0);
    assert!(told.iter().any(|(_, _, status, _)| status == "changed"));
    assert_eq!(ours(), before);
    status_names(cluster, 0, &[]);
    let alive = cluster.lab.try_run(&["foreign-alive", "1"]);
    assert!(alive.status.success(), "the foreign process is gone");
}

fn logs_are_shown(cluster: &Cluster) {
    let options = ["-e", "lines=3", "-e", "grep='boot success'"];
    let (_, text, _) = cluster.play("logs", &options);
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.contains(" | "));
    let lines: Vec<_> = lines.collect();
    for (line, begins, contains) in [
        (
            0,
            "centos201 nameserver | 2",
            "The Name Server boot success",
        ),
        (
            1,
            "centos201 broker-a | 2",
            "192.168.2.201:10911] boot success",
        ),
        (
            3,
            "centos202 broker-b | 2",
            "192.168.2.202:10911] boot success",
        ),
    ] {
        let found = lines.get(line).copied().unwrap_or_default();
        assert!(
            found.starts_with(begins) && found.contains(contains),
            "{text}"
        );
    }
}

/// Returns what programs read of `--output json`.
pub(crate) fn status(cluster: &Cluster) -> Json {
    let options = cluster.options.iter().map(String::as_str);
    let words = ["run", "playbooks/status.yml", "--output", "json"];
    let output = cluster
        .lab
        .rmqplay(&words.into_iter().chain(options).collect::<Vec<_>>());
    let text = String::from_utf8(output.stdout).unwrap();
    let events = text
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let states = events.filter(|event| event["task"] == "rocketmq : the cluster");
    let states: Vec<_> = states
        .map(|event| event["result"]["ansible_facts"]["rocketmq_status"].clone())
        .collect();
    let [state] = states.as_slice() else {
        panic!("{text}");
    };
    state.clone()
}

fn programs_are_told(cluster: &Cluster) {
    let state = status(cluster);
    assert_eq!(state["healthy"], json!(true), "{state}");
    assert_eq!(state["nameservers"].as_array().unwrap().len(), 2);
    let broker = &state["brokers"][1];
    for (name, expected) in [
        ("instance", json!("broker-b")),
        ("role", json!("master")),
        ("host", json!("centos202")),
        ("ports", json!([10911, 10912, 10909])),
        ("version", json!("4.9.7")),
        ("drift", json!([])),
        ("writable", json!(true)),
        ("why", json!([])),
        ("problems", json!([])),
    ] {
        assert_eq!(broker[name], expected, "{name} of {broker}");
    }
    assert!(broker["up_since"].as_u64().is_some(), "{broker}");
}
