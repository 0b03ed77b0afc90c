//! Long-running programs on this machine.

use super::super::shown::plan_lines;
use super::{Machine, connection};
use crate::executable::executable;
use rmqplay::host::Limits;

#[test]
fn a_program_is_kept_as_declared_and_others_are_left_alone() {
    let mut machine = Machine::new();
    let serve = machine.sleep("serve-a");
    let other = machine.sleep("serve-b");
    // The same argument in another program, and in shells around one.
    machine.foreign(&[other.as_str(), "7301"]);
    machine.foreign(&["/bin/sh", "-c", &format!("{serve} 7302; :"), "7301"]);
    let declared = |seconds: &str| {
        format!(
            "{{command: [{serve}, '{seconds}'], chdir: /tmp, recognise: {{executable: {serve}, argument: '7301'}}}}"
        )
    };
    let args = declared("7301");
    let change = machine.settle("process", &args);
    assert!(change.is_changed());
    assert_eq!(machine.pids("7301").len(), 3);
    // It outlives the connection that started it.
    machine.host = connection();
    assert_eq!(
        plan_lines(&machine.plan("process", &args).unwrap()),
        [""; 0]
    );
    let stop = format!("{{command: [{serve}, '7301'], state: stopped, stop_timeout: 20}}");
    machine.settle("process", &stop);
    assert_eq!(machine.pids("7301").len(), 2);
    assert_eq!(machine.pids("7302").len(), 1);
}

#[test]
fn another_command_line_or_directory_restarts_a_program() {
    let machine = Machine::new();
    let serve = machine.sleep("serve");
    std::fs::create_dir(machine.path("first")).unwrap();
    std::fs::create_dir(machine.path("second")).unwrap();
    std::os::unix::fs::symlink("first", machine.path("current")).unwrap();
    let declared = |seconds: &str| {
        let current = machine.path("current");
        format!(
            "{{command: {serve} {seconds}, chdir: {current}, recognise: {{executable: {serve}}}}}"
        )
    };
    machine.settle("process", &declared("7310"));
    let first = machine.pids("7310");
    machine.settle("process", &declared("7311"));
    assert_eq!(machine.pids("7310"), [0; 0]);
    let second = machine.pids("7311");
    assert_ne!(first, second);
    // The link leads elsewhere: the program runs in the wrong directory.
    std::fs::remove_file(machine.path("current")).unwrap();
    std::os::unix::fs::symlink("second", machine.path("current")).unwrap();
    let change = machine.settle("process", &declared("7311"));
    assert!(change.is_changed());
    assert_ne!(machine.pids("7311"), second);
    let restart = declared("7311").replace("chdir", "state: restarted, chdir");
    let before = machine.pids("7311");
    machine.run("process", &restart).unwrap();
    assert_ne!(machine.pids("7311"), before);
}

#[test]
fn a_program_that_ignores_the_signal_is_killed_only_if_so_told() {
    let machine = Machine::new();
    let script = "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.2; done\n";
    let program = machine.program("stubborn", script);
    let log = machine.path("log");
    let args = format!("command: [{program}, x y]\nlog: {log}\nready: {{log_line: '^ready$'}}\n");
    machine.settle("process", &args);
    let stop = format!("{args}state: stopped\nstop_timeout: 1\n");
    let error = machine.run("process", &stop).unwrap_err();
    assert!(error.contains("waiting for stubborn (pid "), "{error}");
    assert!(error.contains("force_kill: true"), "{error}");
    machine.settle("process", &format!("{stop}force_kill: true\n"));
    assert_eq!(machine.pids("x y"), [0; 0]);
}

#[test]
fn a_program_that_ends_while_it_is_waited_for_fails_at_once_with_its_log() {
    let machine = Machine::new();
    let script =
        "#!/bin/sh\necho starting\nsleep 0.5\necho 'no such configuration' >&2\nexit 253\n";
    let program = machine.program("broken", script);
    let log = machine.path("log");
    // What an earlier start wrote does not count.
    std::fs::write(&log, "boot success\n").unwrap();
    let args = format!(
        "command: [{program}]\nlog: {log}\nready: {{log_line: boot success, timeout: 3600}}\n"
    );
    let error = machine.run("process", &args).unwrap_err();
    assert!(error.starts_with("the program ended"), "{error}");
    assert!(
        error.ends_with("boot success\nstarting\nno such configuration"),
        "{error}"
    );
}

#[test]
fn a_program_that_ends_soon_after_its_start_fails_with_its_log() {
    let machine = Machine::new();
    let script = "#!/bin/sh\nsleep 1\necho 'no such configuration' >&2\nexit 1\n";
    let program = machine.program("soon", script);
    let log = machine.path("log");
    let args = format!("command: [{program}]\nlog: {log}\n");
    let error = machine.run("process", &args).unwrap_err();
    assert!(error.starts_with("the program ended"), "{error}");
    assert!(error.ends_with("log: no such configuration"), "{error}");
    // Who does not want to wait says so.
    let args = format!("{args}ready: {{settle: 0}}\n");
    machine.run("process", &args).unwrap();
}

/// A wrapper leaves nothing behind, wherever its program has gone; others stay.
#[test]
fn what_a_program_has_started_ends_with_it() {
    let word = format!("7392.{}", std::process::id());
    for text in [
        "SLEEP & wait",
        "set -m; SLEEP & wait",
        "env -i SLEEP & wait",
        "setsid SLEEP & wait",
        "while :; do SLEEP; done",
        "(SLEEP &); SLEEP; :",
    ] {
        let machine = Machine::new();
        let sleep = machine.sleep("worker");
        let text = text.replace("SLEEP", &format!("{sleep} {word}"));
        let wrapper = machine.program("wrapper", &format!("#!/bin/sh\n{text}\n"));
        machine.foreign(&[sleep.as_str(), &word]);
        let foreign = machine.pids(&word);
        for recognise in [
            String::new(),
            format!("recognise: {{argument: {wrapper}}}\n"),
        ] {
            let args = format!("command: [{wrapper}, a b]\n{recognise}");
            machine.settle("process", &args);
            assert!(machine.pids(&word).len() > 1, "{text}");
            let stop = format!("{args}state: stopped\nstop_timeout: 20\n");
            machine.settle("process", &stop);
            assert_eq!(machine.pids(&word), foreign, "{text}");
            assert_eq!(machine.pids("a b"), [0; 0], "{text}");
        }
    }
}

#[test]
fn a_java_program_is_known_by_its_main_class() {
    let machine = Machine::new();
    if machine
        .query(&["sh", "-c", "command -v javac && command -v java"])
        .status
        != 0
    {
        return;
    }
    let source = "public class Serve { public static void main(String[] words) throws Exception {
        new java.net.ServerSocket(0); System.out.println(\"serving \" + words[0]); Thread.sleep(3600000); } }";
    std::fs::write(machine.path("Serve.java"), source).unwrap();
    let folder = machine.path("");
    let compiled = machine.query(&[
        "javac",
        "-d",
        folder.as_str(),
        machine.path("Serve.java").as_str(),
    ]);
    assert_eq!(
        compiled.status,
        0,
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let declared = |heap: &str, name: &str| {
        let log = machine.path(&format!("{name}.log"));
        format!(
            "name: {name}
command: [java, {heap}, -cp, {folder}, Serve, {folder}{name}]
log: {log}
recognise: {{executable: java, main_class: Serve, argument: {folder}{name}}}
ready: {{log_line: '^serving '}}
"
        )
    };
    machine.settle("process", &declared("-Xmx16m", "a"));
    machine.settle("process", &declared("-Xmx16m", "b"));
    let b = machine.pids(&format!("{folder}b"));
    machine.settle("process", &declared("-Xmx17m", "a"));
    assert_eq!(machine.pids("-Xmx17m").len(), 1);
    machine.settle(
        "process",
        &format!("{}state: stopped\n", declared("-Xmx17m", "a")),
    );
    assert_eq!(machine.pids(&format!("{folder}a")), [0; 0]);
    assert_eq!(machine.pids(&format!("{folder}b")), b);
}

/// Nothing is left of a program that becomes another one than declared, and the error says so.
#[test]
fn a_program_that_becomes_another_is_named_and_ended() {
    // Other runs of this test may be under way on this machine.
    let becomes = format!("7391.{}", std::process::id());
    for (text, is_one) in [
        ("exec SLEEP", true),
        ("SLEEP & exit 0", true),
        ("setsid -f SLEEP; exit 0", true),
        ("(SLEEP & SLEEP &) ; exit 0", false),
        ("trap '' TERM; SLEEP & exec SLEEP", false),
    ] {
        let machine = Machine::new();
        let sleep = machine.sleep("worker");
        let script = machine.path("run.sh");
        let text = format!(
            "#!/bin/sh\n{}\n",
            text.replace("SLEEP", &format!("{sleep} {becomes}"))
        );
        executable(&script, text);
        let args = format!("{{command: {script}}}");
        let change = machine.plan("process", &args).unwrap();
        let error = change
            .apply(&*machine.host, &Limits::default())
            .unwrap_err()
            .to_string();
        let expected = format!("ran `{sleep} {becomes}` instead and was killed");
        assert!(error.contains(&expected), "{error}");
        assert_eq!(machine.pids(&becomes), [0; 0], "{error}");
        // Recognised by what it becomes, it is started once.
        let args = format!(
            "{{command: {script}, recognise: {{executable: {sleep}, argument: '{becomes}'}}}}"
        );
        if is_one {
            machine.settle("process", &args);
            assert_eq!(machine.pids(&becomes).len(), 1);
        }
    }
}
