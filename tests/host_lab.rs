//! Working as another user on hosts of both userlands.

use crate::contract::{Contract, check};
use crate::lab_hosts::{is_controller_of, operator_password};
use crate::ssh_lab::{BUSYBOX_LAB, LAB, target_of};
use crate::sshd::connections;
use rmqplay::host::shell::{Become, BecomeMethod, ShellHost};
use rmqplay::host::ssh::Target;
use rmqplay::host::{Answer, Command, Host, HostError, Limits, Question, Secret};

fn host(lab: &str, user: &str, other: Option<Become>) -> ShellHost {
    let target = Target {
        user: user.to_owned(),
        ..target_of(lab, 1)
    };
    // The connection lives as long as what carries it.
    let transport = connections().transport(&target);
    ShellHost::new(transport, "/bin/sh", other)
}

fn sudo(user: &str, password: Option<&str>) -> Option<Become> {
    Some(Become {
        user: user.to_owned(),
        method: BecomeMethod::Sudo,
        executable: None,
        flags: Vec::new(),
        password: password.map(|password| Secret::new(password.to_owned())),
    })
}

fn su(user: &str) -> Option<Become> {
    Some(Become {
        method: BecomeMethod::Su,
        ..sudo(user, None)?
    })
}

fn print(host: &ShellHost, words: &[&str]) -> String {
    let command = Command::new(words.iter().copied());
    let output = host.query(&command, &Limits::default()).unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn holds(host: &ShellHost, root: bool) {
    let scratch = print(host, &["mktemp", "-d"]);
    check(&Contract {
        host,
        scratch: scratch.into(),
        real: true,
        root,
    });
}

/// Returns why another user could not be become.
fn refused(host: &ShellHost) -> String {
    let question = Question::User("root".to_owned());
    match host.ask(&[question], &Limits::default()) {
        Err(HostError::Become { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn debian_root_who_is_guest() {
    if !is_controller_of(LAB) {
        return;
    }
    for other in [
        sudo("guest", None),
        sudo("guest", Some("not asked for")),
        su("guest"),
    ] {
        let host = host(LAB, "root", other);
        assert_eq!(print(&host, &["id", "-un"]), "guest");
        assert!(matches!(
            &*host.ask(&[Question::Facts], &Limits::default()).unwrap(),
            [Answer::Facts(facts)] if facts.0["user_id"].as_str() == Some("guest")
        ));
    }
    holds(&host(LAB, "root", su("guest")), false);
}

#[test]
fn debian_users_who_may_not_become_root() {
    if !is_controller_of(LAB) {
        return;
    }
    let reason = refused(&host(LAB, "operator", sudo("root", Some("wrong"))));
    assert!(reason.contains("try again"), "{reason}");
    let reason = refused(&host(LAB, "operator", sudo("root", None)));
    assert!(reason.contains("password is required"), "{reason}");
    let reason = refused(&host(
        LAB,
        "operator",
        sudo("nobody-here", Some(&operator_password(LAB))),
    ));
    assert!(reason.contains("nobody-here"), "{reason}");
    let reason = refused(&host(LAB, "guest", su("root")));
    assert!(!reason.is_empty(), "{reason}");
    let missing = Become {
        executable: Some("/no/such/sudo".to_owned()),
        ..sudo("root", None).unwrap()
    };
    let reason = refused(&host(LAB, "operator", Some(missing)));
    assert!(reason.contains("/no/such/sudo"), "{reason}");
}

#[test]
fn busybox_root() {
    if !is_controller_of(BUSYBOX_LAB) {
        return;
    }
    holds(&host(BUSYBOX_LAB, "root", None), true);
}

#[test]
fn busybox_operator_who_is_root_by_sudo() {
    if !is_controller_of(BUSYBOX_LAB) {
        return;
    }
    holds(
        &host(
            BUSYBOX_LAB,
            "operator",
            sudo("root", Some(&operator_password(BUSYBOX_LAB))),
        ),
        true,
    );
}
