//! Commands.

use super::{Clause, Contract, HOSTILE, mkdir, symlink};
use rmqplay::host::{Cancel, Command, HostError, Limits, Output, Step};
use std::time::{Duration, Instant};

pub(super) const CLAUSES: &[Clause] = &[
    (
        "a_command_leaves_status_and_output",
        a_command_leaves_status_and_output,
    ),
    (
        "any_word_and_any_variable_arrives",
        any_word_and_any_variable_arrives,
    ),
    (
        "standard_input_of_any_length_arrives",
        standard_input_of_any_length_arrives,
    ),
    ("a_command_of_any_length_runs", a_command_of_any_length_runs),
    (
        "a_command_runs_where_it_shall",
        a_command_runs_where_it_shall,
    ),
    (
        "a_command_that_cannot_be_run_is_an_error",
        a_command_that_cannot_be_run,
    ),
    ("a_signal_is_an_exit_code", a_signal_is_an_exit_code),
    (
        "a_child_that_keeps_the_output_is_not_waited_for",
        a_child_that_keeps_the_output,
    ),
    ("what_takes_too_long_is_ended", what_takes_too_long_is_ended),
    ("what_is_called_off_is_ended", what_is_called_off_is_ended),
    (
        "a_failed_step_tells_the_command",
        a_failed_step_tells_the_command,
    ),
];

fn command(words: &[&str]) -> Command {
    Command::new(words.iter().copied())
}

fn sh(text: &str) -> Command {
    command(&["sh", "-c", text])
}

fn query(contract: &Contract, command: &Command) -> Output {
    contract.host.query(command, &Limits::default()).unwrap()
}

fn a_command_leaves_status_and_output(contract: &Contract) {
    if !contract.real {
        return;
    }
    let output = query(contract, &sh("printf out; printf err >&2; exit 7"));
    assert_eq!(output.status, 7);
    assert_eq!(
        (output.stdout, output.stderr),
        (b"out".to_vec(), b"err".to_vec())
    );
    let output = query(contract, &sh("printf '\\000\\377\\n\\n\\n'; exec cat"));
    assert_eq!(
        (output.status, output.stdout),
        (0, b"\0\xff\n\n\n".to_vec())
    );
    let output = query(
        contract,
        &sh("yes | head -c 3000000; yes no | head -c 300000 >&2"),
    );
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (3_000_000, 300_000)
    );
    let output = query(contract, &command(&["true"]));
    assert_eq!(output, Output::default());
    // What one command leaves in its shell, the next does not see.
    query(contract, &sh("cd /; umask 0; exit 0"));
}

fn any_word_and_any_variable_arrives(contract: &Contract) {
    if !contract.real {
        return;
    }
    let print = "printf '%s|' \"$@\" \"$VARIABLE\"";
    for text in HOSTILE.iter().chain(&["", " ", "\n", "\u{1}\u{7f}"]) {
        let mut command = command(&["sh", "-c", print, "name", text, "-", text]);
        command
            .environment
            .insert("VARIABLE".to_owned(), (*text).to_owned());
        let output = query(contract, &command);
        let expected = format!("{text}|-|{text}|{text}|");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
    let mut odd = command(&["true"]);
    odd.environment.insert("A B".to_owned(), String::new());
    assert!(contract.host.query(&odd, &Limits::default()).is_err());
    assert!(
        contract
            .host
            .query(&command(&["echo", "a\0b"]), &Limits::default())
            .is_err()
    );
}

fn standard_input_of_any_length_arrives(contract: &Contract) {
    if !contract.real {
        return;
    }
    for length in [0, 1, 70_000, 3_000_000] {
        let stdin: Vec<u8> = (0..=255).cycle().take(length).collect();
        let command = Command {
            stdin: Some(stdin.clone()),
            ..command(&["cat"])
        };
        assert_eq!(query(contract, &command).stdout, stdin, "{length}");
    }
    // What is not read is not evaluated.
    let stdin = Some(b"echo pwned\n".repeat(300_000));
    let output = query(
        contract,
        &Command {
            stdin,
            ..command(&["true"])
        },
    );
    assert_eq!(output, Output::default());
}

fn a_command_of_any_length_runs(contract: &Contract) {
    if !contract.real {
        return;
    }
    // One word has at most 128 KiB on Linux, all of them together far more.
    let (word, lines) = ("x".repeat(100_000), "true\n".repeat(30_000));
    let mut long = sh("echo ${#1} ${#2} ${#LONG}");
    long.argv
        .extend(["sh".to_owned(), word.clone(), word.clone()]);
    long.environment.insert("LONG".to_owned(), word.clone());
    let output = query(contract, &long);
    assert_eq!(output.stdout, b"100000 100000 100000\n");
    let refused = contract
        .host
        .query(&sh(&(lines + "echo end")), &Limits::default());
    // Too long for one word: the command fails, not the host.
    match refused {
        Ok(output) => assert_ne!(output.status, 0),
        Err(error) => assert!(!matches!(error, HostError::Unreachable { .. }), "{error}"),
    }
}

fn a_command_runs_where_it_shall(contract: &Contract) {
    if !contract.real {
        return;
    }
    let chdir = Some(contract.scratch.clone());
    let output = query(
        contract,
        &Command {
            chdir,
            ..command(&["pwd"])
        },
    );
    assert_eq!(
        output.stdout,
        format!("{}\n", contract.scratch).into_bytes()
    );
    // What is above the target of a link, not above the link.
    contract.apply(&mkdir(&contract.path("one")));
    contract.apply(&mkdir(&contract.path("one/two")));
    contract.apply(&symlink(&contract.path("link"), "one/two", None));
    let chdir = Some(contract.path("link/.."));
    let above = Command {
        chdir,
        ..command(&["pwd"])
    };
    let expected = format!("{}\n", contract.path("one"));
    assert_eq!(query(contract, &above).stdout, expected.into_bytes());
    let chdir = Some(contract.path("missing"));
    let error = contract
        .host
        .query(
            &Command {
                chdir,
                ..command(&["pwd"])
            },
            &Limits::default(),
        )
        .unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

fn a_command_that_cannot_be_run(contract: &Contract) {
    if !contract.real {
        return;
    }
    let file = contract.file("file", b"");
    for program in ["no-such-program", "/no/such/program", file.as_str()] {
        let error = contract
            .host
            .query(&command(&[program]), &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("is not found or cannot be executed"),
            "{error}"
        );
    }
    assert!(
        contract
            .host
            .query(&Command::default(), &Limits::default())
            .is_err()
    );
}

fn a_signal_is_an_exit_code(contract: &Contract) {
    if !contract.real {
        return;
    }
    for (signal, status) in [("TERM", 143), ("KILL", 137)] {
        let output = query(contract, &sh(&format!("kill -{signal} $$")));
        assert_eq!((output.status, output.stderr), (status, Vec::new()));
    }
}

fn a_child_that_keeps_the_output(contract: &Contract) {
    if !contract.real {
        return;
    }
    let started = Instant::now();
    let output = query(contract, &sh("sleep 20 & echo $!"));
    assert!(started.elapsed() < Duration::from_secs(15));
    let pid = String::from_utf8(output.stdout).unwrap();
    query(contract, &command(&["kill", pid.trim()]));
}

/// Runs a command that would go on, and returns the error and whether it was ended.
fn ended(contract: &Contract, limits: &Limits) -> HostError {
    let file = contract.path("pid");
    let text = format!("echo $$ > '{file}'; sleep 60; echo late");
    let error = contract.host.query(&sh(&text), limits).unwrap_err();
    let pid = String::from_utf8(contract.read(&file)).unwrap();
    let gone = sh(&format!(
        "for i in 1 2 3 4 5 6 7 8 9; do kill -0 {} 2>/dev/null || exit 0; sleep 1; done; exit 1",
        pid.trim()
    ));
    assert_eq!(query(contract, &gone).status, 0);
    error
}

fn what_takes_too_long_is_ended(contract: &Contract) {
    if !contract.real {
        return;
    }
    let deadline = Some(Instant::now() + Duration::from_secs(2));
    let error = ended(
        contract,
        &Limits {
            deadline,
            ..Limits::default()
        },
    );
    assert_eq!(error.to_string(), "timed out");
    assert!(matches!(error, HostError::WhileRunning(_)), "{error:?}");
}

fn what_is_called_off_is_ended(contract: &Contract) {
    if !contract.real {
        return;
    }
    let limits = Limits::default();
    let cancel: Cancel = limits.cancel.clone();
    let error = std::thread::scope(|scope| {
        scope.spawn(move || {
            Limits::default().sleep(Duration::from_secs(2)).unwrap();
            cancel.cancel();
        });
        ended(contract, &limits)
    });
    assert_eq!(error.to_string(), "interrupted");
    assert!(matches!(error, HostError::WhileRunning(_)), "{error:?}");
}

fn a_failed_step_tells_the_command(contract: &Contract) {
    if !contract.real {
        return;
    }
    let run = |any_status| Step::Run {
        command: sh("echo why >&2; exit 3"),
        any_status,
    };
    assert_eq!(contract.apply(&run(true)).status, 3);
    match contract.fails(&run(false)) {
        HostError::Command { command, output } => {
            assert_eq!(command, "sh -c 'echo why >&2; exit 3'");
            assert_eq!((output.status, output.stderr), (3, b"why\n".to_vec()));
        }
        other => panic!("{other}"),
    }
}
