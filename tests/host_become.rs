//! Becoming another user: the dialog with the program that asks for a password, which a script
//! plays here. Real sudo and su are tried in the lab.

use crate::executable::executable;
use rmqplay::host::shell::{Become, BecomeMethod, ShellHost};
use rmqplay::host::{Answer, Command, Host, HostError, Limits, Local, Output, Question, Secret};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PASSWORD: &str = "it's $ecret \\ \"so\" 中";

/// Asks as sudo does, unless its first flag says otherwise, and starts the rest of its words.
const SUDO: &str = r#"#!/bin/sh
mode=$1; shift
while [ "$1" != -- ]; do case $1 in -p) prompt=$2; shift ;; -n) mode=$mode-n ;; esac; shift; done
shift
case $mode in
quiet*) ;;
noisy) echo 'sudo: unable to resolve host here' >&2; echo welcome ;;
refuses*) echo 'Sorry, user you may not run sudo here.' >&2; exit 1 ;;
hangs) exec sleep 60 ;;
*-n) echo 'sudo: a password is required' >&2; exit 1 ;;
esac
case $mode in
asks | asks-login | noisy)
  for i in 1 2 3; do
    printf '%s' "$prompt" >&2
    IFS= read -r given || exit 1
    [ "$given" != "$EXPECTED" ] || break
    echo 'Sorry, try again.' >&2
    given=
  done
  [ "$given" ] || exit 1 ;;
esac
unset EXPECTED
case $mode in
quiet-login* | asks-login)
  line=
  for word; do line="$line $(printf %s "$word" | sed 's/[^A-Za-z0-9_$-]/\\&/g')"; done
  set -- sh -c "$line" ;;
esac
exec "$@"
"#;

struct Sudo {
    folder: tempfile::TempDir,
}

impl Sudo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sudo");
        // The script knows the password by its own environment alone.
        let quoted = format!("'{}'", PASSWORD.replace('\'', r"'\''"));
        let text = SUDO.replacen('\n', &format!("\nEXPECTED={quoted}\n"), 1);
        executable(&path, text);
        Self { folder }
    }

    /// The words of `mode` are its flags.
    fn host(&self, mode: &str, password: Option<&str>) -> ShellHost {
        let path = self.folder.path().join("sudo");
        let path = path.to_str().unwrap();
        let other = Become {
            user: "somebody".to_owned(),
            method: BecomeMethod::Sudo,
            executable: Some(format!("env WORDS=several {path}")),
            flags: mode.split(' ').map(str::to_owned).collect(),
            password: password.map(|password| Secret::new(password.to_owned())),
        };
        ShellHost::new(Arc::new(Local::default()), "sh", Some(other))
    }
}

fn is_there(host: &ShellHost) -> Result<bool, HostError> {
    let answers = host.ask(&[Question::User("root".to_owned())], &Limits::default())?;
    Ok(matches!(answers.as_slice(), [Answer::User(Some(_))]))
}

fn refused(host: &ShellHost) -> String {
    match is_there(host) {
        Err(HostError::Become { user, reason }) => {
            assert_eq!(user, "somebody");
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_password_is_given_when_it_is_asked_for() {
    let sudo = Sudo::new();
    for (mode, password) in [
        ("asks", Some(PASSWORD)),
        ("noisy", Some(PASSWORD)),
        ("quiet", Some(PASSWORD)),
        ("quiet", None),
        // As with `sudo -i`, which has a shell in between that replaces variables.
        ("quiet-login", None),
        ("quiet-login", Some(PASSWORD)),
        ("asks-login", Some(PASSWORD)),
        // Flags that Ansible has by default.
        ("asks -H -S -n", Some(PASSWORD)),
        ("quiet -H -S -n", None),
    ] {
        let host = sudo.host(mode, password);
        assert!(is_there(&host).unwrap(), "{mode}");
        let command = Command::new(["sh", "-c", "printf out; printf err >&2; cat"]);
        let stdin = Some(b"in".to_vec());
        let command = Command { stdin, ..command };
        let expected = Output {
            stdout: b"outin".to_vec(),
            stderr: b"err".to_vec(),
            ..Output::default()
        };
        assert_eq!(
            host.query(&command, &Limits::default()).unwrap(),
            expected,
            "{mode}"
        );
    }
}

#[test]
fn a_refusal_tells_the_reason() {
    let sudo = Sudo::new();
    let reason = refused(&sudo.host("asks", Some("wrong")));
    assert_eq!(reason, "Sorry, try again.");
    let reason = refused(&sudo.host("asks", None));
    assert_eq!(reason, "sudo: a password is required");
    let reason = refused(&sudo.host("refuses", Some(PASSWORD)));
    assert_eq!(reason, "Sorry, user you may not run sudo here.");
    let reason = refused(&sudo.host("refuses", None));
    assert_eq!(reason, "Sorry, user you may not run sudo here.");
}

#[test]
fn a_program_that_never_answers_is_given_up_at_the_deadline() {
    let sudo = Sudo::new();
    let host = sudo.host("hangs", Some(PASSWORD));
    let limits = Limits {
        deadline: Some(Instant::now() + Duration::from_millis(500)),
        ..Limits::default()
    };
    let error = host.ask(&[Question::Facts], &limits).unwrap_err();
    assert!(
        matches!(error, HostError::Become { .. } | HostError::TimedOut),
        "{error}"
    );
}

#[test]
fn the_password_is_in_no_argument_and_no_environment() {
    let sudo = Sudo::new();
    let host = sudo.host("asks", Some(PASSWORD));
    let look = "cat /proc/self/environ /proc/[0-9]*/cmdline /proc/$PPID/environ 2>/dev/null";
    let output = host.query(&Command::new(["sh", "-c", look]), &Limits::default());
    let output = output.unwrap();
    assert!(!output.stdout.is_empty());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains(PASSWORD));
    let error = refused(&sudo.host("asks", Some("a wrong password")));
    assert!(!error.contains("a wrong password"), "{error}");
}

#[test]
fn a_name_that_no_login_shell_can_be_given_is_refused() {
    let host = |user: &str| {
        let other = Become {
            user: user.to_owned(),
            method: BecomeMethod::Su,
            executable: None,
            flags: Vec::new(),
            password: None,
        };
        ShellHost::new(Arc::new(Local::default()), "sh", Some(other))
    };
    for user in ["new\nline", "what!", "back\\slash", "ünïcöde"] {
        let error = is_there(&host(user)).unwrap_err();
        assert!(
            matches!(error, HostError::Become { .. }),
            "{user:?}: {error}"
        );
    }
    let shell = ShellHost::new(Arc::new(Local::default()), "/bin/no such shell!", None);
    assert!(matches!(is_there(&shell), Err(HostError::Missing(_))));
}
