//! Programs that go on running, ports, waiting, accounts and facts.

use super::{Clause, Contract};
use rmqplay::host::{
    Answer, Command, Condition, Group, HostError, Kind, Limits, Process, ProcessMatch, Question,
    Setting, StartProcess, Step, User, Wait,
};
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(super) const CLAUSES: &[Clause] = &[
    (
        "a_program_is_started_found_and_ended",
        a_program_is_started_found_and_ended,
    ),
    (
        "a_program_that_cannot_be_started_is_an_error",
        a_program_that_cannot_be_started,
    ),
    (
        "nothing_around_a_program_is_taken_for_it",
        nothing_around_a_program,
    ),
    ("ports_are_open_or_not", ports_are_open_or_not),
    ("waiting_ends_when_all_holds", waiting_ends_when_all_holds),
    ("waiting_ends_at_its_deadline", waiting_ends_at_its_deadline),
    ("accounts_are_told", accounts_are_told),
    (
        "accounts_are_made_changed_and_removed",
        accounts_are_made_changed_and_removed,
    ),
    (
        "what_was_set_is_told_afterwards",
        what_was_set_is_told_afterwards,
    ),
    ("facts_are_told", facts_are_told),
];

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/of/its/own";

fn start(contract: &Contract, argv: &[&str], recognise: ProcessMatch) -> Step {
    Step::StartProcess(StartProcess {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        directory: contract.scratch.clone(),
        environment: [
            ("COLOUR".to_owned(), "it's\nred".to_owned()),
            ("LC_ALL".to_owned(), "POSIX".to_owned()),
            ("PATH".to_owned(), PATH.to_owned()),
        ]
        .into(),
        user: None,
        log: contract.path("log"),
        recognise,
        ports: Vec::new(),
        service: None,
    })
}

fn processes(contract: &Contract, recognise: &ProcessMatch) -> Vec<Process> {
    match contract
        .ask(&[Question::Processes(recognise.clone())])
        .pop()
    {
        Some(Answer::Processes(found)) => found,
        other => panic!("{other:?}"),
    }
}

fn wait(contract: &Contract, conditions: Vec<Condition>, seconds: u64) -> Result<(), HostError> {
    let step = Step::Wait(Wait {
        conditions,
        timeout: Duration::from_secs(seconds),
        interval: Duration::from_millis(50),
        delay: Duration::ZERO,
        settle: Duration::ZERO,
        while_running: None,
        log: Some(contract.path("log")),
        what: "something".to_owned(),
        help: None,
        mark: None,
        follows: false,
        last_resort: Vec::new(),
    });
    contract.try_apply(&step).map(|_| ())
}

fn running(recognise: &ProcessMatch, running: bool) -> Vec<Condition> {
    vec![Condition::Process {
        recognise: recognise.clone(),
        running,
    }]
}

fn a_program_is_started_found_and_ended(contract: &Contract) {
    if !contract.real {
        return;
    }
    // A word that no other run has either.
    let word = format!("it's a {} *word*", contract.scratch);
    // It never forks: for a moment there would be two of it.
    let text = "mkfifo wait; echo \"$COLOUR|$LC_ALL|$PATH\"; trap 'echo int; exit' INT; pwd; read line <>wait";
    let recognise = ProcessMatch {
        main_class: Some(word.clone()),
        ..ProcessMatch::default()
    };
    contract.apply(&start(
        contract,
        &["sh", "-c", text, &word, "more"],
        recognise.clone(),
    ));
    wait(contract, running(&recognise, true), 20).unwrap();
    let log = contract.path("log");
    let pattern = format!("^{}$", contract.scratch);
    let lines = Condition::Text {
        path: log.clone(),
        pattern,
        from: 0,
        inode: None,
        present: true,
    };
    wait(contract, vec![lines], 20).unwrap();
    assert_eq!(contract.stat(&log).unwrap().mode, 0o600);
    let found = processes(contract, &recognise);
    let [process] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(process.argv, ["sh", "-c", text, &word, "more"]);
    assert_eq!(process.directory, contract.scratch);
    for (recognise, count) in [
        (
            ProcessMatch {
                argv: Some(process.argv.clone()),
                ..ProcessMatch::default()
            },
            1,
        ),
        (
            ProcessMatch {
                user: Some(process.user.clone()),
                ..recognise.clone()
            },
            1,
        ),
        (
            ProcessMatch {
                user: Some("nobody-else".to_owned()),
                ..recognise.clone()
            },
            0,
        ),
        (
            ProcessMatch {
                arguments: vec![word.clone(), "more".to_owned()],
                ..recognise.clone()
            },
            1,
        ),
        (
            ProcessMatch {
                arguments: vec!["mor".to_owned()],
                ..recognise.clone()
            },
            0,
        ),
        (
            ProcessMatch {
                executable: Some("no-such".to_owned()),
                ..recognise.clone()
            },
            0,
        ),
        (
            ProcessMatch {
                main_class: Some(format!("{word}s")),
                ..ProcessMatch::default()
            },
            0,
        ),
    ] {
        assert_eq!(
            processes(contract, &recognise).len(),
            count,
            "{recognise:?}"
        );
    }
    if process.executable != "" {
        let name = process.executable.file_name().unwrap().to_owned();
        let by_name = ProcessMatch {
            executable: Some(name),
            ..ProcessMatch::default()
        };
        assert!(processes(contract, &by_name).contains(process));
    }
    let signal = |signal: &str, started| Step::SignalProcess {
        pid: process.pid,
        started,
        signal: signal.to_owned(),
        argv: Vec::new(),
        ports: Vec::new(),
    };
    contract.apply(&signal("KILL", process.started + 1));
    assert_eq!(processes(contract, &recognise).len(), 1);
    // It heeds SIGINT, which what a shell starts in the background does not.
    contract.apply(&signal("INT", process.started));
    let has_setsid = contract.host.query(
        &Command::new(["sh", "-c", "setsid -f true"]),
        &Limits::default(),
    );
    if has_setsid.unwrap().status != 0 {
        contract.apply(&signal("TERM", process.started));
    }
    wait(contract, running(&recognise, false), 20).unwrap();
    contract.apply(&signal("KILL", process.started));
    let text = String::from_utf8(contract.read(&log)).unwrap();
    let expected = format!("it's\nred|POSIX|{PATH}\n");
    assert!(text.starts_with(&expected), "{text}");
}

fn a_program_that_cannot_be_started(contract: &Contract) {
    if !contract.real {
        return;
    }
    let recognise = ProcessMatch::default();
    let error = contract.fails(&start(contract, &["no-such-program"], recognise.clone()));
    assert!(
        error.to_string().contains("no-such-program is not found"),
        "{error}"
    );
    for (directory, log) in [("missing", "log"), ("", "missing/log")] {
        let mut step = start(contract, &["true"], recognise.clone());
        if let Step::StartProcess(start) = &mut step {
            start.directory = contract.path(directory);
            start.log = contract.path(log);
        }
        let error = contract.fails(&step);
        assert!(error.to_string().contains("missing"), "{error}");
    }
}

fn nothing_around_a_program(contract: &Contract) {
    if !contract.real {
        return;
    }
    let word = format!("nobody-has-{}", contract.scratch.as_str().replace('/', "-"));
    let of = |recognise: &ProcessMatch| processes(contract, recognise);
    for recognise in [
        ProcessMatch {
            main_class: Some(word.clone()),
            ..ProcessMatch::default()
        },
        ProcessMatch {
            arguments: vec![word.clone()],
            ..ProcessMatch::default()
        },
        ProcessMatch {
            argv: Some(vec!["java".to_owned(), word.clone()]),
            ..ProcessMatch::default()
        },
        ProcessMatch {
            executable: Some(word.clone()),
            ..ProcessMatch::default()
        },
        ProcessMatch {
            executable: Some(format!("/bin/{word}")),
            ..ProcessMatch::default()
        },
    ] {
        assert_eq!(of(&recognise), [], "{recognise:?}");
    }
    assert!(!of(&ProcessMatch::default()).is_empty());
}

fn ports_are_open_or_not(contract: &Contract) {
    if !contract.real {
        return;
    }
    let port = |port| Question::Port {
        host: "127.0.0.1".to_owned(),
        port,
    };
    assert_eq!(contract.ask(&[port(1)]), [Answer::Port(false)]);
    // Only where this machine is the host.
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let number = listener.local_addr().unwrap().port();
    let is_here = contract.host.query(
        &Command::new(["sh", "-c", &format!("[ -d /proc/{} ]", std::process::id())]),
        &Limits::default(),
    );
    if is_here.unwrap().status == 0 {
        assert_eq!(contract.ask(&[port(number)]), [Answer::Port(true)]);
    }
}

fn waiting_ends_when_all_holds(contract: &Contract) {
    let file = contract.file("file", b"one\ntwo\n");
    let text = |pattern: &str, from| Condition::Text {
        path: file.clone(),
        pattern: pattern.to_owned(),
        from,
        inode: None,
        present: true,
    };
    let path = |name: &str, present| Condition::Path {
        path: contract.path(name),
        present,
    };
    wait(
        contract,
        vec![path("file", true), path("no", false), text("^two$", 4)],
        5,
    )
    .unwrap();
    if contract.real {
        wait(contract, vec![text("one", 4)], 0).unwrap_err();
        wait(contract, vec![path("file", true), path("no", true)], 0).unwrap_err();
    }
}

fn waiting_ends_at_its_deadline(contract: &Contract) {
    if !contract.real {
        return;
    }
    contract.file("log", b"last words\n");
    let path = contract.path("never");
    let error = wait(
        contract,
        vec![Condition::Path {
            path,
            present: true,
        }],
        1,
    )
    .unwrap_err();
    match error {
        HostError::NotHappened {
            what, log, gone, ..
        } => {
            assert_eq!((what.as_str(), gone), ("something", false));
            assert_eq!(log.as_deref(), Some("last words"));
        }
        other => panic!("{other}"),
    }
}

fn user(contract: &Contract, name: &str) -> Option<User> {
    match contract.ask(&[Question::User(name.to_owned())]).pop() {
        Some(Answer::User(user)) => user,
        other => panic!("{other:?}"),
    }
}

fn group(contract: &Contract, name: &str) -> Option<Group> {
    match contract.ask(&[Question::Group(name.to_owned())]).pop() {
        Some(Answer::Group(group)) => group,
        other => panic!("{other:?}"),
    }
}

fn accounts_are_told(contract: &Contract) {
    let root = user(contract, "root").unwrap();
    assert_eq!((root.uid, root.gid, root.group.as_str()), (0, 0, "root"));
    assert_eq!(group(contract, "root").unwrap().gid, 0);
    assert_eq!(user(contract, "0"), Some(root));
    assert_eq!(group(contract, "0"), group(contract, "root"));
    for name in ["no-such-account", "", "-h", "--help", "root:x", "a\nb"] {
        assert_eq!(user(contract, name), None, "{name:?}");
        assert_eq!(group(contract, name), None, "{name:?}");
    }
}

/// The accounts of this machine are one thing for all tests that run at once.
static ACCOUNTS: Mutex<()> = Mutex::new(());

/// Sets how long an account is valid, if the machine has the program for it.
fn expires(contract: &Contract, user: &User) {
    let command = Command::new([
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin:/usr/bin; command -v chage",
    ]);
    let found = contract.host.query(&command, &Limits::default());
    if found.unwrap().status != 0 {
        return;
    }
    contract.apply(&Step::User {
        before: Some(user.clone()),
        after: Some(user.clone()),
        system: false,
        home: false,
        new_home: rmqplay::host::NewHome::default(),
        shares_number: false,
        forced: false,
        password: None,
        aging: rmqplay::host::Aging {
            maximum: Some(90),
            inactive: Some(-1),
            expires: Some(20_000),
            ..rmqplay::host::Aging::default()
        },
    });
    let shadow = String::from_utf8(contract.read("/etc/shadow".into())).unwrap();
    let mut lines = shadow.lines();
    let line = lines.find(|line| line.starts_with(&format!("{}:", user.name)));
    let fields: Vec<_> = line.unwrap_or_default().split(':').collect();
    assert_eq!([fields[4], fields[6], fields[7]], ["90", "", "20000"]);
}

fn accounts_are_made_changed_and_removed(contract: &Contract) {
    let _alone = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let has_programs = || {
        let text = "PATH=$PATH:/usr/sbin:/sbin; command -v groupadd || command -v addgroup";
        let command = Command::new(["sh", "-c", text]);
        let output = contract.host.query(&command, &Limits::default());
        output.unwrap().status == 0
    };
    if !(contract.root && contract.real && has_programs()) {
        return;
    }
    let step = |before: &Option<User>, after: Option<User>, password: Option<&str>| Step::User {
        before: before.clone(),
        after,
        system: true,
        home: true,
        new_home: rmqplay::host::NewHome::default(),
        shares_number: false,
        forced: false,
        password: password.map(str::to_owned),
        aging: rmqplay::host::Aging::default(),
    };
    let name = "rmqplay-test";
    let home = contract.path("home");
    let wanted = User {
        name: name.to_owned(),
        group: name.to_owned(),
        comment: "Some Body".to_owned(),
        home: home.clone(),
        shell: "/bin/sh".into(),
        groups: Vec::new(),
        uid: 0,
        gid: 0,
    };
    // What an interrupted run of this test has left.
    for leftover in [name, "rmqplay-other"] {
        if let Some(user) = user(contract, leftover) {
            contract.apply(&step(&Some(user), None, None));
        }
        if let Some(before) = group(contract, leftover) {
            contract.apply(&Step::Group {
                before: Some(before),
                after: None,
                system: true,
            });
        }
    }
    let other = Group {
        name: "rmqplay-other".to_owned(),
        gid: 54330,
        members: Vec::new(),
    };
    contract.apply(&Step::Group {
        before: None,
        after: Some(other.clone()),
        system: true,
    });
    assert_eq!(group(contract, "rmqplay-other"), Some(other.clone()));
    contract.apply(&step(&None, Some(wanted.clone()), Some("$6$salt$hash")));
    let made = user(contract, name).unwrap();
    assert_ne!(made.uid, 0);
    let expected = User {
        uid: made.uid,
        gid: made.gid,
        ..wanted.clone()
    };
    assert_eq!(made, expected);
    let node = contract.stat(&home).unwrap();
    assert_eq!(
        (node.kind, node.mode, node.uid),
        (Kind::Directory, 0o700, made.uid)
    );
    let shadow = String::from_utf8(contract.read("/etc/shadow".into())).unwrap();
    assert!(
        shadow.contains(&format!("\n{name}:$6$salt$hash:")),
        "{name}"
    );
    let changed = User {
        shell: "/bin/false".into(),
        comment: "it's $HOME".to_owned(),
        groups: vec!["rmqplay-other".to_owned()],
        ..made.clone()
    };
    contract.apply(&step(&Some(made.clone()), Some(changed.clone()), None));
    assert_eq!(user(contract, name).as_ref(), Some(&changed));
    assert_eq!(group(contract, "rmqplay-other").unwrap().members, [name]);
    expires(contract, &changed);
    contract.apply(&step(&Some(changed), None, None));
    assert_eq!(user(contract, name), None);
    assert_eq!(contract.stat(&home), None);
    contract.apply(&Step::Group {
        before: Some(other),
        after: None,
        system: true,
    });
    assert_eq!(group(contract, "rmqplay-other"), None);
    if let Some(rest) = group(contract, name) {
        contract.apply(&Step::Group {
            before: Some(rest),
            after: None,
            system: true,
        });
    }
}

fn facts_are_told(contract: &Contract) {
    if !contract.real {
        return;
    }
    let Some(Answer::Facts(facts)) = contract.ask(&[Question::Facts]).pop() else {
        panic!("no facts");
    };
    let text = |name: &str| {
        facts
            .0
            .get(name)
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    assert_eq!(text("system"), "Linux");
    assert_eq!(
        text("user_id"),
        if contract.root {
            "root".to_owned()
        } else {
            text("user_id")
        }
    );
    for name in [
        "hostname",
        "nodename",
        "fqdn",
        "kernel",
        "architecture",
        "os_family",
        "distribution",
        "service_mgr",
        "pkg_mgr",
        "user_dir",
        "default_ipv4",
        "all_ipv4_addresses",
        "env",
    ] {
        assert_ne!(text(name), "", "{name}");
    }
    assert_ne!(text("memtotal_mb"), "0");
    assert_ne!(text("processor_vcpus"), "0");
    let date = facts.0.get("date_time").unwrap();
    assert_eq!(date.get_attr("epoch").unwrap().to_string().len(), 10);
    let path = facts.0.get("env").unwrap().get_attr("PATH").unwrap();
    assert!(!path.to_string().is_empty());
}

fn what_was_set_is_told_afterwards(contract: &Contract) {
    let (new, told) = (
        contract.file("new", b"new\n"),
        contract.file("told", b"old\n"),
    );
    let teller = Command::new(["cat", told.as_str()]);
    let setting = Setting {
        name: "a setting".to_owned(),
        teller: teller.clone(),
        before: "old\n".to_owned(),
        after: "new\n".to_owned(),
        brings_programs: false,
        setters: vec![
            Command::new(["true"]),
            Command::new(["cp", new.as_str(), told.as_str()]),
        ],
    };
    contract.apply(&Step::Set(setting.clone()));
    let output = contract.host.query(&teller, &Limits::default()).unwrap();
    assert_eq!((output.status, &*output.stdout), (0, &b"new\n"[..]));
    if contract.real {
        let refused = Setting {
            setters: vec![Command::new(["cp", "/none", told.as_str()])],
            ..setting
        };
        let applied = contract.host.apply(&Step::Set(refused), &Limits::default());
        let Err(HostError::Command { command, output }) = applied else {
            panic!("{applied:?}");
        };
        assert_eq!(command, format!("cp /none {told}"));
        assert_ne!(output.status, 0);
    }
}
