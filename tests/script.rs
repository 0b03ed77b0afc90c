//! Roles written as scripts: they do what the same roles do in YAML, and their mistakes are told.

use rmqplay::host::{Cancel, Host, HostError, Memory, Output};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::{Event, Status, TaskResult};
use rmqplay::run::{Connector, Options, Parts, Session, Settings, TagFilter};
use rmqplay::source::Problems;
use rmqplay::value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

/// What a run told.
struct Told {
    events: Vec<Event>,
    problems: Option<Problems>,
}

/// Carries out a playbook on hosts in memory, which stay as they are left in `machines`.
fn run(path: &Path, hosts: &[&str], options: Options, machines: &Arc<Machines>) -> Told {
    let (events, told) = channel();
    let machines = machines.clone();
    let connect = move |settings: &Settings| machines.connect(settings);
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&[format!("{},", hosts.join(","))]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options,
        playbook_folder: path.parent().unwrap().to_owned(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| None),
        events,
    });
    let result = session.loader.playbook(path).and_then(|playbook| {
        session.validate(&playbook, true)?;
        session.playbook(&playbook, &[], None)
    });
    session.finish();
    drop(session);
    Told {
        events: told.iter().collect(),
        problems: result.err(),
    }
}

/// The hosts of a test, by name.
#[derive(Default)]
struct Machines(Mutex<HashMap<String, Arc<dyn Host>>>);

impl Machines {
    fn connect(&self, settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
        if settings.name.starts_with("gone") {
            let reason = "connection refused".to_owned();
            return Err(HostError::Unreachable { reason, help: None });
        }
        let mut machines = self.0.lock().unwrap();
        let machine = machines.entry(settings.name.to_string());
        let failed = Output {
            status: 1,
            ..Output::default()
        };
        let machine = machine.or_insert_with(|| {
            let machine = Memory::machine()
                .file("/etc/hosts", "127.0.0.1 localhost\n")
                .output(&["true"], Output::default())
                .output(&["false"], failed)
                .fact("hostname", &*settings.name);
            Arc::new(machine)
        });
        Ok(machine.clone())
    }
}

fn results(told: &Told) -> impl Iterator<Item = &TaskResult> {
    told.events.iter().filter_map(|event| match event {
        Event::TaskFinished(result) => Some(&**result),
        _ => None,
    })
}

/// Shows what each host was told in its order, without what differs between YAML and a script:
/// the role's name, and how a condition was written.
fn lines(told: &Told) -> BTreeMap<String, Vec<String>> {
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for result in results(told) {
        let name = result
            .task
            .name
            .replace("rhai : ", "")
            .replace("yaml : ", "");
        let mut fields = value::to_json(&result.result);
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("false_condition");
        }
        let diffs: Vec<_> = result.diffs.iter().map(ToString::to_string).collect();
        let message = result.message.as_deref().unwrap_or_default();
        let line = format!(
            "{name} | {} | {:?} {} | {:?} | {message} | {fields} | {}",
            result.task.action,
            result.status,
            result.ignored,
            result.delegated_to,
            diffs.join("")
        );
        let line = line
            .replace("roles/rhai", "ROLE")
            .replace("roles/yaml", "ROLE");
        hosts.entry(result.host.to_string()).or_default().push(line);
    }
    for event in &told.events {
        if let Event::RunFinished { recap, .. } = event {
            for (host, recap) in recap {
                let lines = hosts.entry(host.to_string()).or_default();
                lines.push(format!("{recap:?}"));
            }
        }
    }
    hosts
}

fn options(check: bool) -> Options {
    Options {
        check,
        diff: true,
        ..Options::default()
    }
}

fn good(told: &Told) {
    if let Some(problems) = &told.problems {
        panic!("{}", problems.render(false));
    }
}

/// Runs the role in YAML and the role in Rhai and compares.
fn same(options: &Options) {
    let folder = Path::new("tests/script/same");
    let hosts = ["one", "two", "gone", "three"];
    let (of_yaml, of_rhai) = (Arc::default(), Arc::default());
    for round in ["first run", "second run"] {
        let yaml = run(&folder.join("yaml.yml"), &hosts, options.clone(), &of_yaml);
        let rhai = run(&folder.join("rhai.yml"), &hosts, options.clone(), &of_rhai);
        good(&yaml);
        good(&rhai);
        for ((host, yaml), (_, rhai)) in lines(&yaml).iter().zip(&lines(&rhai)) {
            pretty(host, round, yaml, rhai);
        }
    }
}

fn pretty(host: &str, round: &str, yaml: &[String], rhai: &[String]) {
    let mut difference = String::new();
    for index in 0..yaml.len().max(rhai.len()) {
        let (yaml, rhai) = (yaml.get(index), rhai.get(index));
        if yaml != rhai {
            let _ = writeln!(difference, "yaml: {yaml:#?}\nrhai: {rhai:#?}");
        }
    }
    assert!(difference.is_empty(), "{host}, {round}:\n{difference}");
}

#[test]
fn a_role_in_rhai_does_and_tells_what_it_does_in_yaml() {
    same(&options(false));
}

#[test]
fn a_role_in_rhai_predicts_what_it_predicts_in_yaml() {
    same(&options(true));
}

#[test]
fn tags_choose_the_same_tasks_of_a_role_in_rhai() {
    for (tags, skip) in [("lines", ""), ("", "lines"), ("tagged", ""), ("never", "")] {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let tags = TagFilter {
            tags: words(tags),
            skip: words(skip),
        };
        same(&Options {
            tags,
            ..options(false)
        });
    }
}

#[test]
fn two_hundred_hosts_come_through_a_script_together() {
    let names: Vec<String> = (0..200).map(|number| format!("host{number:03}")).collect();
    let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
    let path = Path::new("tests/script/many/playbook.yml");
    let told = run(path, &hosts, options(false), &Arc::default());
    good(&told);
    let failed = results(&told).filter(|result| result.status == Status::Failed);
    let failed: Vec<_> = failed
        .map(|result| (&result.host, &result.message))
        .collect();
    assert_eq!(failed, []);
    // Each host makes as many files as its number says, and one task runs once for all.
    let made = results(&told).filter(|result| result.task.name.ends_with("of its own"));
    assert_eq!(
        made.count(),
        (0..200).map(|number| number % 5).sum::<usize>()
    );
    let once = results(&told).filter(|result| result.task.name.ends_with("once for all"));
    assert_eq!(once.count(), 1);
}
