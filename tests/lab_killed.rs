//! A run that is killed leaves nothing half done, and the next one finishes.

use crate::lab_cluster::{Cluster, HOSTS};
use crate::lab_hosts::{Lab, wanted};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Every so many tasks told, the run is killed; a run that ends by itself ends the test.
const STRIDE: usize = 3;

/// Starts a deployment, kills it after so many tasks were told, and returns whether it was still
/// running.
fn kill_after(cluster: &Cluster, tasks: usize) -> bool {
    let mut child = start(cluster);
    let stdout = child.stdout.take().unwrap();
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let told = lines
        .filter(|line| line.contains("\"event\":\"task\""))
        .take(tasks)
        .count();
    // The controller's name space has process ids of its own: the name is unique there.
    let _ = cluster.lab.try_run(&[
        "ctl",
        "pkill",
        "-KILL",
        "-f",
        "rmqplay run playbooks/deploy.yml",
    ]);
    let _ = child.wait();
    told == tasks
}

fn start(cluster: &Cluster) -> Child {
    let mut command = Command::new(crate::lab_hosts::root().join("tests/lab"));
    let binary = env!("CARGO_BIN_EXE_rmqplay");
    command.args([
        "--name",
        cluster.lab.name(),
        "ctl",
        binary,
        "run",
        "playbooks/deploy.yml",
    ]);
    command.args(["--output", "json"]).args(&cluster.options);
    command.current_dir(crate::lab_hosts::root());
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_deployment_leaves_no_half_written_file_and_a_rerun_finishes() {
    if !wanted() {
        return;
    }
    let cluster = Cluster::new(Lab::up("killed", HOSTS, "debian"), &[]);
    let mut tasks = 1;
    while kill_after(&cluster, tasks) {
        let written = cluster.lab.written(HOSTS);
        let partial = written.lines().find(|line| line.contains(".rmqplay"));
        assert_eq!(partial, None, "after {tasks} tasks");
        tasks += STRIDE;
    }
    let (code, text, _) = cluster.play("deploy", &[]);
    assert_eq!(code, 0, "{text}");
    let (code, text, told) = cluster.play("deploy", &[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        told.iter().all(|(_, _, status, _)| status != "changed"),
        "{text}"
    );
}
