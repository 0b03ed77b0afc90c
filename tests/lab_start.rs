//! A cold start on lab hosts: programs of one kind start side by side.

use crate::lab_cluster::{Cluster, HOSTS};
use crate::lab_hosts::{Lab, wanted};

/// Keeps the program of host 1 with this word in its arguments from going on until host 2 has started
/// the one with the other word. Ends with the lab at the latest.
fn first_waits_for_second(lab: &Lab, first: &str, second: &str) {
    let in_host = |host: &str, script: &str| {
        lab.try_run(&["enter", host, "sh", "-c", script]);
    };
    // The pattern does not match the shell that holds it.
    let awaited = |word: &str| {
        let pattern = format!("[/]conf/{word}.properties");
        format!("until pid=$(pgrep -f 'java.*{pattern}'); do sleep 0.1; done")
    };
    in_host("1", &format!("{}; kill -STOP $pid", awaited(first)));
    in_host("2", &awaited(second));
    in_host("1", &format!("{}; kill -CONT $pid", awaited(first)));
}

#[test]
fn programs_of_one_kind_start_side_by_side() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("side-by-side", HOSTS, "debian");
    let inventory = lab.inventory().display().to_string();
    // One after the other, the first would never become ready.
    let cluster = Cluster::of(lab, HOSTS, "4.9.7", &["-i", &inventory]);
    std::thread::scope(|scope| {
        scope.spawn(|| first_waits_for_second(&cluster.lab, "namesrv", "namesrv"));
        scope.spawn(|| first_waits_for_second(&cluster.lab, "broker-a", "broker-b"));
        cluster.ends("deploy", &[], 0);
    });
    cluster.ends("status", &[], 0);
    cluster.obeys_the_laws("stop", &[]);
    cluster.obeys_the_laws("start", &[]);
}
