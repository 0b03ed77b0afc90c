//! Logging in to a real sshd: keys, agent, passwords, host keys.

use crate::sshd::{Agent, Between, Sshd, connections, free_port, keygen};
use rmqplay::host::shell::{Channel, Received, Transport};
use rmqplay::host::ssh::{Algorithms, Connections, HostKeyPolicy, Target};
use rmqplay::host::{HostError, Limits, Secret};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connects and runs a command.
fn log_in(connections: &Connections, target: &Target) -> Result<(), HostError> {
    let limits = Limits::default();
    let mut channel = connections.transport(target).open("echo in", &limits)?;
    assert_eq!(stdout(channel.as_mut(), &limits)?, b"in\n");
    Ok(())
}

/// Returns what a command writes; it must succeed.
pub(crate) fn stdout(channel: &mut dyn Channel, limits: &Limits) -> Result<Vec<u8>, HostError> {
    let (mut output, mut status) = (Vec::new(), None);
    loop {
        match channel.receive(limits)? {
            Received::Stdout(bytes) => output.extend(bytes),
            Received::Stderr(bytes) => panic!("{}", String::from_utf8_lossy(&bytes)),
            Received::Exit(code) => status = Some(code),
            Received::Closed => break,
        }
    }
    assert_eq!(status, Some(0));
    Ok(output)
}

/// Returns reason and help of a login that fails.
fn refusal(connections: &Connections, target: &Target) -> (String, String) {
    match log_in(connections, target) {
        Err(HostError::Unreachable { reason, help }) => (reason, help.unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_key_is_accepted() {
    let sshd = Sshd::start("");
    let mut authorized = String::new();
    for (name, kind) in [("a", "ed25519"), ("b", "ecdsa"), ("c", "rsa")] {
        keygen(&sshd.path(name), kind, "");
        authorized += &std::fs::read_to_string(sshd.path(&format!("{name}.pub"))).unwrap();
    }
    std::fs::write(sshd.path("authorized_keys"), authorized).unwrap();
    for name in ["a", "b", "c"] {
        let target = Target {
            identity_files: vec![sshd.path(name)],
            ..sshd.target()
        };
        log_in(&connections(), &target).unwrap();
    }
}

#[test]
fn keys_of_every_format_are_read_with_and_without_a_passphrase() {
    let sshd = Sshd::start("");
    let mut failed = Vec::new();
    for format in ["RFC4716", "PEM", "PKCS8"] {
        for kind in ["ed25519", "ecdsa", "rsa"] {
            for passphrase in ["", "words"] {
                let name = format!("{format}-{kind}-{passphrase}");
                if name == "PEM-ecdsa-words" {
                    // The one that the library cannot read; the message says how to renew it.
                    continue;
                }
                keygen(&sshd.path(&name), kind, passphrase);
                crate::sshd::convert(&sshd.path(&name), format, passphrase);
                std::fs::rename(
                    sshd.path(&format!("{name}.pub")),
                    sshd.path("authorized_keys"),
                )
                .unwrap();
                let target = Target {
                    identity_files: vec![sshd.path(&name)],
                    ..sshd.target()
                };
                let ask = Box::new(|_: &Path| Some(Secret::new("words".to_owned())));
                if let Err(error) = log_in(&Connections::new(ask).unwrap(), &target) {
                    failed.push(format!("{name}: {error}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_first_key_that_is_accepted_logs_in() {
    let sshd = Sshd::start("");
    keygen(&sshd.path("other"), "ed25519", "");
    let target = Target {
        identity_files: vec![sshd.path("missing"), sshd.path("other"), sshd.path("id")],
        ..sshd.target()
    };
    log_in(&connections(), &target).unwrap();
}

#[test]
fn a_key_of_the_agent_logs_in() {
    let sshd = Sshd::start("");
    for kind in ["ed25519", "rsa"] {
        let key = sshd.path(kind);
        keygen(&key, kind, "");
        std::fs::copy(key.with_extension("pub"), sshd.path("authorized_keys")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let agent = Agent::start(folder.path(), &[&key]);
        let target = Target {
            identity_files: Vec::new(),
            agent: Some(agent.socket.clone()),
            ..sshd.target()
        };
        log_in(&connections(), &target).unwrap();
    }
}

#[test]
fn a_named_key_comes_before_the_many_of_the_agent() {
    let sshd = Sshd::start("MaxAuthTries 3");
    let keys: Vec<_> = (0..6)
        .map(|index| sshd.path(&format!("agent{index}")))
        .collect();
    for key in &keys {
        keygen(key, "ed25519", "");
    }
    let keys: Vec<_> = keys.iter().map(std::path::PathBuf::as_path).collect();
    let agent = Agent::start(sshd.folder.path(), &keys);
    let target = Target {
        agent: Some(agent.socket.clone()),
        ..sshd.target()
    };
    log_in(&connections(), &target).unwrap();
    // Without it they are too many for the host, which says so.
    let target = Target {
        identity_files: Vec::new(),
        ..target
    };
    let (reason, help) = refusal(&connections(), &target);
    assert!(
        reason.contains("Too many authentication failures"),
        "{reason}"
    );
    assert!(
        reason.contains("ssh-ed25519 of the agent (test)"),
        "{reason}"
    );
    assert!(help.contains("--private-key"), "{help}");
    // And with `IdentitiesOnly` none of them is tried.
    let target = Target {
        identities_only: true,
        ..target
    };
    let (reason, _) = refusal(&connections(), &target);
    assert!(reason.contains("no usable credentials"), "{reason}");
}

#[test]
fn a_locked_key_that_the_agent_holds_needs_no_passphrase() {
    let sshd = Sshd::start("");
    let agent = Agent::start(sshd.folder.path(), &[&sshd.path("id")]);
    // The same key, locked afterwards.
    std::fs::copy(sshd.path("id"), sshd.path("locked")).unwrap();
    crate::sshd::lock(&sshd.path("locked"), "words");
    let target = Target {
        identity_files: vec![sshd.path("locked")],
        agent: Some(agent.socket.clone()),
        ..sshd.target()
    };
    log_in(&connections(), &target).unwrap();
}

#[test]
fn a_passphrase_is_asked_for_once_for_all_hosts() {
    let sshd = Sshd::start("");
    crate::sshd::lock(&sshd.path("id"), "words");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let connections = Connections::new(Box::new(move |path: &Path| {
        assert!(path.ends_with("id"));
        // The first answer is wrong.
        let words = if count.fetch_add(1, Ordering::SeqCst) == 0 {
            "wrong"
        } else {
            "words"
        };
        Some(Secret::new(words.to_owned()))
    }))
    .unwrap();
    std::thread::scope(|scope| {
        for alias in 0..5 {
            let target = Target {
                name: alias.to_string(),
                ..sshd.target()
            };
            let connections = &connections;
            scope.spawn(move || log_in(connections, &target).unwrap());
        }
    });
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_wrong_passphrase_is_asked_for_three_times() {
    let sshd = Sshd::start("");
    crate::sshd::lock(&sshd.path("id"), "words");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let connections = Connections::new(Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(Secret::new("hunter2".to_owned()))
    }));
    let (reason, help) = refusal(&connections.unwrap(), &sshd.target());
    assert!(reason.contains("wrong passphrase"), "{reason}");
    assert!(!format!("{reason}{help}").contains("hunter2"));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn a_passphrase_is_not_asked_for_a_key_the_host_does_not_accept() {
    let sshd = Sshd::start("");
    keygen(&sshd.path("locked"), "ed25519", "words");
    let target = Target {
        identity_files: vec![sshd.path("locked")],
        ..sshd.target()
    };
    let connections = Connections::new(Box::new(|_| panic!("asked"))).unwrap();
    let (reason, _) = refusal(&connections, &target);
    assert!(reason.contains("skipped key /"), "{reason}");
    assert!(reason.contains("so it was not opened"), "{reason}");
}

#[test]
fn a_key_that_others_may_read_is_not_used() {
    let sshd = Sshd::start("");
    for (mode, others) in [(0o644, true), (0o640, true), (0o600, false), (0o400, false)] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sshd.path("id"), permissions).unwrap();
        if !others {
            log_in(&connections(), &sshd.target()).unwrap();
            continue;
        }
        let (reason, _) = refusal(&connections(), &sshd.target());
        let expected = format!("others may use it (mode {mode:04o}); `chmod 600 /");
        assert!(reason.contains(&expected), "{reason}");
    }
}

#[test]
fn a_locked_key_without_a_terminal_says_what_to_do() {
    let sshd = Sshd::start("");
    crate::sshd::lock(&sshd.path("id"), "words");
    let (reason, _) = refusal(&connections(), &sshd.target());
    assert!(
        reason.contains("it has a passphrase and there is no terminal"),
        "{reason}"
    );
    assert!(reason.contains("ssh-add"), "{reason}");
}

/// Makes a certificate of `key`, signed by the key `authority`, with these further arguments.
fn certify(sshd: &Sshd, authority: &str, key: &str, arguments: &[&str]) {
    let [authority, key] = [authority, key].map(|name| sshd.path(name));
    let mut words = vec!["ssh-keygen", "-q", "-s", authority.to_str().unwrap()];
    words.extend(["-I", "somebody", "-n", "root"]);
    words.extend(arguments);
    let public = format!("{}.pub", key.display());
    words.push(&public);
    crate::sshd::program(&words);
}

#[test]
fn a_certificate_of_the_user_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    for (name, kind) in [("host_key", "ed25519"), ("authority", "ed25519")] {
        keygen(&path.join(name), kind, "");
    }
    std::fs::write(path.join("authorized_keys"), "").unwrap();
    let trusted = format!(
        "TrustedUserCAKeys {}/authority.pub\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no",
        path.display()
    );
    let sshd = Sshd::start_in(folder, &trusted);
    for kind in ["ed25519", "ecdsa", "rsa"] {
        for passphrase in ["", "words"] {
            let (key, beside) = (sshd.path("key"), sshd.path("key-cert.pub"));
            let apart = sshd.path("apart.pub");
            for file in [&key, &beside, &apart] {
                let _ = std::fs::remove_file(file);
            }
            keygen(&key, kind, passphrase);
            let ask = || Box::new(|_: &Path| Some(Secret::new("words".to_owned())));
            let log_in = |target: &Target| log_in(&Connections::new(ask()).unwrap(), target);
            let target = Target {
                identity_files: vec![key.clone()],
                ..sshd.target()
            };
            let what = format!("{kind} {passphrase}");
            let refused = log_in(&target).unwrap_err().to_string();
            let said = if passphrase.is_empty() {
                "tried key"
            } else {
                "skipped key"
            };
            assert!(refused.contains(said), "{what}: {refused}");
            certify(&sshd, "authority", "key", &[]);
            log_in(&target).unwrap_or_else(|error| panic!("beside: {what}: {error}"));
            std::fs::rename(&beside, &apart).unwrap();
            let apart = Target {
                certificate_files: vec![apart],
                ..target.clone()
            };
            log_in(&apart).unwrap_or_else(|error| panic!("apart: {what}: {error}"));
            if passphrase.is_empty() {
                let agent = tempfile::tempdir().unwrap();
                let agent = Agent::start(agent.path(), &[&key]);
                let by_agent = Target {
                    agent: Some(agent.socket.clone()),
                    identity_files: Vec::new(),
                    ..apart.clone()
                };
                log_in(&by_agent).unwrap_or_else(|error| panic!("agent: {what}: {error}"));
            }
        }
    }
    // One that does not count any more, one of another authority, and none at all.
    keygen(&sshd.path("stranger"), "ed25519", "");
    let key = sshd.path("key");
    let _ = std::fs::remove_file(&key);
    keygen(&key, "ed25519", "");
    let target = Target {
        identity_files: vec![key],
        certificate_files: vec![sshd.path("none.pub"), sshd.path("authority")],
        ..sshd.target()
    };
    for (authority, arguments, expected) in [
        (
            "authority",
            &["-V", "20200101:20200102"][..],
            "key-cert.pub (expired)",
        ),
        ("stranger", &[], "key-cert.pub, key"),
    ] {
        certify(&sshd, authority, "key", arguments);
        let (reason, _) = refusal(&connections(), &target);
        for expected in [
            expected,
            "none.pub: No such file or directory",
            "authority: not a certificate",
        ] {
            assert!(reason.contains(expected), "{expected}: {reason}");
        }
    }
}

#[test]
fn algorithms_are_offered_as_by_ssh() {
    let old = |setting: &str, name: &str| {
        let mut algorithms = Algorithms::default();
        let field = match setting {
            "KexAlgorithms" => &mut algorithms.key_exchange,
            "Ciphers" => &mut algorithms.ciphers,
            "MACs" => &mut algorithms.macs,
            _ => &mut algorithms.host_keys,
        };
        *field = Some(format!("+{name}"));
        algorithms
    };
    for (setting, name, is_usual) in [
        ("KexAlgorithms", "ecdh-sha2-nistp256", true),
        ("KexAlgorithms", "ecdh-sha2-nistp521", true),
        ("KexAlgorithms", "diffie-hellman-group14-sha1", false),
        ("Ciphers", "aes128-gcm@openssh.com", true),
        ("Ciphers", "aes256-cbc", false),
        ("MACs", "hmac-sha1", true),
        ("MACs", "hmac-sha1-etm@openssh.com", true),
        ("HostKeyAlgorithms", "ssh-rsa", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["host_key", "id"] {
            keygen(&folder.path().join(name), "rsa", "");
        }
        std::fs::copy(
            folder.path().join("id.pub"),
            folder.path().join("authorized_keys"),
        )
        .unwrap();
        // A cipher that has no integrity of its own, so that the MAC counts.
        let cipher = match setting {
            "MACs" => "\nCiphers aes128-ctr",
            _ => "",
        };
        let sshd = Sshd::start_in(folder, &format!("{setting} {name}{cipher}"));
        let usual = sshd.target();
        if is_usual {
            log_in(&connections(), &usual).unwrap_or_else(|error| panic!("{name}: {error}"));
        } else {
            let (reason, help) = refusal(&connections(), &usual);
            assert!(reason.contains("algorithm in common"), "{name}: {reason}");
            assert!(
                help.contains(&format!("{setting} +{name}")),
                "{name}: {help}"
            );
        }
        let named = Target {
            algorithms: old(setting, name),
            ..usual.clone()
        };
        log_in(&connections(), &named).unwrap_or_else(|error| panic!("{name}: {error}"));
        let nothing = Target {
            algorithms: Algorithms {
                macs: Some("nonsense".to_owned()),
                ..Algorithms::default()
            },
            ..usual
        };
        let (reason, _) = refusal(&connections(), &nothing);
        assert!(
            reason.contains("MACs \"nonsense\" contains none of the supported"),
            "{reason}"
        );
    }
}

#[test]
fn a_password_logs_in() {
    let sshd = Sshd::start("");
    let target = Target {
        identity_files: Vec::new(),
        password: Some(Secret::new("secret".to_owned())),
        ..sshd.target()
    };
    log_in(&connections(), &target).unwrap();
}

#[test]
fn a_wrong_password_is_told_without_it() {
    let sshd = Sshd::start("");
    let target = Target {
        password: Some(Secret::new("hunter2".to_owned())),
        identity_files: Vec::new(),
        ..sshd.target()
    };
    let (reason, help) = refusal(&connections(), &target);
    assert!(
        reason.contains("refused the login (tried password"),
        "{reason}"
    );
    assert!(
        reason.contains("it accepts publickey, password"),
        "{reason}"
    );
    assert!(!format!("{reason}{help}").contains("hunter2"));
}

#[test]
fn a_host_that_wants_key_and_password_gets_both() {
    for methods in ["publickey,password", "password,publickey"] {
        let sshd = Sshd::start(&format!("AuthenticationMethods {methods}"));
        let both = Target {
            password: Some(Secret::new("secret".to_owned())),
            ..sshd.target()
        };
        log_in(&connections(), &both).unwrap();
        let (reason, _) = refusal(&connections(), &sshd.target());
        assert!(reason.contains("refused the login"), "{reason}");
    }
}

#[test]
fn a_login_without_anything_to_try_says_what_the_host_accepts() {
    let sshd = Sshd::start("PasswordAuthentication no\nKbdInteractiveAuthentication no");
    let target = Target {
        identity_files: vec![sshd.path("missing")],
        ..sshd.target()
    };
    let (reason, help) = refusal(&connections(), &target);
    let expected = format!(
        "root@127.0.0.1:{} refused the login (no usable credentials; it accepts publickey)",
        sshd.port
    );
    assert_eq!(reason, expected);
    assert!(help.contains("ansible_ssh_private_key_file"), "{help}");
}

#[test]
fn an_unknown_host_key_is_refused_with_the_way_to_accept_it() {
    let sshd = Sshd::start("");
    std::fs::remove_file(sshd.path("known_hosts")).unwrap();
    let (reason, help) = refusal(&connections(), &sshd.target());
    assert!(
        reason.starts_with("the host key of 127.0.0.1 is not known: ssh-ed25519 SHA256:"),
        "{reason}"
    );
    let scan = format!(
        "`ssh-keyscan -t ed25519 -p {} 127.0.0.1 >> {}`",
        sshd.port,
        sshd.path("known_hosts").display()
    );
    assert!(
        help.contains("--accept-new") && help.contains(&scan),
        "{help}"
    );
    assert!(!sshd.path("known_hosts").exists());
    // Nothing of the login was sent.
    assert!(!sshd.log().contains("root"), "{}", sshd.log());
    // The command that was shown does it.
    crate::sshd::shell(scan.trim_matches('`'));
    log_in(&connections(), &sshd.target()).unwrap();
}

#[test]
fn accept_new_writes_an_unknown_key_down_and_holds_to_it() {
    let sshd = Sshd::start("");
    std::fs::remove_file(sshd.path("known_hosts")).unwrap();
    let accept = Target {
        host_key_policy: HostKeyPolicy::AcceptNew,
        ..sshd.target()
    };
    log_in(&connections(), &accept).unwrap();
    log_in(&connections(), &sshd.target()).unwrap();
    let lines = std::fs::read_to_string(sshd.path("known_hosts")).unwrap();
    assert_eq!(lines.lines().count(), 1);
}

#[test]
fn a_host_is_known_by_the_alias_of_its_key() {
    let sshd = Sshd::start("");
    let key = std::fs::read_to_string(sshd.path("host_key.pub")).unwrap();
    std::fs::write(sshd.path("known_hosts"), format!("web {key}")).unwrap();
    let target = Target {
        key_alias: Some("web".to_owned()),
        ..sshd.target()
    };
    log_in(&connections(), &target).unwrap();
    assert!(log_in(&connections(), &sshd.target()).is_err());
}

#[test]
fn a_changed_host_key_is_refused_in_every_mode() {
    let sshd = Sshd::start("");
    keygen(&sshd.path("swapped"), "ed25519", "");
    let swapped = std::fs::read_to_string(sshd.path("swapped.pub")).unwrap();
    let line = format!("# comment\n[127.0.0.1]:{} {swapped}", sshd.port);
    std::fs::write(sshd.path("known_hosts"), &line).unwrap();
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew] {
        let target = Target {
            host_key_policy: policy,
            ..sshd.target()
        };
        let (reason, help) = refusal(&connections(), &target);
        let file = sshd.path("known_hosts");
        let place = format!("but {}:2 has a different key", file.display());
        assert!(
            reason.contains("has changed") && reason.contains(&place),
            "{reason}"
        );
        let remove = format!(
            "`ssh-keygen -f {} -R '[127.0.0.1]:{}'`",
            file.display(),
            sshd.port
        );
        assert!(help.contains(&remove), "{help}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), line);
        assert!(!sshd.log().contains("root"), "{}", sshd.log());
    }
}

#[test]
fn a_key_of_another_kind_than_the_known_one_is_refused_even_by_accept_new() {
    let sshd = Sshd::start("");
    keygen(&sshd.path("swapped"), "rsa", "");
    let swapped = std::fs::read_to_string(sshd.path("swapped.pub")).unwrap();
    let line = format!("[127.0.0.1]:{} {swapped}", sshd.port);
    std::fs::write(sshd.path("known_hosts"), line).unwrap();
    let target = Target {
        host_key_policy: HostKeyPolicy::AcceptNew,
        ..sshd.target()
    };
    let (reason, _) = refusal(&connections(), &target);
    assert!(reason.contains("has changed"), "{reason}");
}

#[test]
fn a_host_with_several_keys_is_asked_for_the_known_one() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kind) in [
        ("host_key", "ed25519"),
        ("host_rsa", "rsa"),
        ("host_ecdsa", "ecdsa"),
        ("id", "ed25519"),
    ] {
        keygen(&folder.path().join(name), kind, "");
    }
    std::fs::copy(
        folder.path().join("id.pub"),
        folder.path().join("authorized_keys"),
    )
    .unwrap();
    let path = folder.path().display().to_string();
    let sshd = Sshd::start_in(
        folder,
        &format!("HostKey {path}/host_rsa\nHostKey {path}/host_ecdsa"),
    );
    for name in ["host_rsa", "host_ecdsa", "host_key"] {
        let key = std::fs::read_to_string(sshd.path(&format!("{name}.pub"))).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", sshd.port);
        std::fs::write(sshd.path("known_hosts"), line).unwrap();
        log_in(&connections(), &sshd.target()).unwrap();
    }
}

#[test]
fn a_revoked_host_key_is_refused_in_every_mode() {
    let sshd = Sshd::start("");
    let key = std::fs::read_to_string(sshd.path("host_key.pub")).unwrap();
    let lines = format!("[127.0.0.1]:{} {key}@revoked * {key}", sshd.port);
    std::fs::write(sshd.path("known_hosts"), &lines).unwrap();
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew] {
        let target = Target {
            host_key_policy: policy,
            ..sshd.target()
        };
        let (reason, _) = refusal(&connections(), &target);
        let place = format!("is revoked by {}:2", sshd.path("known_hosts").display());
        assert!(reason.contains(&place), "{reason}");
    }
    assert_eq!(
        std::fs::read_to_string(sshd.path("known_hosts")).unwrap(),
        lines
    );
}

#[test]
fn known_hosts_that_cannot_be_read_trust_nobody() {
    let sshd = Sshd::start("");
    let target = Target {
        known_hosts: vec![sshd.path("known_hosts"), sshd.folder.path().to_owned()],
        host_key_policy: HostKeyPolicy::AcceptNew,
        ..sshd.target()
    };
    let (reason, help) = refusal(&connections(), &target);
    assert!(reason.starts_with("cannot read /"), "{reason}");
    assert!(help.contains("no host key can be trusted"), "{help}");
}

#[test]
fn fifty_hosts_are_accepted_at_once() {
    let sshd = Sshd::start("");
    let ways: Vec<_> = (0..50).map(|_| Between::to(sshd.port)).collect();
    std::fs::remove_file(sshd.path("known_hosts")).unwrap();
    let connections = connections();
    std::thread::scope(|scope| {
        for way in &ways {
            let target = Target {
                port: way.port,
                host_key_policy: HostKeyPolicy::AcceptNew,
                ..sshd.target()
            };
            let connections = &connections;
            scope.spawn(move || log_in(connections, &target).unwrap());
        }
    });
    let lines = std::fs::read_to_string(sshd.path("known_hosts")).unwrap();
    assert_eq!(lines.lines().count(), 50);
    let key = std::fs::read_to_string(sshd.path("host_key.pub")).unwrap();
    let key = key.rsplit_once(' ').unwrap().0;
    assert!(lines.lines().all(|line| line.ends_with(key)), "{lines}");
}

#[test]
fn a_refused_connection_and_a_name_that_is_none_are_told() {
    let sshd = Sshd::start("");
    let target = Target {
        port: free_port(),
        ..sshd.target()
    };
    let (reason, help) = refusal(&connections(), &target);
    assert_eq!(
        reason,
        format!("connection to 127.0.0.1:{} refused", target.port)
    );
    assert!(help.contains("check that sshd is running"), "{help}");
    let target = Target {
        host: "no-such-host.invalid".to_owned(),
        ..sshd.target()
    };
    let (reason, _) = refusal(&connections(), &target);
    assert!(
        reason.starts_with("cannot resolve no-such-host.invalid"),
        "{reason}"
    );
}

#[test]
fn a_named_key_that_cannot_be_used_is_named_with_the_reason() {
    let sshd = Sshd::start("PasswordAuthentication no\nKbdInteractiveAuthentication no");
    let public = std::fs::read_to_string(sshd.path("id.pub")).unwrap();
    for (content, expected) in [
        (None, "No such file or directory"),
        (Some(""), "not a private key"),
        (Some("garbage\n"), "not a private key"),
        (Some("\u{0}\u{1}"), "not a private key"),
        (
            Some(public.as_str()),
            "it is a public key; pass the private one",
        ),
        (
            Some("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
            "not a private key",
        ),
    ] {
        let key = sshd.path("named");
        let _ = std::fs::remove_file(&key);
        if let Some(content) = content {
            std::fs::write(&key, content).unwrap();
        }
        let target = Target {
            identity_files: vec![key.clone()],
            keys_are_named: true,
            ..sshd.target()
        };
        let (reason, _) = refusal(&connections(), &target);
        let expected = format!("skipped key {}: {expected}", key.display());
        assert!(reason.contains(&expected), "{content:?}: {reason}");
        // Another one is still used.
        let both = Target {
            identity_files: vec![key, sshd.path("id")],
            ..target
        };
        log_in(&connections(), &both).unwrap();
    }
}
