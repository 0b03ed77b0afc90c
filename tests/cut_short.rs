//! Tasks that a lost host or a time limit ends: their conditions have nothing to judge.

use std::process::Command;

/// A host that nothing listens on, and this machine.
const INVENTORY: &str = "all: {hosts: {lost: {ansible_host: 127.0.0.1, ansible_port: 9}, here: {ansible_connection: local}}}\n";

/// Runs these tasks on a host, and returns the exit code and what was printed.
fn run(host: &str, tasks: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let play = format!("- hosts: {host}\n  gather_facts: false\n  tasks:\n{tasks}");
    std::fs::write(folder.path().join("play.yml"), play).unwrap();
    std::fs::write(folder.path().join("inventory.yml"), INVENTORY).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "-i", "inventory.yml", "play.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn conditions_do_not_judge_a_host_that_is_lost() {
    for condition in [
        "until: r.rc == 0\n      retries: 2\n      delay: 0",
        "until: r.stdout == 'x'\n      retries: 2\n      delay: 0\n      ignore_errors: true",
        "failed_when: r.rc != 0",
        "failed_when: false",
        "changed_when: r.stdout != ''",
    ] {
        let tasks = format!(
            "    - block:\n        - command: echo x\n          register: r\n          {}\n      \
             rescue:\n        - debug: {{msg: went on}}\n",
            condition.replace("\n      ", "\n          ")
        );
        let (code, text) = run("lost", &tasks);
        assert_eq!(code, Some(4), "{condition}: {text}");
        for unwanted in ["undefined", "went on", "attempts", "RETRYING"] {
            assert!(!text.contains(unwanted), "{condition}: {text}");
        }
    }
}

#[test]
fn conditions_do_not_judge_a_task_that_its_time_limit_ended() {
    for condition in [
        "until: r.rc == 0\n      retries: 2\n      delay: 0",
        "until: true\n      retries: 2",
        "failed_when: r.rc != 0",
        "failed_when: false",
        "changed_when: r.rc != 0",
    ] {
        let tasks = format!(
            "    - command: sleep 60\n      timeout: 1\n      register: r\n      {condition}\n      \
             ignore_errors: true\n    - assert:\n        that:\n          - r is failed\n          \
             - r.timedout.period == 1\n          - \"'timed out' in r.msg\"\n"
        );
        let (code, text) = run("here", &tasks);
        assert_eq!(code, Some(0), "{condition}: {text}");
        assert!(!text.contains("undefined"), "{condition}: {text}");
        assert!(text.contains("timed out"), "{condition}: {text}");
    }
}

/// A limit of the module's own is its failure, which may be waited out.
#[test]
fn a_limit_within_the_module_is_judged() {
    let tasks = "    - wait_for: {path: /nonexistent, timeout: 1}\n      register: r\n      \
                 failed_when: false\n    - assert: {that: [r.timedout is not defined]}\n";
    let (code, text) = run("here", tasks);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn the_failure_of_the_module_is_told_before_that_of_a_condition() {
    for condition in [
        "until: r.stat.size == 1\n      retries: 1\n      delay: 0",
        "failed_when: r.stat.size != 1",
        "changed_when: r.stat.size == 1",
    ] {
        let tasks = format!(
            "    - copy: {{content: x, dest: /nonexistent/folder/x}}\n      register: r\n      {condition}\n"
        );
        let (code, text) = run("here", &tasks);
        assert_eq!(code, Some(2), "{condition}: {text}");
        let place = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{text}"));
        let (keyword, _) = condition.split_once(':').unwrap();
        let failure = place("/nonexistent/folder");
        let note = place(&format!("`{keyword}` could not be evaluated then: "));
        assert!(failure < note, "{condition}: {text}");
    }
}
