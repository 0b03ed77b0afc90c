//! SSH to the hosts of the lab: each behind its own cable, which can be cut.

use crate::contract::{Contract, check};
use crate::lab_hosts::{Lab, is_controller_of, operator_password, wanted};
use crate::ssh_login::stdout;
use crate::sshd::{connections, program};
use rmqplay::host::shell::{Become, BecomeMethod, Received, ShellHost, Transport};
use rmqplay::host::ssh::{HostKeyPolicy, Route, SshTransport, Target};
use rmqplay::host::{HostError, Limits, Secret};
use std::path::Path;
use std::time::Duration;

#[test]
fn hosts_of_the_lab_are_worked_with() {
    if wanted() {
        let lab = Lab::up(LAB, 4, "debian");
        lab.test("ssh_lab::host_");
        lab.test("host_lab::debian_");
    }
}

#[test]
fn hosts_whose_userland_is_busybox_are_worked_with() {
    if wanted() {
        let lab = Lab::up(BUSYBOX_LAB, 1, "busybox");
        lab.test("ssh_lab::busybox_host_");
        lab.test("host_lab::busybox_");
    }
}

/// The labs of the tests here and of `host_lab`.
pub(crate) const LAB: &str = "ssh";
pub(crate) const BUSYBOX_LAB: &str = "ssh-busybox";

fn target(host: u8) -> Target {
    target_of(LAB, host)
}

/// Returns root of a host of a lab.
pub(crate) fn target_of(lab: &str, host: u8) -> Target {
    let file = |name| Path::new("build/lab").join(lab).join(name);
    Target {
        name: format!("centos{}", 200 + u16::from(host)),
        host: format!("192.168.2.{}", 200 + u16::from(host)),
        port: 22,
        user: "root".to_owned(),
        route: Route::Direct,
        identity_files: vec![file("key")],
        keys_are_named: false,
        certificate_files: Vec::new(),
        identities_only: true,
        agent: None,
        password: None,
        key_alias: None,
        known_hosts: vec![file("known_hosts")],
        hash_known_hosts: false,
        host_key_policy: HostKeyPolicy::Strict,
        connect_timeout: Duration::from_secs(10),
        algorithms: rmqplay::host::ssh::Algorithms::default(),
        alive_interval: Some(Duration::from_millis(200)),
    }
}

fn run(transport: &SshTransport, command: &str) -> String {
    let limits = Limits::default();
    let mut channel = transport.open(command, &limits).unwrap();
    String::from_utf8(stdout(channel.as_mut(), &limits).unwrap()).unwrap()
}

fn lost(error: HostError) -> String {
    match error {
        HostError::Unreachable { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// Cuts a host's cable, or joins it again when it is dropped.
struct Cut(u8);

impl Cut {
    fn cable(host: u8) -> Self {
        program(&["ip", "link", "set", &format!("host{host}"), "down"]);
        Self(host)
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        program(&["ip", "link", "set", &format!("host{}", self.0), "up"]);
    }
}

#[test]
fn host_users_log_in_by_key_and_password() {
    if !is_controller_of(LAB) {
        return;
    }
    let by_password = Target {
        user: "operator".to_owned(),
        identity_files: Vec::new(),
        password: Some(Secret::new(operator_password(LAB))),
        ..target(1)
    };
    let by_key = Target {
        user: "guest".to_owned(),
        ..target(1)
    };
    let connections = connections();
    assert_eq!(run(&connections.transport(&target(1)), "id -un"), "root\n");
    assert_eq!(
        run(&connections.transport(&by_password), "id -un"),
        "operator\n"
    );
    assert_eq!(run(&connections.transport(&by_key), "id -un"), "guest\n");
}

#[test]
fn host_keys_of_all_are_accepted_at_once() {
    if !is_controller_of(LAB) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let known_hosts = vec![folder.path().join("known_hosts")];
    let connections = connections();
    std::thread::scope(|scope| {
        for host in 1..=4 {
            let target = Target {
                known_hosts: known_hosts.clone(),
                host_key_policy: HostKeyPolicy::AcceptNew,
                ..target(host)
            };
            let transport = connections.transport(&target);
            let name = format!("{}\n", target.name);
            scope.spawn(move || assert_eq!(run(&transport, "hostname"), name));
        }
    });
    let learned = std::fs::read_to_string(&known_hosts[0]).unwrap();
    assert_eq!(learned.lines().count(), 4);
}

#[test]
fn host_one_carries_connections_to_the_others() {
    if !is_controller_of(LAB) {
        return;
    }
    let connections = connections();
    for host in 2..=4 {
        let target = Target {
            route: Route::Jump(Box::new(target(1))),
            ..target(host)
        };
        let from = run(&connections.transport(&target), "echo $SSH_CLIENT");
        assert!(from.starts_with("192.168.2.201 "), "{from}");
    }
}

#[test]
fn host_behind_a_cut_cable_is_lost_and_found_again() {
    if !is_controller_of(LAB) {
        return;
    }
    let limits = Limits::default();
    let transport = connections().transport(&target(2));
    for reads in [true, false] {
        let mut channel = transport.open("echo begun; sleep 1000", &limits).unwrap();
        assert!(matches!(channel.receive(&limits), Ok(Received::Stdout(_))));
        let cut = Cut::cable(2);
        // A request that waits, and a body that is under way.
        let error = if reads {
            channel.receive(&limits).unwrap_err()
        } else {
            let body = vec![0; 50_000_000];
            channel.send(&body, &limits).unwrap_err()
        };
        let reason = lost(error);
        assert!(reason.ends_with("the host stopped responding"), "{reason}");
        drop(cut);
        assert_eq!(run(&transport, "hostname"), "centos202\n");
    }
}

#[test]
fn host_behind_a_cut_cable_delays_no_other() {
    if !is_controller_of(LAB) {
        return;
    }
    let _cut = Cut::cable(3);
    let connections = connections();
    let cut_off = Target {
        connect_timeout: Duration::from_millis(500),
        ..target(3)
    };
    std::thread::scope(|scope| {
        for host in [1, 2, 4] {
            let transport = connections.transport(&target(host));
            scope.spawn(move || run(&transport, "true"));
        }
        let transport = connections.transport(&cut_off);
        let error = transport.open("true", &Limits::default()).err().unwrap();
        let reason = lost(error);
        assert!(reason.contains("did not answer"), "{reason}");
    });
}

/// Checks the contract on a host as `user`, as another user where one is given.
fn check_contract(target: &Target, other: Option<Become>) {
    let transport = connections().transport(target);
    let root = target.user == "root" || other.is_some();
    let host = ShellHost::new(transport.clone(), "/bin/sh", other);
    let scratch = run(&transport, "umask 077; mktemp -d /var/tmp/contract.XXXXXX");
    check(&Contract {
        host: &host,
        scratch: scratch.trim().into(),
        real: true,
        root,
    });
}

#[test]
fn host_contract_holds_for_root() {
    if !is_controller_of(LAB) {
        return;
    }
    check_contract(&target(1), None);
}

#[test]
fn host_contract_holds_for_a_user_without_rights() {
    if !is_controller_of(LAB) {
        return;
    }
    let guest = Target {
        user: "guest".to_owned(),
        ..target(1)
    };
    check_contract(&guest, None);
}

#[test]
fn host_contract_holds_for_root_by_sudo_with_a_password() {
    if !is_controller_of(LAB) {
        return;
    }
    let operator = Target {
        user: "operator".to_owned(),
        ..target(1)
    };
    let root = Become {
        user: "root".to_owned(),
        method: BecomeMethod::Sudo,
        executable: None,
        flags: Vec::new(),
        password: Some(Secret::new(operator_password(LAB))),
    };
    check_contract(&operator, Some(root));
}

#[test]
fn busybox_host_contract_holds_for_a_user_without_rights() {
    if !is_controller_of(BUSYBOX_LAB) {
        return;
    }
    let host = Target {
        user: "guest".to_owned(),
        ..target_of(BUSYBOX_LAB, 1)
    };
    check_contract(&host, None);
}
