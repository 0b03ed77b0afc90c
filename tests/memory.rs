//! Check mode: what a host in memory shows when it is laid over another host.

use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use rmqplay::host::{
    Answer, Before, Body, Command, Content, Host, HostError, Kind, Limits, Memory, Node, Output,
    Overlay, Ownership, Probe, Process, ProcessMatch, Question, StartProcess, Step, Traffic,
    Unpack, UnpackEntry, User, sha256,
};
use std::sync::Arc;

/// A host that must only be looked at.
struct LookOnly(Memory);

impl Host for LookOnly {
    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn rmqplay::host::Stream>, HostError> {
        self.0.connect(host, port, limits)
    }

    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        self.0.ask(questions, limits)
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        self.0.query(command, limits)
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.0.fetch(path, sink, limits)
    }

    fn apply(&self, step: &Step, _limits: &Limits) -> Result<Output, HostError> {
        panic!("check mode changed the machine: {step:?}");
    }

    fn traffic(&self) -> Traffic {
        self.0.traffic()
    }
}

/// Check mode over a machine, and the view of it that modules get.
fn check(machine: Memory) -> (Arc<Memory>, Probe) {
    let host = Arc::new(Memory::over(
        Arc::new(LookOnly(machine)),
        Overlay::default(),
    ));
    (host.clone(), Probe::new(host, Limits::default()))
}

fn apply(host: &Memory, steps: impl IntoIterator<Item = Step>) {
    for step in steps {
        host.apply(&step, &Limits::default()).unwrap();
    }
}

fn write(path: &str, content: &str) -> Step {
    Step::Write {
        path: path.into(),
        before: None,
        body: Body::Bytes(content.as_bytes().into()),
        ownership: Ownership::default(),
        backup: None,
        validate: None,
    }
}

fn mkdir(path: &str) -> Step {
    Step::Mkdir {
        path: path.into(),
        ownership: Ownership::default(),
    }
}

fn symlink(path: &str, target: &str, before: Option<&str>) -> Step {
    Step::Symlink {
        path: path.into(),
        target: target.into(),
        before: before.map(Into::into),
    }
}

fn text(probe: &Probe, path: &str) -> String {
    let node = probe.look(path.into(), true, Content::UpTo(100)).unwrap();
    String::from_utf8(node.unwrap().content.unwrap()).unwrap()
}

fn names(probe: &Probe, path: &str, depth: Option<u32>) -> Vec<String> {
    let tree = probe.tree(path.into(), depth).unwrap();
    tree.into_iter()
        .map(|(path, _)| path.into_string())
        .collect()
}

/// A machine with a release, the link to it, and a user.
fn machine() -> Memory {
    Memory::machine()
        .file("/usr/local/rmq-3/conf/a.properties", "a=1\n")
        .file("/usr/local/rmq-3/bin/start", "#!/bin/sh\n")
        .symlink("/usr/local/rmq", "rmq-3")
        .symlink("/loop", "loop")
        .user(User {
            name: "mq".to_owned(),
            uid: 500,
            gid: 500,
            group: "mq".to_owned(),
            ..User::default()
        })
}

#[test]
fn a_write_is_seen_through_every_link_and_leaves_the_machine_alone() {
    let (host, probe) = check(machine());
    let before = Some(Before::of(b"a=1\n".to_vec()));
    let mut step = write("/usr/local/rmq/conf/a.properties", "a=2\n");
    if let Step::Write { before: old, .. } = &mut step {
        *old = before;
    }
    apply(&host, [step, write("/usr/local/rmq-3/conf/b", "b")]);
    for path in [
        "/usr/local/rmq",
        "/usr/local/rmq-3",
        "/usr/../usr/local/rmq/../rmq-3",
    ] {
        assert_eq!(text(&probe, &format!("{path}/conf/a.properties")), "a=2\n");
        assert_eq!(text(&probe, &format!("{path}/conf/b")), "b");
    }
    let below = [
        "/usr/local/rmq-3/conf/a.properties",
        "/usr/local/rmq-3/conf/b",
    ];
    assert_eq!(names(&probe, "/usr/local/rmq-3/conf", None), below);
    let through_the_link = ["/usr/local/rmq/conf/a.properties", "/usr/local/rmq/conf/b"];
    assert_eq!(names(&probe, "/usr/local/rmq/conf", None), through_the_link);
    assert_eq!(names(&probe, "/usr/local/rmq", None), [""; 0]);
}

#[test]
fn a_link_that_is_swapped_leads_to_the_new_release() {
    let (host, probe) = check(machine());
    apply(
        &host,
        [
            mkdir("/usr/local/rmq-4"),
            write("/usr/local/rmq-4/version", "4"),
            symlink("/usr/local/rmq", "rmq-4", Some("rmq-3")),
        ],
    );
    assert_eq!(text(&probe, "/usr/local/rmq/version"), "4");
    assert_eq!(probe.stat("/usr/local/rmq/conf".into()).unwrap(), None);
    assert_eq!(text(&probe, "/usr/local/rmq-3/conf/a.properties"), "a=1\n");
}

#[test]
fn links_that_lead_nowhere_are_nothing() {
    let (host, probe) = check(machine());
    apply(&host, [symlink("/new", "/nowhere", None)]);
    for path in ["/loop", "/loop/x", "/new", "/usr/local/rmq/bin/start/x"] {
        let node = probe.look(path.into(), true, Content::None).unwrap();
        assert_eq!(node, None, "{path}");
    }
}

#[test]
fn what_is_removed_is_gone_with_all_below_it() {
    let (host, probe) = check(machine());
    let remove = Step::Remove {
        path: "/usr/local/rmq-3".into(),
        directory: true,
    };
    apply(&host, [remove]);
    let gone = "/usr/local/rmq/conf/a.properties";
    assert_eq!(probe.stat(gone.into()).unwrap(), None);
    assert_eq!(
        names(&probe, "/usr", None),
        ["/usr/local", "/usr/local/rmq"]
    );
    apply(&host, [mkdir("/usr/local/rmq-3")]);
    assert_eq!(names(&probe, "/usr/local/rmq-3", None), [""; 0]);
}

#[test]
fn a_directory_that_is_renamed_keeps_what_is_in_it() {
    let (host, probe) = check(machine());
    let rename = Step::Rename {
        from: "/usr/local/rmq-3".into(),
        to: "/opt".into(),
    };
    apply(&host, [write("/usr/local/rmq-3/conf/b", "b"), rename]);
    assert_eq!(text(&probe, "/opt/conf/a.properties"), "a=1\n");
    assert_eq!(text(&probe, "/opt/conf/b"), "b");
    assert_eq!(
        names(&probe, "/opt", Some(2)),
        [
            "/opt/bin",
            "/opt/bin/start",
            "/opt/conf",
            "/opt/conf/a.properties",
            "/opt/conf/b"
        ]
    );
    assert_eq!(names(&probe, "/usr/local", None), ["/usr/local/rmq"]);
}

#[test]
fn an_archive_can_be_read_before_it_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let tar = folder.path().join("release.tar");
    std::fs::write(&tar, b"headerb=1\nrest").unwrap();
    let entry = |path: &str, kind, size, before| UnpackEntry {
        path: path.into(),
        kind,
        mode: 0o750,
        ownership: Ownership::default(),
        size,
        sha256: None,
        modified: 7,
        offset: 6,
        before,
    };
    let target = "conf/b".into();
    let unpack = Unpack {
        name: "release.tar".to_owned(),
        directory: "/usr/local/rmq".into(),
        tar,
        size: 14,
        entries: vec![
            entry("conf", Kind::Directory, 0, None),
            entry("conf/b", Kind::File, 4, None),
            entry("new/c", Kind::File, 4, None),
            entry("link", Kind::Symlink { target }, 0, None),
        ],
    };
    let (host, probe) = check(machine());
    apply(&host, [Step::Unpack(Arc::new(unpack))]);
    assert_eq!(text(&probe, "/usr/local/rmq-3/conf/a.properties"), "a=1\n");
    assert_eq!(text(&probe, "/usr/local/rmq/link"), "b=1\n");
    assert_eq!(text(&probe, "/usr/local/rmq/new/c"), "b=1\n");
    let mode = |path: &str| probe.stat(path.into()).unwrap().unwrap().mode;
    assert_eq!(mode("/usr/local/rmq-3/conf"), 0o750);
    assert_eq!(mode("/usr/local/rmq-3/new"), 0o755);
    assert_eq!(probe.read("/usr/local/rmq/new/c".into()).unwrap(), b"b=1\n");
}

#[test]
fn an_account_made_here_can_own_files() {
    let (host, probe) = check(machine());
    let user = User {
        name: "new".to_owned(),
        uid: 600,
        gid: 600,
        group: "new".to_owned(),
        groups: vec!["mq".to_owned()],
        home: "/new".into(),
        ..User::default()
    };
    let own = Step::Attributes {
        path: "/usr/local/rmq".into(),
        before: Ownership::default(),
        after: Ownership {
            mode: Some(0o700),
            owner: Some("new".to_owned()),
            group: Some("500".to_owned()),
        },
        follow: true,
    };
    let add = Step::User {
        before: None,
        after: Some(user.clone()),
        system: false,
        home: true,
        new_home: rmqplay::host::NewHome::default(),
        shares_number: false,
        forced: false,
        password: None,
        aging: rmqplay::host::Aging::default(),
    };
    apply(&host, [add, own]);
    let seen = |path: &str| {
        let node = probe.stat(path.into()).unwrap().unwrap();
        (node.mode, node.uid, node.owner, node.group)
    };
    let name = "new".to_owned();
    assert_eq!(seen("/usr/local/rmq-3").0, 0o700);
    assert_eq!(seen("/usr/local/rmq-3").2, name);
    assert_eq!(seen("/new"), (0o700, 600, name.clone(), name.clone()));
    assert_eq!(probe.user("new").unwrap(), Some(user));
    assert_eq!(
        probe.group("mq").unwrap().unwrap().members,
        std::slice::from_ref(&name)
    );
    assert_eq!(probe.group("new").unwrap().unwrap().gid, 600);
    assert_eq!(text(&probe, "/usr/local/rmq/conf/a.properties"), "a=1\n");
}

#[test]
fn a_program_started_here_runs_until_it_is_stopped() {
    let foreign = Process {
        pid: 7,
        started: 70,
        executable: "/usr/bin/java".into(),
        argv: vec!["java".to_owned(), "Broker".to_owned()],
        directory: "/".into(),
        uid: 0,
        user: "root".to_owned(),
        start: None,
    };
    let (host, probe) = check(machine().process(foreign, &[10911]));
    let recognise = ProcessMatch {
        executable: Some("java".to_owned()),
        main_class: Some("Namesrv".to_owned()),
        ..ProcessMatch::default()
    };
    let start = StartProcess {
        argv: vec!["sh".to_owned(), "start.sh".to_owned()],
        directory: "/".into(),
        environment: std::collections::BTreeMap::default(),
        user: Some("mq".to_owned()),
        log: "/log".into(),
        recognise: recognise.clone(),
        ports: vec![9876],
        service: None,
    };
    let is_open = |port| {
        let host = "127.0.0.1".to_owned();
        probe.ask(&[Question::Port { host, port }]).unwrap() == [Answer::Port(true)]
    };
    let stop = |process: &Process, ports: &[u16]| Step::SignalProcess {
        pid: process.pid,
        started: process.started,
        signal: "TERM".to_owned(),
        argv: process.argv.clone(),
        ports: ports.to_vec(),
    };
    assert!(!is_open(9876) && is_open(10911));
    apply(&host, [Step::StartProcess(start)]);
    let found = probe.processes(&recognise).unwrap();
    assert_eq!((found.len(), found[0].uid), (1, 500));
    assert!(is_open(9876) && is_open(10911));
    let log = probe.look("/log".into(), true, Content::From(0));
    assert!(matches!(log, Err(HostError::NotKnown(_))), "{log:?}");
    apply(&host, [stop(&found[0], &[])]);
    assert!(!is_open(9876) && is_open(10911));
    let broker = probe.processes(&ProcessMatch::default()).unwrap();
    assert_eq!(broker.len(), 1);
    apply(&host, [stop(&broker[0], &[10911])]);
    assert!(!is_open(10911));
    assert_eq!(probe.processes(&ProcessMatch::default()).unwrap(), []);
}

#[test]
fn a_file_that_is_not_as_it_was_planned_is_left_alone() {
    let (host, probe) = check(machine());
    let path = "/usr/local/rmq-3/conf/a.properties";
    let mut wrong = write(path, "x");
    let result = |step: &Step| host.apply(step, &Limits::default());
    assert!(matches!(
        result(&wrong),
        Err(HostError::ChangedSincePlan { .. })
    ));
    if let Step::Write { before, .. } = &mut wrong {
        *before = Some(Before::of(b"other".to_vec()));
    }
    assert!(matches!(
        result(&wrong),
        Err(HostError::ChangedSincePlan { .. })
    ));
    let link = symlink("/usr/local/rmq", "x", Some("other"));
    assert!(matches!(
        result(&link),
        Err(HostError::ChangedSincePlan { .. })
    ));
    assert_eq!(text(&probe, path), "a=1\n");
    for (step, reason) in [
        (
            write("/no/where", "x"),
            "cannot write /no/where: No such file or directory",
        ),
        (
            write("/usr", "x"),
            "cannot write /usr: there is a directory",
        ),
        (mkdir("/usr"), "cannot make the directory /usr: File exists"),
    ] {
        assert_eq!(result(&step).unwrap_err().to_string(), reason);
    }
}

#[test]
fn whatever_must_be_asked_below_is_asked_at_once() {
    let (host, probe) = check(machine());
    apply(&host, [mkdir("/opt")]);
    let before = host.traffic().round_trips;
    let path = |path: &str| Question::Path {
        path: path.into(),
        follow: true,
        content: Content::UpTo(10),
    };
    let answers = probe
        .ask(&[
            path("/usr/local/rmq-3/conf/a.properties"),
            path("/usr/local/rmq-3/bin/start"),
            path("/opt/x"),
            Question::User("mq".to_owned()),
            Question::Tree {
                path: "/usr/local/rmq-3".into(),
                depth: None,
            },
        ])
        .unwrap();
    assert_eq!(answers.len(), 5);
    assert_eq!(host.traffic().round_trips - before, 1);
}

#[test]
fn commands_are_noted_and_queries_run() {
    let says = |text: &str| Output {
        stdout: text.as_bytes().to_vec(),
        ..Output::default()
    };
    let (host, probe) = check(machine().output(&["uname"], says("Linux\n")));
    let run = Step::Run {
        command: Command::new(["rm", "-rf", "/"]),
        any_status: false,
    };
    assert_eq!(
        host.apply(&run, &Limits::default()).unwrap(),
        Output::not_run()
    );
    assert_eq!(
        probe.query(&Command::new(["uname"])).unwrap(),
        says("Linux\n")
    );
    assert!(probe.query(&Command::new(["id"])).is_err());
}

/// Names that the operations below are about; few, so that they meet.
fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "l", "..", "c-d"]);
    prop::collection::vec(name, 1..4).prop_map(|names| format!("/{}", names.join("/")))
}

fn operation() -> impl Strategy<Value = Step> {
    let target = prop_oneof![path(), Just("a".to_owned()), Just("../b".to_owned())];
    prop_oneof![
        3 => (path(), "[a-z]{0,3}").prop_map(|(path, content)| write(&path, &content)),
        3 => path().prop_map(|path| mkdir(&path)),
        2 => (path(), target).prop_map(|(path, target)| symlink(&path, &target, None)),
        2 => (path(), any::<bool>())
            .prop_map(|(path, directory)| Step::Remove { path: path.into(), directory }),
        2 => (path(), path())
            .prop_filter("into itself", |(from, to)| !to.starts_with(from))
            .prop_map(|(from, to)| Step::Rename { from: from.into(), to: to.into() }),
        1 => (path(), path())
            .prop_map(|(path, target)| Step::Hardlink { path: path.into(), target: target.into() }),
        1 => path().prop_map(|path| Step::Touch {
            path: path.into(), modified: Some(1), accessed: Some(2) }),
        1 => (path(), 0..0o777u32, any::<bool>()).prop_map(|(path, mode, follow)| {
            let after = Ownership { mode: Some(mode), ..Ownership::default() };
            Step::Attributes { path: path.into(), before: Ownership::default(), after, follow }
        }),
        1 => (path(), path(), "[a-z]{0,3}").prop_map(|(from, to, content)| Step::Copy {
            from: from.into(),
            to: to.into(),
            before: None,
            sha256: sha256(content.as_bytes()),
            ownership: Ownership::default(),
            backup: None,
        }),
    ]
}

/// What stands at one path, as the link and as what it leads to.
type Shown = (Utf8PathBuf, Kind, u32, Option<Vec<u8>>, Option<Node>);

/// Everything on a machine: kind, mode and content by path, also as links show it.
fn everything(host: &dyn Host) -> Vec<Shown> {
    let limits = Limits::default();
    let ask = |question| host.ask(&[question], &limits).unwrap().remove(0);
    let tree = Question::Tree {
        path: "/".into(),
        depth: None,
    };
    let Answer::Tree(nodes) = ask(tree) else {
        panic!()
    };
    let look = |path: &Utf8PathBuf, follow| {
        let content = Content::UpTo(100);
        let path = path.clone();
        let Answer::Path(node) = ask(Question::Path {
            path,
            follow,
            content,
        }) else {
            panic!()
        };
        node
    };
    let strip = |mut node: Node| {
        (node.inode, node.modified, node.accessed, node.changed) = (0, 0, 0, 0);
        node
    };
    nodes
        .into_iter()
        .map(|(path, node)| {
            let seen = look(&path, false).unwrap();
            assert_eq!((&seen.kind, seen.mode), (&node.kind, node.mode));
            let followed = look(&path, true).map(strip);
            (path, node.kind, node.mode, seen.content, followed)
        })
        .collect()
}

proptest! {
    #[test]
    fn check_mode_shows_what_the_steps_would_make(
        first in prop::collection::vec(operation(), 0..12),
        then in prop::collection::vec(operation(), 0..12),
    ) {
        let limits = Limits::default();
        let machine = || {
            let machine = Memory::machine();
            for step in &first {
                let _ = machine.apply(step, &limits);
            }
            machine
        };
        let real = machine();
        let untouched = everything(&real);
        let below = Arc::new(LookOnly(machine()));
        let checked = Memory::over(below.clone(), Overlay::default());
        for step in &then {
            let (done, noted) = (real.apply(step, &limits), checked.apply(step, &limits));
            prop_assert_eq!(
                done.map(|_| ()).map_err(|error| error.to_string()),
                noted.map(|_| ()).map_err(|error| error.to_string())
            );
        }
        prop_assert_eq!(everything(&real), everything(&checked));
        prop_assert_eq!(everything(&*below), untouched);
    }
}

/// A machine without these programs.
struct Lacks(Memory, &'static str);

impl Host for Lacks {
    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn rmqplay::host::Stream>, HostError> {
        self.0.connect(host, port, limits)
    }

    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        self.0.ask(questions, limits)
    }

    fn query(&self, command: &Command, _: &Limits) -> Result<Output, HostError> {
        let lacks = command.argv.join(" ").ends_with(self.1);
        Ok(Output {
            status: i32::from(lacks),
            ..Output::default()
        })
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.0.fetch(path, sink, limits)
    }

    fn apply(&self, step: &Step, _limits: &Limits) -> Result<Output, HostError> {
        panic!("check mode changed the machine: {step:?}");
    }

    fn traffic(&self) -> Traffic {
        self.0.traffic()
    }
}

#[test]
fn check_mode_fails_where_the_machine_lacks_a_program_that_a_step_needs() {
    let user = |uid| User {
        name: "app".to_owned(),
        uid,
        home: "/srv/app".into(),
        ..User::default()
    };
    let account = |before, after, password: Option<&str>| Step::User {
        before,
        after,
        system: false,
        home: false,
        new_home: rmqplay::host::NewHome::default(),
        shares_number: false,
        forced: false,
        password: password.map(str::to_owned),
        aging: rmqplay::host::Aging::default(),
    };
    let group = |before, after| Step::Group {
        before,
        after,
        system: false,
    };
    let of_group = || {
        Some(rmqplay::host::Group {
            name: "app".to_owned(),
            gid: 7,
            members: Vec::new(),
        })
    };
    let unit = Step::Set(rmqplay::host::Setting {
        name: "unit app.service".to_owned(),
        teller: Command::new(["systemctl", "show", "app"]),
        before: String::new(),
        after: "active".to_owned(),
        brings_programs: false,
        setters: vec![Command::new(["systemctl", "start", "app"])],
    });
    let unpack = Step::Unpack(Arc::new(Unpack {
        name: "a.tar.gz".to_owned(),
        directory: "/srv".into(),
        tar: "a.tar".into(),
        size: 0,
        entries: Vec::new(),
    }));
    for (step, names) in [
        (unpack, "tar"),
        (account(None, Some(user(7)), None), "useradd adduser"),
        (account(None, Some(user(7)), Some("x")), "chpasswd"),
        (account(Some(user(7)), Some(user(8)), None), "usermod"),
        (account(Some(user(7)), None, None), "userdel deluser"),
        (group(None, of_group()), "groupadd addgroup"),
        (group(of_group(), None), "groupdel delgroup"),
        (unit, "systemctl"),
    ] {
        let machine = Lacks(Memory::machine().directory("/srv"), names);
        let host = Memory::over(Arc::new(machine), Overlay::default());
        let error = host.apply(&step, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("the host has no {names}"));
    }
}
