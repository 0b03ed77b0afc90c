//! Inventories of many hosts: what a host costs while it waits for others.

use std::process::{Command, Output};

/// Reads the status of rmqplay's own process, once all hosts have come to the last task.
const PLAYBOOK: &str = "\
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - debug: {msg: \"{{ inventory_hostname }}\"}
    - debug: {msg: \"{{ group_names }}\"}
    - debug: {msg: \"{{ inventory_hostname }}\"}
    - debug: {msg: \"{{ lookup('file', '/proc/self/status') }}\"}
      run_once: true
";

/// Runs tasks on so many hosts.
fn run(hosts: usize) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let inventory = format!("[web]\nh[1:{hosts}]\n[web:vars]\na=1\n");
    std::fs::write(folder.path().join("hosts.ini"), inventory).unwrap();
    std::fs::write(folder.path().join("play.yml"), PLAYBOOK).unwrap();
    Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "-i", "hosts.ini", "--forks", "4", "play.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// Returns a number of the status that a run printed.
fn number(output: &Output, name: &str) -> usize {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .split(name)
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let number = line.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{name} is missing: {output:?}"))
}

#[test]
fn a_waiting_host_costs_no_thread_and_little_memory() {
    let (few, many) = (run(200), run(1200));
    for output in [&few, &many] {
        assert!(output.status.success(), "{output:?}");
        assert!(number(output, "Threads:") <= 4 + 4, "{output:?}");
    }
    let kilobytes = number(&many, "VmHWM:").saturating_sub(number(&few, "VmHWM:"));
    assert!(kilobytes < 24 * 1000, "{kilobytes} kB for 1000 hosts");
}
