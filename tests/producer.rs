//! A genuine client of RocketMQ that sends without a pause: all that it was told is stored must be
//! found in the end.

use crate::lab_hosts::{Lab, root};
use std::collections::BTreeSet;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

const NAMESERVERS: &str = "192.168.2.201:9876;192.168.2.202:9876";

/// The topic that is used; it must be there.
const TOPIC: &str = "orders";

/// Runs a client of that version and returns what it prints.
pub(crate) fn client(lab: &Lab, version: &str, does: &str, further: [&str; 2]) -> String {
    String::from_utf8_lossy(&run(lab, version, does, &further).stdout).into_owned()
}

/// Receives that many different numbers as a member of a group, and returns what came, as often as it
/// came; fewer where they do not come within a minute.
pub(crate) fn receive(lab: &Lab, version: &str, count: usize, group: &str) -> Vec<u32> {
    let output = run(lab, version, "receive", &[&count.to_string(), "60", group]);
    let told = String::from_utf8_lossy(&output.stdout);
    told.lines().filter_map(number).collect()
}

fn run(lab: &Lab, version: &str, does: &str, further: &[&str]) -> Output {
    let program = root().join("tests/rocketmq-client").display().to_string();
    let words = ["ctl", &program, version, does, NAMESERVERS, TOPIC];
    lab.try_run(&[words.as_slice(), further].concat())
}

/// Does something to a cluster while a producer sends, and receives what was acknowledged.
pub(crate) fn loses_nothing(lab: &Lab, version: &str, work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let producer = scope.spawn(|| {
            let mut sent = Vec::new();
            let mut first = 1;
            while !is_over.load(Ordering::Relaxed) {
                let range = [first.to_string(), (first + 999).to_string()];
                let told = client(lab, version, "send", [&range[0], &range[1]]);
                sent.extend(told.lines().filter_map(number));
                first += 1000;
            }
            sent
        });
        // The producer ends also where the work panics.
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        is_over.store(true, Ordering::Relaxed);
        let sent = producer.join().unwrap();
        worked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        sent
    });
    assert!(sent.len() > 1000, "only {} messages were sent", sent.len());
    let sent = BTreeSet::from_iter(sent);
    let (received, complaints) = received(lab, version, &sent);
    let lost: Vec<_> = sent.difference(&received).collect();
    assert!(
        lost.is_empty(),
        "of {} are lost: {lost:?}\n{complaints}",
        sent.len()
    );
}

/// Receives everything from the beginning, until all that was sent has come or the time of two
/// receivers ran out. A message may be stored though its producer was told otherwise: those count
/// for the receiver too, so one that has its number of messages may still lack some that were sent.
fn received(lab: &Lab, version: &str, sent: &BTreeSet<u32>) -> (BTreeSet<u32>, String) {
    let (mut all, mut complaints, mut late) = (BTreeSet::new(), String::new(), 0);
    while late < 2 && !sent.is_subset(&all) {
        let count = all.union(sent).count().to_string();
        let output = run(lab, version, "receive", &[&count, "120"]);
        let told = String::from_utf8_lossy(&output.stdout);
        all.extend(told.lines().filter_map(number));
        if !output.status.success() {
            late += 1;
            complaints.push_str(&String::from_utf8_lossy(&output.stderr));
        }
    }
    (all, complaints)
}

/// Returns the number that a line begins with.
pub(crate) fn number(line: &str) -> Option<u32> {
    line.split(' ').next()?.parse().ok()
}
