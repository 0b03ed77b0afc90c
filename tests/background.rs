//! Tasks that are left running in the background, on this machine.

use std::path::Path;
use std::process::Command;

/// Runs a playbook of `tests/background`, with a home directory of its own, and returns what it
/// printed.
fn run(playbook: &str, more: &[&str], folder: &Path) -> (bool, String) {
    let home = folder.join("home");
    std::fs::create_dir_all(&home).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", playbook, "-e"])
        .arg(format!("folder={0} home={0}/home", folder.display()))
        .args(more)
        .current_dir("tests/background")
        .env("HOME", &home)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.success(), text)
}

#[test]
fn a_job_outlives_its_task_and_says_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (succeeded, text) = run("site.yml", &[], folder.path());
    assert!(succeeded, "{text}");
    let sleeping = Command::new("pgrep").args(["-f", "^sleep 4711$"]).output();
    assert!(sleeping.unwrap().stdout.is_empty(), "left over: {text}");
}

#[test]
fn check_mode_starts_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let (succeeded, text) = run("check.yml", &["--check"], folder.path());
    assert!(succeeded, "{text}");
    assert!(text.contains("ok=2 changed=2 unknown=1"), "{text}");
    let made = std::fs::read_dir(folder.path().join("home")).unwrap();
    assert_eq!(made.count(), 0, "{text}");
}
