//! Programs that systemd runs as services: genuine systemd, on a lab host whose first process it is.

use crate::lab_cluster::{Told, told};
use crate::lab_hosts::{Lab, wanted};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// One host that systemd runs, or not.
struct Host(Lab);

/// What a run of one task came to.
struct Run {
    code: i32,
    text: String,
    told: Told,
}

impl Run {
    fn is_changed(&self) -> bool {
        self.told
            .iter()
            .any(|(_, _, status, _)| status == "changed")
    }
}

impl Host {
    fn run(&self, args: &Value, further: &[&str]) -> Run {
        let playbook = tempfile::NamedTempFile::with_suffix(".json").unwrap();
        let task = json!({"name": "the program", "process": args});
        let plays = json!([{"hosts": "all", "gather_facts": false, "tasks": [task]}]);
        std::fs::write(playbook.path(), plays.to_string()).unwrap();
        let events = tempfile::NamedTempFile::new().unwrap();
        let inventory = self.0.inventory();
        let words = [
            "run",
            playbook.path().to_str().unwrap(),
            "-i",
            inventory.to_str().unwrap(),
            "--diff",
            "--events",
            events.path().to_str().unwrap(),
        ];
        let output = self.0.rmqplay(&[&words, further].concat());
        let text = [output.stdout, output.stderr].concat();
        let mut told = told(events.path());
        // The playbook has another name each time.
        told.iter_mut().for_each(|(_, task, _, _)| task.clear());
        Run {
            code: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&text).into_owned(),
            told,
        }
    }

    /// Predicts, runs and runs again: the prediction writes nothing and comes true, and the second
    /// run changes nothing.
    fn obeys_the_laws(&self, args: &Value) {
        let before = self.0.written(1);
        let predicted = self.run(args, &["--check"]);
        assert_eq!(predicted.code, 0, "{}", predicted.text);
        assert_eq!(before, self.0.written(1), "--check wrote something");
        let done = self.run(args, &[]);
        assert_eq!(done.code, 0, "{}", done.text);
        assert_eq!(predicted.told, done.told, "what --check said was not done");
        assert!(done.is_changed(), "{}", done.text);
        let again = self.run(args, &[]);
        assert_eq!(again.code, 0, "{}", again.text);
        assert!(!again.is_changed(), "{}", again.text);
    }

    fn enter(&self, command: &str) -> String {
        self.0.run(&["enter", "1", "sh", "-c", command])
    }

    /// Returns the process ids of programs with this word in their command lines.
    fn pids(&self, word: &str) -> Vec<String> {
        let processes = self.0.run(&["processes", "1"]);
        let ours = processes.lines().filter(|line| line.contains(word));
        let pid = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        ours.map(pid).collect()
    }

    /// Returns the process id of the one program with this word in its command line.
    fn pid(&self, word: &str) -> String {
        let pids = self.pids(word);
        assert_eq!(pids.len(), 1, "{}", self.0.run(&["processes", "1"]));
        pids[0].clone()
    }

    fn waits_for(&self, what: &str, holds: impl Fn() -> bool) {
        assert!(
            (0..2000).any(|_| holds()),
            "{what}: {}",
            self.0.run(&["processes", "1"])
        );
    }

    fn state(&self, service: &str) -> String {
        let command = format!("systemctl show -p ActiveState,SubState,NeedDaemonReload {service}");
        self.enter(&command).replace('\n', " ")
    }
}

/// Returns the arguments of a program that sleeps for so many seconds, as a service.
fn sleeps(seconds: &str, service: &Value) -> Value {
    json!({"command": ["/usr/bin/sleep", seconds], "stop_timeout": 20, "service": service})
}

fn with(args: &Value, key: &str, value: &Value) -> Value {
    let mut args = args.clone();
    args[key] = value.clone();
    args
}

#[test]
fn a_program_lives_as_a_service_where_systemd_runs_the_host() {
    if wanted() {
        let host = Host(Lab::up("services", 1, "systemd"));
        lives(&host);
        stays_stopped(&host);
        is_adopted(&host);
        survives_a_restart_of_the_host(&host);
        every_word_arrives(&host);
        says_why_it_does_not_start(&host);
    }
}

fn lives(host: &Host) {
    let settings = json!({"LimitNOFILE": 6553, "LimitMEMLOCK": 4_194_304, "RestartSec": 1});
    let service = json!({"name": "lives", "settings": settings});
    let args = with(&sleeps("7001", &service), "log", &json!("/tmp/lives"));
    let args = with(&args, "user", &json!("operator"));
    host.obeys_the_laws(&args);
    let first = host.pid("7001");
    assert_eq!(host.pids("/bin/sh"), [""; 0]);
    let limits = host.enter(&format!("cat /proc/{first}/limits"));
    let limits = limits.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(limits.contains("Max open files 6553 6553"), "{limits}");
    assert!(
        limits.contains("Max locked memory 4194304 4194304"),
        "{limits}"
    );
    assert_eq!(host.enter("systemctl is-enabled lives"), "enabled\n");

    host.enter(&format!("kill -KILL {first}"));
    host.waits_for("systemd brings it back", || {
        let found = host.pids("sleep 7001");
        found.len() == 1 && found[0] != first
    });
    let second = host.pid("7001");
    assert!(!host.run(&args, &[]).is_changed());

    // Limits hold from the next start.
    let other = json!({"name": "lives", "settings": {"LimitNOFILE": 6554}});
    let args = with(&args, "service", &other);
    host.obeys_the_laws(&args);
    assert_eq!(host.pid("7001"), second);
    assert_eq!(
        host.state("lives"),
        "ActiveState=active SubState=running NeedDaemonReload=no "
    );
    host.run(&with(&args, "state", &json!("restarted")), &[]);
    let third = host.pid("7001");
    assert!(
        host.enter(&format!("cat /proc/{third}/limits"))
            .contains(" 6554 ")
    );
    // Another command line is a restart with another unit.
    let args = with(&args, "command", &json!(["/usr/bin/sleep", "7002"]));
    let args = with(&args, "recognise", &json!({"executable": "sleep"}));
    host.obeys_the_laws(&args);
    assert_eq!(host.pids("7001"), [""; 0]);
    host.obeys_the_laws(&with(&args, "state", &json!("stopped")));
}

fn stays_stopped(host: &Host) {
    let ended = sleeps("7011", &json!({"name": "ended"}));
    host.obeys_the_laws(&ended);
    host.obeys_the_laws(&with(&ended, "state", &json!("stopped")));
    // One that is about to be started again.
    let failing = sleeps("7012", &json!({"name": "failing"}));
    host.obeys_the_laws(&failing);
    host.enter(&format!("kill -KILL {}", host.pid("7012")));
    let waits = "ActiveState=activating SubState=auto-restart NeedDaemonReload=no ";
    host.waits_for("systemd is about to restart it", || {
        host.state("failing") == waits
    });
    host.obeys_the_laws(&with(&failing, "state", &json!("stopped")));
    // One that heeds no signal.
    let script = "$SIG{TERM} = 'IGNORE'; sleep 7013";
    let stubborn = json!({
        "name": "stubborn", "command": ["perl", "-e", script], "service": {"name": "stubborn"},
        "stop_timeout": 1
    });
    host.obeys_the_laws(&stubborn);
    let pid = host.pid("7013");
    let stop = with(&stubborn, "state", &json!("stopped"));
    let late = host.run(&stop, &[]);
    assert_eq!(late.code, 2, "{}", late.text);
    assert_eq!(host.pid("7013"), pid, "systemd killed it");
    host.obeys_the_laws(&with(&stop, "force_kill", &json!(true)));

    host.enter("sleep 15");
    for (service, word) in [("ended", "7011"), ("failing", "7012"), ("stubborn", "7013")] {
        assert_eq!(host.pids(word), [""; 0], "{service} came back");
        assert!(
            host.state(service).contains("SubState=dead"),
            "{}",
            host.state(service)
        );
    }
}

fn is_adopted(host: &Host) {
    let outside = json!({"command": ["/usr/bin/sleep", "7021"]});
    host.obeys_the_laws(&outside);
    let first = host.pid("7021");
    let args = sleeps(
        "7021",
        &json!({"name": "adopted", "description": "50% \"a\""}),
    );
    host.obeys_the_laws(&args);
    let second = host.pid("7021");
    assert_ne!(first, second);
    assert_eq!(
        host.enter("systemctl show -p MainPID adopted"),
        format!("MainPID={second}\n")
    );
    assert_eq!(
        host.enter("systemctl show -p Description adopted"),
        "Description=50% \"a\"\n"
    );
    host.obeys_the_laws(&with(&args, "state", &json!("stopped")));
}

fn survives_a_restart_of_the_host(host: &Host) {
    let enabled = sleeps("7031", &json!({"name": "enabled"}));
    let disabled = sleeps("7032", &json!({"name": "disabled", "enabled": false}));
    let once = sleeps("7033", &json!({"name": "once"}));
    for args in [&enabled, &disabled, &once] {
        host.obeys_the_laws(args);
    }
    let off = json!({"name": "once", "enabled": false});
    let stop = with(&with(&once, "service", &off), "state", &json!("stopped"));
    host.obeys_the_laws(&stop);
    host.0.run(&["restart", "1"]);
    host.waits_for("it comes back with the host", || {
        !host.pids("7031").is_empty()
    });
    assert_eq!(
        host.enter("systemctl is-system-running --wait"),
        "running\n"
    );
    assert_eq!(host.pids("7032"), [""; 0]);
    assert_eq!(host.pids("7033"), [""; 0]);
    assert!(!host.run(&enabled, &[]).is_changed());
    for args in [&enabled, &disabled] {
        host.run(&with(args, "state", &json!("stopped")), &[]);
    }
    host.obeys_the_laws(&disabled);
}

/// Whatever the words of the command and the environment, the program gets just them.
fn every_word_arrives(host: &Host) {
    let words = "\\PC{0,12}|[ \"'\\\\$%;#{}]{0,6}|[a-z$%{}]{0,6}";
    let mut runner = TestRunner::deterministic();
    // A template's beginning is rmqplay's to read, and what is no character cannot be in a unit.
    let is_plain = |word: &String| {
        let is_character = |c: char| u32::from(c) & 0xfffe != 0xfffe && !c.is_control();
        !["{{", "{%", "{#"].iter().any(|begin| word.contains(begin))
            && word.chars().all(is_character)
    };
    let sample = |runner: &mut TestRunner| words.new_tree(runner).unwrap().current();
    let hostile: Vec<String> = std::iter::repeat_with(|| sample(&mut runner))
        .filter(is_plain)
        .take(300)
        .collect();
    let fixed = [
        "$HOME", "${HOME}", "$$", "$", "%h", "%%", ";", "\\", "\\x41", "a b", "'", "", "-c", "é",
    ];
    let argv: Vec<_> = ["/usr/bin/perl", "-e", "sleep 7041", "--"]
        .into_iter()
        .chain(fixed)
        .chain(hostile.iter().map(String::as_str))
        .collect();
    let value = hostile.iter().take(40).cloned().collect::<String>() + "x";
    let args = json!({
        "name": "words", "command": argv, "chdir": "/var/log", "log": "/tmp/50% of \"it\" $x",
        "environment": {"WORDS": value}, "service": {"name": "words"},
        "recognise": {"executable": "perl", "argument": "sleep 7041"}
    });
    host.obeys_the_laws(&args);
    let pid = host.pid("7041");
    let read = |file: &str| {
        let text = host.enter(&format!("cat /proc/{pid}/{file}"));
        text.trim_end_matches('\0')
            .split('\0')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    // The last words may be empty ones.
    let found = host.enter(&format!("cat /proc/{pid}/cmdline"));
    let expected: String = argv.iter().map(|word| format!("{word}\0")).collect();
    assert_eq!(found, expected);
    let environment = read("environ");
    assert!(
        environment.contains(&format!("WORDS={value}")),
        "{environment:?}"
    );
    assert_eq!(
        host.enter("ls '/tmp/50% of \"it\" $x'"),
        "/tmp/50% of \"it\" $x\n"
    );
    assert_eq!(
        host.enter(&format!("readlink /proc/{pid}/cwd")),
        "/var/log\n"
    );
    host.run(&with(&args, "state", &json!("stopped")), &[]);
}

fn says_why_it_does_not_start(host: &Host) {
    let broken = json!({
        "name": "broken", "command": ["sh", "-c", "echo no such configuration; exit 253"],
        "log": "/var/log/broken", "ready": {"log_line": "ready", "timeout": 30},
        "service": {"name": "broken"}
    });
    let run = host.run(&broken, &[]);
    assert_eq!(run.code, 2);
    for expected in [
        "no such configuration",
        "systemctl status broken.service shows how it ended",
    ] {
        assert!(run.text.contains(expected), "{}", run.text);
    }
    let stopped = with(&broken, "state", &json!("stopped"));
    host.obeys_the_laws(&stopped);
    let nonsense = sleeps(
        "7051",
        &json!({"name": "nonsense", "settings": {"Type": "nothing", "User": "nobody-here"}}),
    );
    let run = host.run(&nonsense, &[]);
    assert_eq!(run.code, 2, "{}", run.text);
}

#[test]
fn a_service_says_nothing_where_systemd_does_not_run_the_host() {
    if wanted() {
        for userland in ["debian", "busybox"] {
            let host = Host(Lab::up("no-services", 1, userland));
            let args = json!({"command": ["sleep", "7061"], "service": {"name": "none"}});
            host.obeys_the_laws(&args);
            let written = host.0.written(1);
            assert!(!written.contains("systemd"), "{written}");
            host.obeys_the_laws(&with(&args, "state", &json!("stopped")));
            host.0.run(&["restart", "1"]);
            assert_eq!(host.0.run(&["processes", "1"]), "");
        }
    }
}
