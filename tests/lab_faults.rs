//! Interruptions, time limits and hosts that fail, as a user sees them.

use crate::lab_hosts::{Lab, wanted};
use crate::terminal::Terminal;
use std::process::{Command, Output};

const LAB: &str = "faults";
const INVENTORY: &str = "inventory/lab-faults.yml";

#[test]
fn faults_on_hosts_are_told_and_the_others_go_on() {
    if wanted() {
        let lab = Lab::up(LAB, 2, "debian");
        lab.test("lab_faults::controller_");
        lab.test("lab_secrets::controller_");
    }
}

/// Returns the lab of this file where this process runs on its controller.
pub(crate) fn controller() -> Option<Lab> {
    Lab::of_controller(LAB)
}

/// A playbook in a file of its own.
pub(crate) struct Playbook(tempfile::NamedTempFile);

impl Playbook {
    /// Returns a play on all hosts with these tasks, indented by four.
    pub(crate) fn of_tasks(tasks: &str) -> Self {
        let file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
        let text = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
        std::fs::write(file.path(), text).unwrap();
        Self(file)
    }

    /// Returns the words that carry it out.
    pub(crate) fn words(&self) -> Vec<String> {
        let binary = env!("CARGO_BIN_EXE_rmqplay");
        let path = self.0.path().to_str().unwrap();
        let words = [binary, "run", path, "-i", INVENTORY];
        words.map(str::to_owned).into()
    }

    /// Carries it out with further words.
    pub(crate) fn run(&self, further: &[&str]) -> Output {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(further);
        command
            .current_dir(crate::lab_hosts::root())
            .output()
            .unwrap()
    }

    /// Carries it out; returns the exit code and what a person sees, which says where in the
    /// playbook it failed.
    fn play(&self, further: &[&str]) -> (Option<i32>, String) {
        let output = self.run(further);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    }
}

/// Checks that host 1 failed so, at that line, and that host 2 has gone on to the end.
fn fails(playbook: &Playbook, further: &[&str], line: usize, code: i32, expected: &[&str]) {
    let (ended, text) = playbook.play(further);
    assert_eq!(ended, Some(code), "{text}");
    let place = format!("{}:{line} ", playbook.0.path().display());
    for expected in expected.iter().copied().chain(["centos201", &place]) {
        assert!(
            text.contains(expected),
            "{expected:?} is missing in: {text}"
        );
    }
    let other = text.lines().rfind(|line| line.starts_with("centos202"));
    let other = other.unwrap_or_default();
    let unwanted = ["unreachable=", "failed=", "ok=0"];
    let is_well = !other.is_empty() && !unwanted.iter().any(|count| other.contains(count));
    assert!(is_well, "{text}");
}

fn has(lab: &Lab, words: &str) -> bool {
    lab.run(&["processes", "1"]).contains(words)
}

/// Waits until a process of host 1 is there, or is gone.
fn eventually(lab: &Lab, words: &str, there: bool) {
    let holds = (0..500).any(|_| has(lab, words) == there);
    assert!(holds, "{words}: {}", lab.run(&["processes", "1"]));
}

/// Commands that run long: alone, heeding no signal but one, and with children.
const LONG: [&str; 3] = [
    "    - command: sleep 1000\n",
    "    - shell: trap '' TERM INT; sleep 1000; sleep 1000\n",
    "    - shell: sleep 1000 & sleep 1000 & wait\n",
];

#[test]
fn controller_ends_what_runs_at_ctrl_c() {
    let Some(lab) = controller() else { return };
    for long in LONG {
        let playbook = Playbook::of_tasks(long);
        let mut words = playbook.words();
        words.extend(["-l".to_owned(), "centos201".to_owned()]);
        let mut terminal = Terminal::run(&words);
        eventually(&lab, "sleep 1000", true);
        terminal.press(b"\x03");
        let text = terminal.end();
        assert!(text.contains("ended with 99"), "{text}");
        assert!(text.contains("PLAY RECAP"), "{text}");
        assert!(text.contains("interrupted while it ran: "), "{text}");
        eventually(&lab, "sleep 1000", false);
    }
}

#[test]
fn controller_leaves_at_once_at_the_second_ctrl_c() {
    let Some(lab) = controller() else { return };
    let playbook = Playbook::of_tasks(LONG[0]);
    let mut words = playbook.words();
    words.extend(["-l".to_owned(), "centos201".to_owned()]);
    let mut terminal = Terminal::run(&words);
    eventually(&lab, "sleep 1000", true);
    // What runs there cannot be ended.
    lab.run(&["ctl", "ip", "link", "set", "host1", "down"]);
    terminal.press(b"\x03");
    terminal.wait_for("again to exit immediately");
    terminal.press(b"\x03");
    let text = terminal.end();
    lab.run(&["ctl", "ip", "link", "set", "host1", "up"]);
    assert!(text.contains("ended with 99"), "{text}");
    assert!(!text.contains("PLAY RECAP"), "{text}");
    lab.run(&["enter", "1", "pkill", "-KILL", "sleep"]);
}

#[test]
fn controller_leaves_the_terminal_as_it_was_at_ctrl_c_while_it_asks_for_a_password() {
    if controller().is_none() {
        return;
    }
    let playbook = Playbook::of_tasks("    - ping:\n");
    let mut words = playbook.words();
    words.push("-K".to_owned());
    let mut terminal = Terminal::run(&words);
    terminal.wait_for("BECOME password");
    terminal.press(b"\x03");
    let text = terminal.end();
    assert!(text.contains("ended with 99"), "{text}");
}

#[test]
fn controller_ends_what_takes_too_long() {
    let Some(lab) = controller() else { return };
    for long in LONG {
        let when = "      when: inventory_hostname == 'centos201'\n      timeout: 1\n";
        let playbook = Playbook::of_tasks(&format!("    - ping:\n{long}{when}    - ping:\n"));
        let expected = ["timed out while it ran: ", "sleep 1000", "--task-timeout"];
        fails(&playbook, &[], 5, 2, &expected);
        eventually(&lab, "sleep 1000", false);
    }
}

#[test]
fn controller_loses_a_host_whose_cable_is_cut() {
    let Some(lab) = controller() else { return };
    let playbook = Playbook::of_tasks(
        "    - ping:\n\
         \x20   - command: ip link set host1 down\n      delegate_to: localhost\n      run_once: true\n\
         \x20   - command: uptime\n\
         \x20   - command: uptime\n",
    );
    let alive = "ansible_ssh_common_args='-o ServerAliveInterval=1'";
    fails(
        &playbook,
        &["-T", "2", "-e", alive],
        8,
        4,
        &["UNREACHABLE!", "did not answer in time", "help: "],
    );
    // From the start on, it is the same.
    let playbook = Playbook::of_tasks("    - command: uptime\n");
    let expected = [
        "UNREACHABLE!",
        "did not answer in time",
        "check that the host is up",
    ];
    fails(&playbook, &["-T", "1"], 4, 4, &expected);
    lab.run(&["ctl", "ip", "link", "set", "host1", "up"]);
}

#[test]
fn controller_loses_a_host_whose_sshd_or_shell_is_killed() {
    let Some(lab) = controller() else { return };
    for (kill, reason) in [
        (
            "$(cut -d' ' -f4 /proc/$PPID/stat)",
            "the host closed the connection",
        ),
        ("$PPID", "exited unexpectedly"),
    ] {
        let tasks = format!(
            "    - ping:\n    - shell: kill -KILL {kill}; sleep 1000\n      \
             when: inventory_hostname == 'centos201'\n    - ping:\n"
        );
        let expected = [
            "UNREACHABLE!",
            reason,
            "while it ran: ",
            "rerun the playbook",
        ];
        fails(&Playbook::of_tasks(&tasks), &[], 5, 4, &expected);
        lab.run(&["enter", "1", "pkill", "-KILL", "sleep"]);
    }
}

#[test]
fn controller_keeps_files_on_a_full_disk() {
    let Some(lab) = controller() else { return };
    for host in ["1", "2"] {
        lab.run(&["enter", host, "mkdir", "/srv/full"]);
    }
    lab.run(&[
        "enter",
        "1",
        "mount",
        "-t",
        "tmpfs",
        "-o",
        "size=1m",
        "full",
        "/srv/full",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let big = folder.path().join("big");
    std::fs::write(&big, vec![b'x'; 3_000_000]).unwrap();
    let archive = folder.path().join("big.tar");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    crate::sshd::program(&[
        "tar",
        "-C",
        &path(folder.path()),
        "-cf",
        &path(&archive),
        "big",
    ]);
    for (module, source) in [("copy", &big), ("unarchive", &archive)] {
        let dest = if module == "copy" {
            "/srv/full/big"
        } else {
            "/srv/full"
        };
        let tasks = format!(
            "    - copy: {{dest: /srv/full/big, content: old, force: false}}\n    \
             - {module}: {{src: {}, dest: {dest}}}\n    - ping:\n",
            source.display()
        );
        let playbook = Playbook::of_tasks(&tasks);
        fails(
            &playbook,
            &[],
            5,
            2,
            &["FAILED!", "/srv/full", "No space left on device"],
        );
        let left = lab.run(&[
            "enter",
            "1",
            "sh",
            "-c",
            "ls -A /srv/full; cat /srv/full/big",
        ]);
        assert_eq!(left, "big\nold");
    }
    lab.run(&["enter", "1", "umount", "/srv/full"]);
}

#[test]
fn controller_needs_no_folder_for_temporary_files() {
    let Some(lab) = controller() else { return };
    lab.run(&[
        "enter",
        "1",
        "mount",
        "-t",
        "tmpfs",
        "-o",
        "ro,noexec",
        "none",
        "/tmp",
    ]);
    let script = tempfile::NamedTempFile::with_suffix(".sh").unwrap();
    std::fs::write(script.path(), "#!/bin/sh\necho said by a script\n").unwrap();
    let modules = "    - command: uptime\n    - copy: {dest: /srv/file, content: new}\n    \
                   - lineinfile: {path: /srv/file, line: more}\n    - shell: cat /srv/file | wc -l\n";
    let (code, text) = Playbook::of_tasks(modules).play(&[]);
    assert_eq!(code, Some(0), "{text}");
    // The script of a task needs one, and says so.
    let tasks = format!("    - script: {}\n    - ping:\n", script.path().display());
    let expected = ["FAILED!", "Read-only file system", "/tmp"];
    fails(&Playbook::of_tasks(&tasks), &[], 4, 2, &expected);
    lab.run(&["enter", "1", "umount", "/tmp"]);
}

#[test]
fn controller_is_not_irritated_by_banners_and_start_up_files() {
    let Some(lab) = controller() else { return };
    let noise = "echo welcome; echo trouble >&2; cd /usr; umask 0";
    for host in ["1", "2"] {
        // sshd reads its settings again a moment later, and refuses connections meanwhile.
        let text = format!(
            "echo '{noise}' | tee /root/.bashrc /root/.profile /root/.bash_profile; \
             echo BANNER >/etc/issue.net; echo 'Banner /etc/issue.net' >>/etc/ssh/sshd_config; \
             echo MOTD >/etc/motd; \
             socket() {{ awk '$2 ~ /:0016$/ && $4 == \"0A\" {{ print $10; exit }}' /proc/net/tcp; }}; \
             old=$(socket); kill -HUP 1; \
             until new=$(socket) && [ \"$new\" ] && [ \"$new\" != \"$old\" ]; do sleep 0.05; done"
        );
        lab.run(&["enter", host, "sh", "-c", &text]);
    }
    let tasks = "    - command: pwd\n      register: here\n    \
                 - assert: {that: here.stdout_lines | length == 1 and here.stderr == ''}\n    \
                 - copy: {dest: /srv/quiet, content: quiet, mode: '0600'}\n    - stat: {path: /srv/quiet}\n      \
                 register: file\n    - assert: {that: file.stat.mode == '0600'}\n";
    let (code, text) = Playbook::of_tasks(tasks).play(&["-v"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        !text.contains("welcome") && !text.contains("trouble"),
        "{text}"
    );
}

#[test]
fn controller_is_told_why_root_cannot_be_become() {
    if controller().is_none() {
        return;
    }
    let playbook = Playbook::of_tasks("    - command: id -un\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "mistyped\n").unwrap();
    let password = ["--become-password-file", file.path().to_str().unwrap()];
    let operator = ["-b", "-e", "ansible_user=operator"];
    for (further, expected, help) in [
        (&password[..], "Sorry, try again.", "is wrong"),
        (&[], "a password is required", "help: give the password"),
    ] {
        let (code, text) = playbook.play(&[&operator[..], further].concat());
        assert_eq!(code, Some(2), "{text}");
        for expected in ["cannot become root: ", expected, help] {
            assert!(
                text.contains(expected),
                "{expected:?} is missing in: {text}"
            );
        }
        assert!(!text.contains("mistyped"), "{text}");
    }
}
