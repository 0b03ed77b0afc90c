//! How hosts are reached: every connection variable that the documentation promises has its effect,
//! under each of its names.

use rmqplay::host::shell::BecomeMethod;
use rmqplay::host::{Cancel, HostError};
use rmqplay::inventory::Inventory;
use rmqplay::inventory::connection_variables::{CONNECTION_VARIABLES, Kind};
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::run::{Connection, Connector, Options, Parts, Session, Settings, SshSettings, Tcp};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Returns how a task reaches the host whose variables are these; nothing where it failed before.
fn settings(variables: &str) -> Option<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("hosts.yml");
    let text = format!("all:\n  hosts:\n    web:\n      vars_only: 1\n{variables}");
    std::fs::write(&inventory, text).unwrap();
    let playbook = folder.path().join("site.yml");
    std::fs::write(
        &playbook,
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ping:\n",
    )
    .unwrap();
    let seen: Arc<Mutex<Option<Settings>>> = Arc::default();
    let kept = seen.clone();
    let (events, _told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&[inventory.display().to_string()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options::default(),
        playbook_folder: folder.path().into(),
        connector: Connector::new(Box::new(move |settings| {
            *kept.lock().unwrap() = Some(settings.clone());
            Err(HostError::Cancelled)
        })),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let playbook = session.loader.playbook(&playbook).unwrap();
    session.playbook(&playbook, &[], None).unwrap();
    seen.lock().unwrap().take()
}

/// What a variable is set to, besides what else, and whether it had its effect.
type Effect = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Settings) -> bool,
);

fn ssh(settings: &Settings) -> &SshSettings {
    match &settings.connection {
        Connection::Ssh(ssh) => ssh,
        Connection::Local(_) => panic!("it is this machine"),
    }
}

/// One line for each variable.
const EFFECTS: &[Effect] = &[
    ("ansible_connection", "local", "", |settings| {
        matches!(settings.connection, Connection::Local(_))
    }),
    ("ansible_host", "192.0.2.7", "", |settings| {
        ssh(settings).address == "192.0.2.7"
    }),
    ("ansible_port", "2222", "", |settings| {
        ssh(settings).port == Some(2222)
    }),
    ("ansible_user", "admin", "", |settings| {
        ssh(settings).user.as_deref() == Some("admin")
    }),
    ("ansible_password", "secret", "", |settings| {
        let password = ssh(settings).password.as_ref();
        password.is_some_and(|password| password.reveal() == "secret")
    }),
    ("ansible_private_key_file", "/keys/one", "", |settings| {
        ssh(settings).private_key.as_deref() == Some("/keys/one".as_ref())
    }),
    ("ansible_ssh_common_args", "-J gate", "", |settings| {
        ssh(settings).arguments == "-J gate"
    }),
    (
        "ansible_ssh_args",
        "-C",
        "ansible_ssh_common_args: -v",
        |settings| ssh(settings).arguments == "-C -v",
    ),
    (
        "ansible_ssh_extra_args",
        "-A",
        "ansible_ssh_common_args: -v",
        |settings| ssh(settings).arguments == "-v -A",
    ),
    ("ansible_timeout", "7", "", |settings| {
        ssh(settings).timeout == Some(Duration::from_secs(7))
    }),
    ("rmqplay_known_hosts", "/known", "", |settings| {
        ssh(settings).known_hosts.as_deref() == Some("/known".as_ref())
    }),
    ("rmqplay_tcp", "controller", "", |settings| {
        ssh(settings).tcp == Tcp::Controller
    }),
    ("ansible_become", "true", "", |settings| {
        settings.r#become.is_some()
    }),
    (
        "ansible_become_user",
        "app",
        "ansible_become: true",
        |settings| settings.r#become.as_ref().unwrap().user == "app",
    ),
    (
        "ansible_become_method",
        "su",
        "ansible_become: true",
        |settings| settings.r#become.as_ref().unwrap().method == BecomeMethod::Su,
    ),
    (
        "ansible_become_exe",
        "/opt/sudo",
        "ansible_become: true",
        |settings| {
            let other = settings.r#become.as_ref().unwrap();
            other.executable.as_deref() == Some("/opt/sudo")
        },
    ),
    (
        "ansible_become_flags",
        "-H -E",
        "ansible_become: true",
        |settings| settings.r#become.as_ref().unwrap().flags == ["-H", "-E"],
    ),
    (
        "ansible_become_password",
        "secret",
        "ansible_become: true",
        |settings| {
            let password = settings.r#become.as_ref().unwrap().password.as_ref();
            password.is_some_and(|password| password.reveal() == "secret")
        },
    ),
];

#[test]
fn every_promised_variable_has_its_effect_under_each_of_its_names() {
    for variable in CONNECTION_VARIABLES {
        let effect = EFFECTS.iter().find(|(name, ..)| *name == variable.name);
        let Some((name, value, besides, holds)) = effect else {
            assert_eq!(variable.kind, Kind::Ignored, "{}", variable.name);
            continue;
        };
        let besides = match *besides {
            "" => String::new(),
            line => format!("      {line}\n"),
        };
        let mut lines = String::new();
        for name in std::iter::once(name).chain(variable.aliases) {
            let text = format!("      {name}: {value}\n{besides}");
            assert!(holds(&settings(&text).unwrap()), "{text}");
            // The last of the names counts.
            let all = format!("{lines}{text}");
            assert!(holds(&settings(&all).unwrap()), "{all}");
            lines += &format!("      {name}: '1'\n");
        }
    }
}

#[test]
fn values_that_make_no_sense_are_told_before_a_connection_is_made() {
    for line in [
        "ansible_port: none of them",
        "ansible_timeout: 0",
        "ansible_timeout: soon",
        "ansible_connection: winrm",
        "ansible_become_method: runas\n      ansible_become: true",
    ] {
        assert_eq!(settings(&format!("      {line}\n")), None, "{line}");
    }
}
