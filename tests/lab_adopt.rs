//! A cluster that was set up by hand is taken over with all that it holds, wherever the run is killed.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root, wanted};
use crate::producer::{client, number, receive};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const LAB: &str = "adopted";
const HOSTS: usize = 2;
const GROUP: &str = "shipping";

/// How many messages are sent, and how many of them are read before the cluster is taken over.
const SENT: u32 = 1000;
const READ: usize = 400;

/// What `adopt` is killed after: a broker that was started by hand has ended and nothing runs in its
/// place, its store has moved.
const KILLED_AFTER: [&str; 2] = [
    "broker-a that was started by hand ends",
    "store of broker-a",
];

/// Returns hosts on which a cluster was set up by hand, with messages some of which were read.
fn by_hand(lab: Lab) -> (Cluster, BTreeSet<u32>) {
    let inventory = lab.inventory().display().to_string();
    let further = [
        "-i",
        &inventory,
        "-e",
        "rocketmq_mapped_file_size_consume_queue=300000",
    ];
    let cluster = Cluster::of(lab, HOSTS, "3.2.6", &further);
    let archive = root().join("build/rocketmq/alibaba-rocketmq-3.2.6.tar.gz");
    let archive = format!("rocketmq_archive={}", archive.display());
    let playbook = "tests/lab.d/by-hand.yml";
    let output = cluster
        .lab
        .rmqplay(&["run", playbook, "-i", &inventory, "-e", &archive]);
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{text}");
    // What is sent before both brokers are known fails, and is not told as sent.
    let mut sent = BTreeSet::new();
    while let Some(missing) = (1..=SENT).find(|number| !sent.contains(number)) {
        let range = [missing.to_string(), SENT.to_string()];
        let told = client(&cluster.lab, "3.2.6", "send", [&range[0], &range[1]]);
        sent.extend(told.lines().filter_map(number));
    }
    (cluster, sent)
}

/// Returns how many messages the group has not acknowledged on each master.
fn behind(cluster: &Cluster) -> Vec<String> {
    let inventory = cluster.lab.inventory().display().to_string();
    let ask = |host: usize| {
        let host = 200 + host;
        let (name, address) = (
            format!("centos{host}"),
            format!("address=192.168.2.{host}:10911"),
        );
        let words = [
            "exec",
            "-i",
            &inventory,
            &name,
            "-m",
            "rocketmq_backlog",
            "-a",
            &address,
        ];
        let output = cluster.lab.rmqplay(&[words.as_slice(), &["-vv"]].concat());
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let groups = told.lines().find_map(|line| line.split("groups: ").nth(1));
        groups.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    (1..=HOSTS).map(ask).collect()
}

/// Starts `adopt` and kills it as soon as it tells that this task begins, which only Ansible's lines
/// tell.
fn killed_after(cluster: &Cluster, task: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(["run", "playbooks/adopt.yml", "--compat"])
        .args(&cluster.options);
    command
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut run = command.spawn().unwrap();
    let mut told = BufReader::new(run.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut seen = String::new();
    let is_told = told.any(|line| {
        seen.push_str(&line);
        seen.push('\n');
        line.starts_with("TASK") && line.contains(task)
    });
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(is_told, "adopt never told of {task}: {seen}");
}

#[test]
fn what_was_set_up_by_hand_is_taken_over_wherever_the_run_is_killed() {
    if wanted() {
        Lab::up(LAB, HOSTS, "debian").test("lab_adopt::controller_");
    }
}

#[test]
fn controller_takes_over() {
    let Some(lab) = Lab::of_controller(LAB) else {
        return;
    };
    let (cluster, sent) = by_hand(lab);
    let before = receive(&cluster.lab, "3.2.6", READ, GROUP);
    let unread = behind(&cluster);

    // Nothing moves below what runs, and what it is is told.
    let written = cluster.lab.written(HOSTS);
    for playbook in ["deploy", "stop", "status", "preflight"] {
        let (text, _) = cluster.ends(playbook, &[], 2);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "broker broker-b (process ",
            "RocketMQ 3.2.6, in /usr/local/alibaba-rocketmq, store",
            "playbooks/adopt.yml takes",
        ] {
            assert!(
                words.contains(part),
                "{playbook} does not tell {part}: {text}"
            );
        }
    }
    for (variables, because) in [
        (
            "rocketmq_cluster=another",
            "brokerClusterName is rocketmq-cluster there, another in the inventory",
        ),
        (
            r#"{"rocketmq_file_reserved_time": 72}"#,
            "fileReservedTime is 120 there, 72 in the inventory",
        ),
        (
            "rocketmq_mapped_file_size_commit_log=1073741824",
            "mapedFileSizeCommitLog is 67108864 there",
        ),
    ] {
        let (text, _) = cluster.ends("adopt", &["-e", variables], 2);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(because), "{variables}: {text}");
    }
    let (text, _) = cluster.ends("adopt", &["--check"], 0);
    assert!(
        text.contains("its store moves from /usr/local/alibaba-rocketmq/store"),
        "{text}"
    );
    let without_rocketmq_s = |listing: String| -> Vec<String> {
        let lines = listing.lines().filter(|line| {
            let own = ["/usr/local/alibaba-rocketmq/", "/tmp", "/var/tmp"];
            !own.iter().any(|folder| line.starts_with(folder))
        });
        lines.map(str::to_owned).collect()
    };
    assert_eq!(
        without_rocketmq_s(written),
        without_rocketmq_s(cluster.lab.written(HOSTS))
    );

    for task in KILLED_AFTER {
        killed_after(&cluster, task);
        let (text, _) = cluster.ends("deploy", &[], 2);
        assert!(text.contains("adopt.yml"), "killed after {task}: {text}");
    }
    cluster.ends("adopt", &[], 0);
    let (text, told) = cluster.ends("adopt", &[], 0);
    assert!(
        !told.iter().any(|(_, _, status, _)| status == "changed"),
        "{text}"
    );
    cluster.ends("status", &[], 0);
    let (text, told) = cluster.ends("deploy", &[], 0);
    assert!(
        !told.iter().any(|(_, _, status, _)| status == "changed"),
        "{text}"
    );

    // The group goes on where it was: what it had acknowledged is not read again, and nothing is lost.
    assert_eq!(unread, behind(&cluster));
    let mut all: BTreeSet<_> = before.iter().copied().collect();
    let mut after = 0;
    // What was read without being acknowledged comes again, and counts. Each round acknowledges what it
    // read, so it is the round that reads nothing that shows a loss.
    while !sent.is_subset(&all) {
        let read = receive(&cluster.lab, "3.2.6", sent.difference(&all).count(), GROUP);
        if read.is_empty() {
            break;
        }
        after += read.len();
        all.extend(read);
    }
    let lost: Vec<_> = sent.difference(&all).collect();
    eprintln!(
        "{} sent, {} read before, {after} after",
        sent.len(),
        before.len()
    );
    assert!(lost.is_empty(), "lost: {lost:?}");
}
