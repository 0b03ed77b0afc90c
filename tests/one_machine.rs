//! Several hosts of a run that act on one machine: none takes another's work for that of a stranger.

use std::path::Path;
use std::process::{Command, Stdio};

/// Many hosts that are all this machine.
const HOSTS: usize = 20;

/// Tasks that all hosts carry out on one path each; how many of them change it; what is there then.
const TASKS: &[(&str, Changes)] = &[
    (
        "lineinfile: {path: D/lines, line: \"{{ inventory_hostname }}\", create: true}",
        Changes::Each,
    ),
    (
        "lineinfile: {path: D/same, line: one, create: true}",
        Changes::One,
    ),
    (
        "blockinfile: {path: D/blocks, block: x, create: true, marker: \"# {mark} {{ inventory_hostname }}\"}",
        Changes::Each,
    ),
    (
        "replace: {path: D/lines, regexp: \"^{{ inventory_hostname }}$\", replace: \"{{ inventory_hostname }}!\"}",
        Changes::Each,
    ),
    (
        "file: {path: D/folder/below, state: directory}",
        Changes::One,
    ),
    (
        "file: {path: D/folder/link, src: ../lines, state: link}",
        Changes::One,
    ),
    ("copy: {dest: D/copied, content: same}", Changes::One),
    (
        "copy: {dest: D/copied_again, src: D/copied, remote_src: true}",
        Changes::One,
    ),
    ("template: {src: page.j2, dest: D/page}", Changes::One),
    ("file: {path: D/lines, mode: \"0640\"}", Changes::One),
    ("file: {path: D/folder, state: absent}", Changes::One),
    ("command: touch D/made", Changes::Each),
];

#[derive(Clone, Copy)]
enum Changes {
    One,
    Each,
}

/// Runs the tasks and returns how many hosts changed something with each; fails if one failed.
fn run(
    folder: &Path,
    options: &[&str],
    strategy: &str,
    keyword: &str,
    tasks: &[(&str, Changes)],
) -> Vec<usize> {
    let directory = folder.join("D").display().to_string();
    let mut playbook =
        format!("- hosts: all\n  gather_facts: false\n  strategy: {strategy}\n  tasks:\n");
    for (number, (task, _)) in tasks.iter().enumerate() {
        let task = task.replace("D/", &format!("{directory}/"));
        playbook += &format!("    - {task}\n      name: task-{number}\n{keyword}");
    }
    std::fs::write(folder.join("site.yml"), playbook).unwrap();
    std::fs::write(folder.join("page.j2"), "page\n").unwrap();
    std::fs::write(
        folder.join("hosts"),
        format!("h[1:{HOSTS}] ansible_connection=local\n"),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "site.yml", "-i", "hosts", "--output", "json"])
        .args(options)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let changed = |number: usize| {
        let name = format!("\"task-{number}\"");
        let lines = told.lines().filter(|line| line.contains(&name));
        lines
            .filter(|line| line.contains("\"status\":\"changed\""))
            .count()
    };
    (0..tasks.len()).map(changed).collect()
}

fn expected() -> Vec<usize> {
    let number = |changes: &Changes| match changes {
        Changes::One => 1,
        Changes::Each => HOSTS,
    };
    TASKS.iter().map(|(_, changes)| number(changes)).collect()
}

#[test]
fn hosts_that_write_to_one_file_find_what_the_others_wrote() {
    let strategy = "linear";
    for keyword in ["", "      delegate_to: localhost\n"] {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("D");
        std::fs::create_dir(&work).unwrap();
        let check = run(folder.path(), &["--check"], strategy, keyword, TASKS);
        let left = std::fs::read_dir(&work).unwrap().count();
        assert_eq!(left, 0, "check mode wrote something");
        assert_eq!(check, expected(), "--check {strategy} {keyword}");
        let found = run(folder.path(), &[], strategy, keyword, TASKS);
        assert_eq!(found, expected(), "{strategy} {keyword}");
        let lines = std::fs::read_to_string(work.join("lines")).unwrap();
        assert_eq!(lines.lines().count(), HOSTS, "{lines}");
    }
}

#[test]
fn hosts_that_go_on_freely_do_so_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("D")).unwrap();
    let (tasks, keyword) = (&TASKS[..3], "      delegate_to: localhost\n");
    let found = run(folder.path(), &[], "free", keyword, tasks);
    assert_eq!(found, expected()[..tasks.len()]);
}
