//! What would take a cluster away, or something that is not the cluster's, is refused before anything
//! is changed.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root, wanted};

const STORE: &str = "/var/lib/rocketmq/broker-a/store";

/// Runs a playbook that must be refused because of this, without a change.
fn refuses(cluster: &Cluster, playbook: &str, further: &[&str], because: &str) {
    let (text, told) = cluster.ends(playbook, further, 2);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(because), "{playbook} {further:?}: {text}");
    let changed: Vec<_> = told
        .iter()
        .filter(|(_, _, status, _)| status == "changed")
        .collect();
    assert!(
        changed.is_empty(),
        "{playbook} {further:?} changed {changed:?}"
    );
}

fn in_host(cluster: &Cluster, script: &str) -> String {
    cluster.lab.run(&["enter", "1", "sh", "-c", script])
}

#[test]
fn what_is_somebody_elses_stays_and_what_cannot_work_stops_nothing() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("refusals", 1, "debian");
    let inventory = lab.inventory().display().to_string();
    // The user that guides have everything run as.
    let cluster = Cluster::of(
        lab,
        1,
        "4.9.7",
        &["-i", &inventory, "-e", "rocketmq_user=root"],
    );
    let newer = root().join("build/rocketmq/rocketmq-all-5.3.3-bin-release.zip");

    in_host(
        &cluster,
        &format!("mkdir -p {STORE}; echo x > {STORE}/notes.txt"),
    );
    let because = "is not empty and does not carry the name of rocketmq-cluster";
    refuses(&cluster, "deploy", &[], because);
    in_host(
        &cluster,
        "rm -r /var/lib/rocketmq; cd /usr/local; mkdir alibaba-rocketmq; ln -s alibaba-rocketmq rocketmq",
    );
    refuses(
        &cluster,
        "deploy",
        &[],
        "is a link to alibaba-rocketmq, which rmqplay did not create",
    );
    in_host(
        &cluster,
        "cd /usr/local; rm rocketmq; mv alibaba-rocketmq rocketmq",
    );
    refuses(
        &cluster,
        "deploy",
        &[],
        "/usr/local/rocketmq is not a link, which rmqplay did not create",
    );
    in_host(&cluster, "rmdir /usr/local/rocketmq");
    let wrong = format!("rocketmq_archive={}", newer.display());
    refuses(
        &cluster,
        "deploy",
        &["-e", &wrong],
        "is RocketMQ 5.3.3 (lib/rocketmq-broker-5.3.3.jar)",
    );

    let accounts = in_host(&cluster, "cat /etc/passwd /etc/group");
    cluster.ends("deploy", &[], 0);
    assert_eq!(accounts, in_host(&cluster, "cat /etc/passwd /etc/group"));
    let before = cluster.programs(1);
    assert_eq!(before.len(), 2, "{before:?}");

    for (variables, because) in [
        (
            "rocketmq_broker_heap=512",
            "rocketmq_broker_heap is 512, but a broker needs 128m or more",
        ),
        (
            "rocketmq_broker_heap=512m rocketmq_broker_young=2g",
            "rocketmq_broker_young is 2g",
        ),
        (
            "rocketmq_broker_heap=900g",
            "rocketmq_broker_heap is 900g, but the host has",
        ),
        (
            r#"{"rocketmq_java_options": ["-XX:+UseTypoGC"]}"#,
            "Unrecognized VM option",
        ),
        (
            r#"{"rocketmq_java_options": ["-javaagent:/opt/typo.jar"]}"#,
            "/opt/typo.jar does not exist",
        ),
        (
            "rocketmq_java=/opt/typo/java",
            "was not found or cannot be executed",
        ),
        ("rocketmq_user=guest", "belong to root, not to guest"),
    ] {
        refuses(&cluster, "deploy", &["-e", variables], because);
        refuses(&cluster, "deploy", &["--check", "-e", variables], because);
    }
    // As an upgrade leaves it: the inventory still names the older release.
    in_host(
        &cluster,
        "cd /usr/local; mkdir -p rocketmq-5.3.3/lib; ln -sfn /usr/local/rocketmq-5.3.3 rocketmq",
    );
    refuses(
        &cluster,
        "start",
        &[],
        "uses rocketmq-5.3.3 (/usr/local/rocketmq), but rocketmq_version is 4.9.7",
    );
    refuses(&cluster, "restart", &[], "uses rocketmq-5.3.3");
    in_host(
        &cluster,
        "ln -sfn /usr/local/rocketmq-4.9.7 /usr/local/rocketmq",
    );
    assert_eq!(before, cluster.programs(1), "a program was touched");

    cluster.ends("stop", &[], 0);
    in_host(
        &cluster,
        &format!(
            "cd {STORE}; mkdir backup; echo x | tee backup/db.dump config.bak config/mine commitlog/mine"
        ),
    );
    cluster.ends("wipe", &["--confirm-wipe", "rocketmq-cluster"], 0);
    let left = in_host(&cluster, &format!("cd {STORE}; find . | sort"));
    let expected = [
        ".",
        "./.cluster",
        "./backup",
        "./backup/db.dump",
        "./commitlog",
        "./commitlog/mine",
        "./config",
        "./config.bak",
        "./config/mine",
        "./consumequeue",
        "./index",
    ];
    assert_eq!(left.lines().collect::<Vec<_>>(), expected);
}
