//! Shells that do not start, and shells that are lost while nobody uses them.

use crate::contract::{rewrite, write};
use crate::executable::executable;
use crate::faulty::Faulty;
use camino::Utf8PathBuf;
use rmqplay::host::shell::{Become, BecomeMethod, ShellHost};
use rmqplay::host::{Answer, Command, Host, HostError, Limits, Local, Question, Secret};
use std::sync::Arc;
use std::time::Duration;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

fn ask(host: &ShellHost) -> Result<Vec<Answer>, HostError> {
    host.ask(&[Question::User("root".to_owned())], &Limits::default())
}

/// Returns a program that does what the text says, for shells and for sudo.
fn program(folder: &Utf8PathBuf, text: &str) -> Utf8PathBuf {
    let path = folder.join("program");
    executable(&path, format!("#!/bin/sh\n{text}\n"));
    path
}

#[test]
fn a_shell_that_was_lost_while_idle_is_opened_again() {
    let (_folder, scratch) = folder();
    let transport = Faulty::new(scratch.as_str());
    let host = ShellHost::new(Arc::new(transport.clone()), "sh", None);
    ask(&host).unwrap();
    transport.lose();
    ask(&host).unwrap();
    // A step is not asked about before.
    transport.lose();
    let file = scratch.join("file");
    host.apply(&write(&file, b"old"), &Limits::default())
        .unwrap();
    transport.lose();
    let long = rewrite(&file, b"old", &vec![b'n'; 1_000_000]);
    host.apply(&long, &Limits::default()).unwrap();
    transport.lose();
    host.query(&Command::new(["true"]), &Limits::default())
        .unwrap();
    ask(&host).unwrap();
    ask(&host).unwrap();
    // Four that were kept, one for the long file and one for the command.
    assert_eq!(transport.opened(), 6);
}

#[test]
fn an_idle_shell_is_gone_from_the_host_once_it_is_closed() {
    let (_folder, scratch) = folder();
    let transport = Faulty::new(scratch.as_str());
    let shell = transport.shell("sh");
    let host = ShellHost::new(Arc::new(transport.clone()), &shell, None);
    host.close_idle(&Limits::default());
    assert_eq!(transport.opened(), 0);
    ask(&host).unwrap();
    assert_ne!(transport.processes(), Vec::<String>::new());
    host.close_idle(&Limits::default());
    assert_eq!(transport.processes(), Vec::<String>::new());
    ask(&host).unwrap();
    assert_eq!(transport.opened(), 2);
}

#[test]
fn a_shell_that_is_lost_while_it_works_is_an_error() {
    let (_folder, scratch) = folder();
    let host = ShellHost::new(Arc::new(Faulty::new(scratch.as_str())), "sh", None);
    let command = Command::new(["sh", "-c", "kill -KILL $PPID"]);
    let error = host.query(&command, &Limits::default()).unwrap_err();
    assert!(matches!(error, HostError::WhileRunning(_)), "{error:?}");
    assert!(error.to_string().contains("exited unexpectedly"), "{error}");
    ask(&host).unwrap();
}

#[test]
fn programs_see_tmout_but_shells_do_not_end_by_it() {
    let host = ShellHost::new(Arc::new(Local::default()), "env TMOUT=77 bash", None);
    let command = Command::new(["sh", "-c", "printf %s \"$TMOUT\""]);
    let output = host.query(&command, &Limits::default()).unwrap();
    assert_eq!(output.stdout, b"77");
    let host = ShellHost::new(Arc::new(Local::default()), "env -u TMOUT bash", None);
    let command = Command::new(["sh", "-c", "printf %s \"${TMOUT-none}\""]);
    let output = host.query(&command, &Limits::default()).unwrap();
    assert_eq!(output.stdout, b"none");
}

/// Programs that are no shell, and what is said of them.
const NO_SHELLS: [(&str, &str); 7] = [
    ("exec yes AAAAAAAA", "more than 64 KiB"),
    ("exec yes AAAAAAAA >&2", "more than 64 KiB"),
    ("exec cat /dev/zero", "more than 64 KiB"),
    ("exit 1", "(exit code 1)"),
    ("kill -KILL $$", "(exit code 137)"),
    ("echo not available; exit 1", "not available"),
    ("exec sleep 1000", "within"),
];

fn is_told(error: &HostError, expected: &str) {
    let text = error.to_string();
    assert!(text.contains(expected), "{text}");
    assert!(text.len() < 500, "{text}");
    let controls = text.contains(|c: char| c.is_control() && c != '\n');
    assert!(!controls, "{text:?}");
}

#[test]
fn what_does_not_start_a_shell_is_given_up_soon() {
    for (text, expected) in NO_SHELLS {
        let (_folder, scratch) = folder();
        let mut transport = Faulty::new(scratch.as_str());
        transport.patience = Duration::from_millis(300);
        if !expected.contains("within") {
            transport.patience = Duration::from_secs(300);
        }
        let path = program(&scratch, text);
        let shell = transport.shell(path.as_str());
        let host = ShellHost::new(Arc::new(transport), &shell, None);
        let error = ask(&host).unwrap_err();
        assert!(matches!(error, HostError::Unreachable { .. }), "{error:?}");
        is_told(&error, expected);
        let command = Command::new(["true"]);
        let error = host.query(&command, &Limits::default()).unwrap_err();
        assert!(matches!(error, HostError::Unreachable { .. }), "{error:?}");
        is_told(&error, expected);
        // A long body is not sent to what does not read it.
        let long = write(&scratch.join("file"), &vec![b'n'; 8_000_000]);
        let error = host.apply(&long, &Limits::default()).unwrap_err();
        is_told(&error, expected);
    }
}

#[test]
fn what_does_not_become_another_user_is_given_up_soon() {
    for (text, expected) in NO_SHELLS {
        if expected.contains("within") {
            // It may take 30 s.
            continue;
        }
        for password in [None, Some(Secret::new("secret".to_owned()))] {
            let (_folder, scratch) = folder();
            let become_user = Become {
                user: "root".to_owned(),
                method: BecomeMethod::Sudo,
                executable: Some(program(&scratch, text).into()),
                flags: Vec::new(),
                password,
            };
            let host = ShellHost::new(Arc::new(Local::default()), "sh", Some(become_user));
            let error = ask(&host).unwrap_err();
            assert!(matches!(error, HostError::Become { .. }), "{error:?}");
            is_told(&error, expected);
        }
    }
}
