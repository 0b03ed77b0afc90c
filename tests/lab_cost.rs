//! What tasks that change nothing cost on a real host.

use crate::lab_hosts::{Lab, wanted};
use std::fmt::Write;

/// One hundred tasks on files of the host that are as they should be already: half edit a line,
/// the others ask for a directory, a file, a copy or a stat.
fn playbook() -> String {
    let mut text = "- hosts: centos201\n  gather_facts: false\n  tasks:\n".to_owned();
    for number in 1..=50 {
        let _ = writeln!(
            text,
            "    - lineinfile: {{path: /tmp/cost.conf, regexp: '^key{number} *=', line: 'key{number} = value'}}"
        );
        let other = match number % 4 {
            0 => "file: {path: /tmp/cost, state: directory, mode: '0755'}",
            1 => "stat: {path: /tmp/cost.conf, get_checksum: false}",
            2 => "copy: {dest: /tmp/cost/copy, content: text, mode: '0644'}",
            _ => "file: {path: /tmp/cost/link, src: /tmp/cost.conf, state: link}",
        };
        let _ = writeln!(text, "    - {other}");
    }
    text
}

/// Returns the numbers of the lines that `-vvv` shows for each task.
fn costs(text: &str) -> Vec<(u64, u64)> {
    let number = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let lines = text
        .lines()
        .filter(|line| line.trim_start().starts_with("cost: "));
    lines
        .filter_map(|line| Some((number(line, "round trips=")?, number(line, "forks=")?)))
        .collect()
}

#[test]
fn tasks_without_change_cost_half_a_round_trip_and_one_fork_at_most() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("cost", 1, "debian");
    let file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    std::fs::write(file.path(), playbook()).unwrap();
    let (path, inventory) = (
        file.path().display().to_string(),
        lab.inventory().display().to_string(),
    );
    let arguments = ["run", &path, "-i", &inventory, "-vvv"];
    let prepare = (1..=50)
        .map(|number| format!("key{number} = value\n"))
        .collect::<String>();
    let prepare = format!("mkdir /tmp/cost; printf '{prepare}' > /tmp/cost.conf");
    lab.run(&["enter", "1", "sh", "-c", &prepare]);
    let first = lab.rmqplay(&arguments);
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stdout)
    );
    let second = lab.rmqplay(&arguments);
    let text = String::from_utf8_lossy(&second.stdout);
    let nothing_changed = text.contains("ok=100") && !text.contains("changed=");
    assert!(nothing_changed, "{text}");
    let costs = costs(&text);
    assert_eq!(costs.len(), 100, "{text}");
    // The first task also connects and starts the shell. The questions of several tasks travel in one
    // request, which is that of the first of them.
    let (round_trips, forks) = costs.iter().skip(1).fold((0, 0), |(trips, forks), cost| {
        (trips + cost.0, forks + cost.1)
    });
    assert!(
        round_trips <= 50 && forks <= 100,
        "{round_trips} round trips, {forks} forks"
    );
}
