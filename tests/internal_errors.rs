//! Panics: the run goes on with what is not concerned, and ends with a recap of all hosts.

use rmqplay::change::Change;
use rmqplay::host::{Cancel, Host, HostError, Memory};
use rmqplay::inventory::Inventory;
use rmqplay::module::{Entry, Module, ModuleError, PlanContext, Registry, Writes};
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::{Event, Recap};
use rmqplay::run::{Connector, Options, Parts, Session, Settings};
use rmqplay::source::SourceFile;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// A module with a mistake: it panics on the host `a`.
struct Broken;

impl Module for Broken {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let facts = context.host.facts()?;
        let name = facts.0.get("hostname").map(ToString::to_string);
        assert!(name.as_deref() != Some("a"), "the module is broken");
        Ok(Change::default())
    }
}

fn registry() -> Registry {
    let mut registry = rmqplay::modules::built_in();
    registry.insert(Entry {
        name: "broken".to_owned(),
        names: vec!["broken".to_owned()],
        aliases: Vec::new(),
        raw: &[],
        paths: Vec::new(),
        relative_paths: Vec::new(),
        free_form: None,
        any_argument: false,
        once: false,
        writes: Writes::Nothing,
        example: String::new(),
        returns: Vec::new(),
        schema: schemars::json_schema!({}),
        file: None,
        make: Box::new(|_| Ok(Box::new(Broken))),
    });
    registry
}

fn connect(settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
    assert!(&*settings.name != "bad", "the connector is broken");
    let host = Memory::machine().fact("hostname", &*settings.name);
    Ok(Arc::new(host))
}

/// Runs tasks on hosts `a` and `b`, and another play after it; returns the recap, what was said
/// of the hosts, and whether the run could be carried out.
fn run(hosts: &str, tasks: &str) -> (BTreeMap<String, Recap>, String, bool) {
    let head = "hosts: all\n  gather_facts: false\n  tasks:\n";
    let text = format!("- {head}{tasks}- {head}    - debug: {{msg: the second play}}\n");
    let file = SourceFile::new("play.yml", text);
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: registry(),
        inventory: Inventory::load(&[hosts.to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options::default(),
        playbook_folder: "/".into(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let result = session
        .loader
        .playbook_in(&file)
        .and_then(|playbook| session.playbook(&playbook, &[], None));
    session.finish();
    drop(session);
    let (mut counted, mut said) = (BTreeMap::new(), String::new());
    for event in told {
        match event {
            Event::TaskFinished(result) => {
                let message = result.message.as_deref().unwrap_or_default();
                said += &format!("{}: {message}\n", result.host);
            }
            Event::Warning { text, .. } => said += &text,
            Event::RunFinished { recap, .. } => {
                counted = recap
                    .into_iter()
                    .map(|(host, recap)| (host.to_string(), recap))
                    .collect();
            }
            _ => {}
        }
    }
    (counted, said, result.is_ok())
}

#[test]
fn a_module_that_panics_fails_on_its_host_alone() {
    let tasks = "    - broken: {}\n    - debug: {msg: next}\n";
    let (recap, said, carried_out) = run("a,b", tasks);
    assert!(carried_out);
    assert_eq!((recap["a"].failed, recap["a"].ok), (1, 0), "{said}");
    assert_eq!((recap["b"].failed, recap["b"].ok), (0, 3), "{said}");
    let expected = "a: internal error in rmqplay: the module is broken";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_panic_leaves_no_other_host_waiting() {
    for keywords in [
        "throttle: 1",
        "run_once: true",
        "until: true\n      retries: 1",
    ] {
        let (recap, said, _) = run("a,b", &format!("    - broken: {{}}\n      {keywords}\n"));
        assert_eq!(recap["a"].failed, 1, "{keywords}: {said}");
    }
}

#[test]
fn a_connector_that_panics_fails_its_host() {
    let (recap, said, _) = run("bad,b", "    - ping:\n");
    assert_eq!((recap["bad"].failed, recap["b"].ok), (1, 2), "{said}");
}
