//! A cluster on hosts that systemd runs, by a user who becomes root with a password: its programs are
//! services, and come back with their hosts.

use crate::lab_cluster::{Cluster, HOSTS};
use crate::lab_hosts::{Lab, root, wanted};

/// A second cluster on the same hosts.
const OTHER: &str = "rocketmq_cluster=billing rocketmq_home=/var/lib/billing \
    rocketmq_nameserver_port=9976 rocketmq_listen_port=11911";

fn plays(cluster: &Cluster, playbook: &str, further: &[&str], code: i32) -> String {
    cluster.ends(playbook, further, code).0
}

fn enter(cluster: &Cluster, host: usize, command: &str) -> String {
    let host = host.to_string();
    let output = cluster.lab.try_run(&["enter", &host, "sh", "-c", command]);
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the services of a host that run, with the state of each.
fn services(cluster: &Cluster, host: usize, prefix: &str) -> Vec<String> {
    let list = format!("systemctl list-units --plain --no-legend '{prefix}-*.service'");
    let listed = enter(cluster, host, &list);
    let line = |line: &str| {
        line.split_whitespace()
            .take(4)
            .collect::<Vec<_>>()
            .join(" ")
    };
    listed.lines().map(line).collect()
}

fn run(prefix: &str, programs: &[&str]) -> Vec<String> {
    let line = |program: &&str| format!("{prefix}-{program}.service loaded active running");
    programs.iter().map(line).collect()
}

fn main_process(cluster: &Cluster, host: usize, service: &str) -> String {
    enter(
        cluster,
        host,
        &format!("systemctl show -p MainPID {service}"),
    )
}

#[test]
fn a_cluster_lives_as_services() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("life-systemd", HOSTS, "systemd");
    let password = root().join("build/lab/life-systemd/operator_password");
    let password = password.display().to_string();
    let operator = [
        "-e",
        "ansible_user=operator",
        "-b",
        "--become-password-file",
        &password,
    ];
    let cluster = Cluster::new(lab, &operator);
    cluster.whole_life();
    assert_eq!(services(&cluster, 1, "rocketmq"), [""; 0]);
    // One that was started without systemd becomes services one program after the other.
    plays(&cluster, "start", &["-e", "rocketmq_systemd=false"], 0);
    assert_eq!(services(&cluster, 1, "rocketmq"), [""; 0]);
    is_restarted_one_after_the_other(&cluster);
    let ours = run("rocketmq", &["broker-a", "nameserver"]);
    assert_eq!(services(&cluster, 1, "rocketmq"), ours);
    let pid = main_process(&cluster, 1, "rocketmq-broker-a");
    let limits = enter(
        &cluster,
        1,
        &format!("{}; cat /proc/$MainPID/limits", pid.trim()),
    );
    let limits = limits.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(limits.contains("Max processes 65536 65536"), "{limits}");

    comes_back(&cluster);
    has_another_beside_it(&cluster);
    shrinks(&cluster);
}

fn is_restarted_one_after_the_other(cluster: &Cluster) {
    let before: Vec<_> = [1, 2].map(|host| cluster.programs(host)).concat();
    plays(cluster, "rolling_restart", &[], 0);
    for program in [1, 2].map(|host| cluster.programs(host)).concat() {
        assert!(!before.contains(&program), "{program} was not restarted");
    }
    assert_eq!(
        services(cluster, 2, "rocketmq"),
        run("rocketmq", &["broker-b", "nameserver"])
    );
    let told = plays(cluster, "deploy", &[], 0);
    assert!(told.contains(" 0 tasks changed "), "{told}");
}

fn comes_back(cluster: &Cluster) {
    // systemd ends a broker as cleanly as the playbooks do, as where the host is shut down.
    enter(cluster, 1, "systemctl stop rocketmq-broker-a");
    let state = enter(
        cluster,
        1,
        "systemctl is-active rocketmq-broker-a; ls /var/lib/rocketmq/broker-a/store",
    );
    assert!(
        state.starts_with("inactive\n") && !state.contains("abort"),
        "{state}"
    );
    plays(cluster, "start", &[], 0);
    let first = main_process(cluster, 1, "rocketmq-broker-a");
    enter(
        cluster,
        1,
        &format!("{}; kill -KILL $MainPID", first.trim()),
    );
    plays(cluster, "status", &[], 2);
    let other = |now: String| now != first && now != "MainPID=0\n";
    let is_back = (0..2000).any(|_| other(main_process(cluster, 1, "rocketmq-broker-a")));
    assert!(is_back, "{:?}", services(cluster, 1, "rocketmq"));
    cluster.lab.run(&["restart", "1"]);
    // It is waited until all are ready, and nothing is to be done for it.
    let told = plays(cluster, "start", &[], 0);
    assert!(told.contains(" 0 tasks changed "), "{told}");
    plays(cluster, "status", &[], 0);
    assert_eq!(
        services(cluster, 1, "rocketmq"),
        run("rocketmq", &["broker-a", "nameserver"])
    );
}

fn has_another_beside_it(cluster: &Cluster) {
    // With the same names of services it would take the place of the first.
    let before: Vec<_> = [1, 2].map(|host| cluster.programs(host)).concat();
    let told = plays(cluster, "deploy", &["-e", OTHER], 2);
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("the service rocketmq-nameserver runs another program"),
        "{told}"
    );
    assert_eq!(before, [1, 2].map(|host| cluster.programs(host)).concat());

    let other = ["-e", OTHER, "-e", "rocketmq_name_prefix=billing"];
    plays(cluster, "deploy", &other, 0);
    assert_eq!(
        services(cluster, 1, "billing"),
        run("billing", &["broker-a", "nameserver"])
    );
    plays(cluster, "stop", &other, 0);
    assert_eq!(services(cluster, 1, "billing"), [""; 0]);
    for (host, broker) in [(1, "broker-a"), (2, "broker-b")] {
        assert_eq!(
            services(cluster, host, "rocketmq"),
            run("rocketmq", &[broker, "nameserver"])
        );
    }
    plays(cluster, "status", &[], 0);
}

fn shrinks(cluster: &Cluster) {
    plays(cluster, "scale_in", &["-e", "rocketmq_leaving=broker-b"], 0);
    cluster.lab.run(&["restart", "2"]);
    enter(cluster, 2, "systemctl is-system-running --wait");
    let running = services(cluster, 2, "rocketmq");
    assert_eq!(
        running,
        run("rocketmq", &["nameserver"]),
        "what left came back"
    );
}
