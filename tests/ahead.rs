//! Asking ahead: what it saves, and that nothing else depends on it.

use camino::Utf8Path;
use proptest::prelude::*;
use rmqplay::host::{
    Ahead, Answer, Before, Body, Cancel, Changes, Command, Content, Host, HostError, Limits,
    Memory, Output, Ownership, Question, Step, Stream, Traffic,
};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::Event;
use rmqplay::run::{Connect, Connector, Options, Parts, Session, Settings};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

/// A machine with ten files of ten lines.
fn machine() -> Memory {
    let lines: String = (0..10).map(|n| format!("key{n} = {n}\n")).collect();
    let machine = Memory::machine().output(&["true"], Output::default());
    (0..10).fold(machine, |machine, n| {
        machine.file(format!("/etc/file{n}"), lines.clone())
    })
}

/// Runs tasks on one host, at most `ahead` of which are asked about together. Returns the status and the
/// message of each, with those of the items of loops.
fn run(host: &Arc<dyn Host>, tasks: &str, ahead: usize, check: bool) -> Vec<String> {
    let host = host.clone();
    let connect = move |_: &Settings| Ok(host.clone());
    run_on("h1,", Box::new(connect), tasks, ahead, check)
}

fn run_on(hosts: &str, connect: Connect, tasks: &str, ahead: usize, check: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("playbook.yml");
    let text = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    std::fs::write(&path, text).unwrap();
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::cli::registry(),
        inventory: Inventory::load(&[hosts.to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options {
            ahead,
            check,
            ..Options::default()
        },
        playbook_folder: Path::new(folder.path()).into(),
        connector: Connector::new(connect).to_declared_machines(),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let playbook = session.loader.playbook(&path).unwrap();
    session.playbook(&playbook, &[], None).unwrap();
    session.finish();
    drop(session);
    let shown = |event: Event| match event {
        Event::TaskFinished(result) | Event::ItemFinished(result) => {
            let mut fields = rmqplay::value::to_json(&result.result);
            // Times and inode numbers differ from run to run.
            for name in ["start", "end", "delta", "stat"] {
                fields.as_object_mut().map(|fields| fields.remove(name));
            }
            let message = &result.message;
            let text = format!(
                "{} {:?} {message:?} {fields}",
                result.task.action, result.status
            );
            Some(text.replace(&*folder.path().to_string_lossy(), "FOLDER"))
        }
        _ => None,
    };
    told.iter().filter_map(shown).collect()
}

/// One hundred tasks that change nothing, half of them on the same files.
fn unchanging() -> String {
    let mut text = String::new();
    for n in 0..50 {
        let file = n % 10;
        let _ = writeln!(
            text,
            "    - lineinfile: {{path: /etc/file{file}, regexp: '^key{file} *=', line: 'key{file} = {file}'}}"
        );
        let other = match n % 3 {
            0 => format!("file: {{path: /etc/file{file}, state: file, mode: '0644'}}"),
            1 => format!("stat: {{path: /etc/file{file}}}"),
            _ => format!("copy: {{dest: /etc/file{file}, src: /dev/null, force: false}}"),
        };
        let _ = writeln!(text, "    - {other}");
    }
    text
}

fn round_trips(tasks: &str, ahead: usize, check: bool) -> u64 {
    let host: Arc<dyn Host> = Arc::new(machine());
    let told = run(&host, tasks, ahead, check);
    assert!(told.iter().all(|line| line.contains(" Ok ")), "{told:#?}");
    host.traffic().round_trips
}

#[test]
fn tasks_that_change_nothing_take_far_fewer_round_trips_than_tasks() {
    for check in [false, true] {
        let alone = round_trips(&unchanging(), 1, check);
        let ahead = round_trips(&unchanging(), 64, check);
        assert!(alone >= 100, "{alone}");
        // Windows of 8, 16, 32 and 44 tasks, each with a second round for some; more on a machine so
        // busy that answers grow old.
        assert!(ahead <= 40, "{ahead}");
    }
}

#[test]
fn the_items_of_a_loop_are_asked_about_together() {
    let items: Vec<_> = (0..100).map(|n| (n % 10).to_string()).collect();
    let tasks = format!(
        "    - file: {{path: '/etc/file{{{{ item }}}}', state: file, mode: '0644'}}\n      loop: [{}]\n",
        items.join(", ")
    );
    let alone = round_trips(&tasks, 1, false);
    let ahead = round_trips(&tasks, 64, false);
    assert!(alone >= 100 && ahead <= 40, "{alone} {ahead}");
}

#[test]
fn tasks_of_which_each_second_one_changes_something_take_no_more_round_trips() {
    let mut tasks = String::new();
    for n in 0..20 {
        let _ = writeln!(tasks, "    - stat: {{path: /etc/file{}}}", n % 10);
        let _ = writeln!(
            tasks,
            "    - copy: {{dest: /etc/new{n}, content: x, mode: '0644'}}"
        );
    }
    let cost = |ahead| {
        let host: Arc<dyn Host> = Arc::new(machine());
        run(&host, &tasks, ahead, false);
        host.traffic().round_trips
    };
    let (alone, ahead) = (cost(1), cost(64));
    // One window is asked about before the run is known to change things.
    assert!(ahead <= alone + 1, "{alone} {ahead}");
}

/// What templates do on this machine is done once.
#[test]
fn a_guess_has_no_effect_on_this_machine() {
    for ahead in [1, 64] {
        let folder = tempfile::tempdir().unwrap();
        let counter = folder.path().join("counter");
        let secret = folder.path().join("secret");
        let (count, secret) = (counter.display(), secret.display());
        let tasks = [
            "    - stat: {path: /etc/file0}".to_owned(),
            format!(
                "    - stat: {{path: \"/etc/file{{{{ lookup('pipe', 'echo x >> {count}; echo 1') }}}}\"}}"
            ),
            format!("    - stat: {{path: \"/etc/{{{{ lookup('password', '{secret}') }}}}\"}}"),
            format!("      when: \"'{secret}' is not exists\""),
            "    - stat: {path: /etc/file2}\n".to_owned(),
        ];
        let tasks = tasks.join("\n");
        let host: Arc<dyn Host> = Arc::new(machine());
        let told = run(&host, &tasks, ahead, false);
        let all = told.iter().all(|line| line.contains(" Ok "));
        assert!(all && told.len() == 4, "{told:#?}");
        assert_eq!(std::fs::read_to_string(&counter).unwrap(), "x\n");
    }
}

/// A machine that somebody else changes, too: after some of the requests.
struct Shared {
    machine: Memory,
    /// Whether the other writes after the request with this number.
    writes: fn(usize) -> bool,
    asked: Mutex<usize>,
    /// Another machine, which every step here changes.
    other: Option<Arc<dyn Host>>,
}

const CONTESTED: &str = "/etc/file1";

impl Shared {
    fn new(writes: fn(usize) -> bool) -> Arc<Self> {
        Arc::new(Self {
            machine: machine(),
            writes,
            asked: Mutex::default(),
            other: None,
        })
    }

    fn content(&self) -> String {
        let mut content = Vec::new();
        let path = Utf8Path::new(CONTESTED);
        self.machine
            .fetch(path, &mut content, &Limits::default())
            .unwrap();
        String::from_utf8(content).unwrap()
    }

    fn write_as_another(&self, number: usize) {
        let before = self.content();
        let write = Step::Write {
            path: CONTESTED.into(),
            body: Body::Bytes(format!("{before}other{number}\n").into_bytes().into()),
            before: Some(Before::of(before.into_bytes())),
            ownership: Ownership::default(),
            backup: None,
            validate: None,
        };
        self.machine.apply(&write, &Limits::default()).unwrap();
    }
}

impl Host for Shared {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        let answers = self.machine.ask(questions, limits);
        let number = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        if (self.writes)(number) {
            self.write_as_another(number);
        }
        answers
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        self.machine.query(command, limits)
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.machine.fetch(path, sink, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.machine.connect(host, port, limits)
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        if let Some(other) = &self.other {
            let made = Step::Write {
                path: "/etc/made".into(),
                body: Body::Bytes(b"made\n".to_vec().into()),
                before: None,
                ownership: Ownership::default(),
                backup: None,
                validate: None,
            };
            other.apply(&made, limits)?;
        }
        self.machine.apply(step, limits)
    }

    fn traffic(&self) -> Traffic {
        self.machine.traffic()
    }
}

/// As by a command that copies files from one host to another.
#[test]
fn what_one_host_does_to_another_is_seen_there() {
    let tasks = "    - stat: {path: /etc/file0}\n    - command: 'true'\n      when: \
                 inventory_hostname == 'h1'\n    - stat: {path: /etc/made}\n      register: r\n    \
                 - assert: {that: r.stat.exists}\n      when: inventory_hostname == 'h2'\n";
    let second: Arc<dyn Host> = Arc::new(machine());
    let first: Arc<dyn Host> = Arc::new(Shared {
        machine: machine(),
        writes: |_| false,
        asked: Mutex::default(),
        other: Some(second.clone()),
    });
    let connect = move |settings: &Settings| {
        let is_first = &*settings.name == "h1";
        Ok(if is_first { &first } else { &second }.clone())
    };
    let told = run_on("h1,h2,", Box::new(connect), tasks, 64, false);
    assert!(
        !told.iter().any(|told| told.contains("Failed")),
        "{told:#?}"
    );
}

/// Tasks that all want something of the contested file.
fn contested() -> String {
    let mut tasks = "    - stat: {path: /etc/file0}\n".to_owned();
    for n in 0..3 {
        let _ = writeln!(
            tasks,
            "    - lineinfile: {{path: {CONTESTED}, line: own{n}}}\n      ignore_errors: true"
        );
    }
    tasks
}

/// Returns whether the other only writes after the first request.
fn asked_once(writes: fn(usize) -> bool) -> bool {
    writes(1) && !writes(2) && !writes(3)
}

#[test]
fn what_another_writes_between_question_and_step_is_never_overwritten_unseen() {
    let writers: [fn(usize) -> bool; 4] = [
        |number| number == 1,
        |number| number <= 2,
        |number| number % 2 == 1,
        |_| true,
    ];
    for writes in writers {
        for ahead in [1, 2, 8, 64] {
            let host = Shared::new(writes);
            let plain: Arc<dyn Host> = host.clone();
            let told = run(&plain, &contested(), ahead, false);
            let content = host.content();
            let asked = *host.asked.lock().unwrap();
            for number in (1..=asked).filter(|number| writes(*number)) {
                let line = format!("other{number}\n");
                assert!(
                    content.contains(&line),
                    "{ahead}: {line} is lost: {content}"
                );
            }
            // A change is planned from what was asked after its task began.
            if asked_once(writes) {
                assert!(told.iter().skip(1).all(|told| told.contains(" Changed ")));
            }
            // Each task either did its work or says that it was disturbed.
            for (n, told) in told.iter().skip(1).enumerate() {
                let done = content.contains(&format!("own{n}\n"));
                assert_eq!(done, told.contains(" Changed "), "{ahead}: {told}");
                assert!(
                    done || told.contains("was changed while"),
                    "{ahead}: {told}"
                );
            }
        }
    }
}

fn attributes_of(path: &str) -> Question {
    Question::Path {
        path: path.into(),
        follow: false,
        content: Content::None,
    }
}

/// Answers are forgotten as soon as any host of the run may change the machine, and before they are old.
#[test]
fn an_answer_is_used_while_nothing_may_have_changed_the_machine() {
    let (limits, changes) = (Limits::default(), Changes::default());
    let machine = Arc::new(machine());
    let [one, other] = ["one", "other"].map(|_| Ahead::over(machine.clone(), changes.clone()));
    let elsewhere = Ahead::over(machine.clone(), Changes::default());
    let question = [attributes_of("/etc/file0")];
    let asks = || {
        let before = machine.traffic().round_trips;
        one.ask(&question, &limits).unwrap();
        machine.traffic().round_trips - before
    };
    let remove = Step::Remove {
        path: "/etc/file1".into(),
        directory: false,
    };
    assert_eq!(asks(), 1);
    one.ask_ahead(&question, &limits).unwrap();
    assert_eq!([asks(), asks()], [0, 0]);
    elsewhere.apply(&remove, &limits).unwrap();
    assert_eq!(asks(), 0);
    // Nothing is applied.
    other.apply_all(&[], &limits).unwrap();
    assert_eq!(asks(), 0);
    other.apply_all(&[remove], &limits).unwrap();
    assert_eq!(asks(), 1);
    one.ask_ahead(&question, &limits).unwrap();
    assert_eq!(asks(), 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(asks(), 1);
}

/// One task of a random list.
fn any_task() -> impl Strategy<Value = String> {
    (0..12_u8, 0..4_u8, 0..4_u8).prop_map(|(kind, a, b)| {
        let task = match kind {
            0 => format!("copy: {{dest: /etc/file{a}, content: 'key{b}'}}"),
            1 => format!("file: {{path: /etc/file{a}, state: file, mode: '064{b}'}}"),
            2 => format!("file: {{path: /etc/file{a}, state: absent}}"),
            3 => format!("lineinfile: {{path: /etc/file{a}, line: 'key{b} = {b}', create: true}}"),
            4 => format!("stat: {{path: /etc/file{a}}}\n      register: r{b}"),
            5 => format!("debug: {{msg: \"{{{{ (r{a} | default({{}})).changed | default('none') }}}}\"}}"),
            6 => format!("file: {{path: /etc/file{a}, state: touch}}\n      when: (r{b}.stat | default({{}})).exists | default(true)"),
            7 => format!("set_fact: {{chosen: {a}}}"),
            8 => format!("copy: {{dest: \"/etc/file{{{{ chosen | default({a}) }}}}\", content: '{b}'}}"),
            9 => format!("file: {{path: '/etc/file{{{{ item }}}}', state: {}}}\n      loop: [{a}, {b}, {a}]", if b == 0 { "absent" } else { "touch" }),
            10 => format!("command: {{cmd: 'true', creates: /etc/file{a}}}"),
            _ => format!("copy: {{dest: /etc/other{a}, src: /etc/file{b}, remote_src: true}}"),
        };
        format!("    - {task}\n      ignore_errors: true\n")
    })
}

/// Returns what is on the machine, but not its times and numbers.
fn everything(host: &dyn Host) -> Vec<String> {
    let question = Question::Tree {
        path: "/".into(),
        depth: None,
    };
    let answers = host.ask(&[question], &Limits::default()).unwrap();
    let found = answers.into_iter().flat_map(Answer::into_tree);
    let shown = found.map(|(path, node)| {
        let mut content = Vec::new();
        let _ = host.fetch(&path, &mut content, &Limits::default());
        let content = String::from_utf8_lossy(&content).into_owned();
        format!("{path} {:?} {:o} {content}", node.kind, node.mode)
    });
    shown.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_run_does_and_says_the_same_whatever_is_asked_ahead(
        tasks in proptest::collection::vec(any_task(), 1..24),
    ) {
        let tasks = tasks.concat();
        for check in [true, false] {
            let run_with = |ahead| {
                let host: Arc<dyn Host> = Arc::new(machine());
                let told = run(&host, &tasks, ahead, check);
                (told, everything(&*host))
            };
            let expected = run_with(1);
            for ahead in [2, 8, 64] {
                prop_assert_eq!(&run_with(ahead), &expected, "{} {}", ahead, &tasks);
            }
        }
    }
}
