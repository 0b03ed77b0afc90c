//! What stands for true or false is the same everywhere: each keyword, variable and argument that
//! takes a boolean is tried with each spelling, given as the text of a variable.

use rmqplay::host::{Cancel, Host, HostError, Memory};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{KEYWORDS, Kind, LoadOptions, Loader};
use rmqplay::report::Event;
use rmqplay::run::{Connector, Options, Parts, Session, Settings};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::mpsc::channel;

const TRUE: &[&str] = &["true", "True", "yes", "YES", "on", "1", "y", "T", " on "];
const FALSE: &[&str] = &["false", "FALSE", "no", "No", "off", "0", "n", "F", " off "];
const NEITHER: &[&str] = &["nein", "maybe", "2", "1.0", "tru"];

/// Who takes a boolean, and a play in which it makes a difference: `TRUTH` is its value. A play
/// that is not given in full is the tasks of one.
const PLACES: &[(&str, &str)] = &[
    (
        "any_errors_fatal",
        "- {fail: {msg: no}, when: inventory_hostname == 'web1', any_errors_fatal: TRUTH}\n- ping:",
    ),
    ("become", "- {ping: , become: TRUTH}"),
    (
        "ansible_become",
        "- {ping: , vars: {ansible_become: TRUTH}}",
    ),
    (
        "check_mode",
        "- {lineinfile: {path: /f, line: a, create: true}, check_mode: TRUTH}\n\
         - lineinfile: {path: /f, line: a, create: true}",
    ),
    (
        "delegate_facts",
        "- {set_fact: {z: 1}, delegate_to: web2, delegate_facts: TRUTH, when: inventory_hostname == 'web1'}\n\
         - debug: {msg: \"{{ hostvars['web2'].z | default('none') }}\"}",
    ),
    (
        "diff",
        "- {lineinfile: {path: /f, line: a, create: true}, diff: TRUTH}",
    ),
    (
        "force_handlers",
        "- hosts: web\n  gather_facts: false\n  force_handlers: TRUTH\n  handlers: [{name: h, ping: }]\n\
         \x20 tasks:\n    - {command: 'true', notify: h, changed_when: true}\n    - fail: {msg: no}",
    ),
    (
        "gather_facts",
        "- hosts: web\n  gather_facts: TRUTH\n  tasks: [{ping: }]",
    ),
    (
        "ignore_errors",
        "- {fail: {msg: no}, ignore_errors: TRUTH}\n- ping:",
    ),
    (
        "ignore_unreachable",
        "- {ping: , become: true, ignore_unreachable: TRUTH}\n- ping:",
    ),
    ("no_log", "- {debug: {msg: hello}, no_log: TRUTH}"),
    ("run_once", "- {ping: , run_once: TRUTH}"),
    (
        "an argument of a module",
        "- lineinfile: {path: /new, line: x, create: TRUTH}",
    ),
];

/// Runs a play with a variable `x` and returns what was told of each host.
fn told(play: &str, truth: &str, x: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let play = match play.strip_prefix("- hosts:") {
        Some(_) => play.to_owned(),
        None => format!(
            "- hosts: web\n  gather_facts: false\n  tasks:\n{}",
            play.lines()
                .fold(String::new(), |text, line| text + "    " + line + "\n")
        ),
    };
    let play = play.replacen(
        "- hosts: web\n",
        &format!("- hosts: web\n  vars: {{x: '{x}'}}\n"),
        1,
    );
    let path = folder.path().join("site.yml");
    std::fs::write(&path, play.replace("TRUTH", truth)).unwrap();
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&["tests/run/inventory.yml".to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options::default(),
        playbook_folder: folder.path().into(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let loaded = session.loader.playbook(&path).unwrap();
    session.playbook(&loaded, &[], None).unwrap();
    drop(session);
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    for event in told {
        if let Event::TaskFinished(result) = event {
            let text = hosts.entry(result.host.to_string()).or_default();
            let (name, message) = (&result.task.name, result.message.as_deref());
            let ignored = if result.ignored { " ignored" } else { "" };
            let shown = result.result.get_attr("msg").unwrap_or_default();
            let diffs = result.diffs.len();
            let status = result.status;
            let _ = writeln!(
                text,
                "{name} {status:?}{ignored} {} {shown} {diffs}",
                message.unwrap_or_default()
            );
        }
    }
    hosts
        .into_iter()
        .map(|(host, text)| format!("{host}\n{text}"))
        .collect()
}

/// Nobody can be become here, so that it shows whether that was tried.
fn connect(settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
    if settings.r#become.is_some() {
        let reason = "nobody can be become".to_owned();
        return Err(HostError::Unreachable { reason, help: None });
    }
    let output = rmqplay::host::Output::default();
    Ok(Arc::new(Memory::machine().output(&["true"], output)))
}

#[test]
fn every_place_that_takes_a_boolean_takes_every_spelling() {
    for (place, play) in PLACES {
        let (yes, no) = (told(play, "true", ""), told(play, "false", ""));
        assert_ne!(yes, no, "{place} makes no difference");
        for (spellings, expected) in [(TRUE, &yes), (FALSE, &no)] {
            for spelling in spellings {
                let found = told(play, "\"{{ x }}\"", spelling);
                assert_eq!(&found, expected, "{place}: {spelling:?}");
            }
        }
    }
}

#[test]
fn what_is_neither_true_nor_false_is_an_error_with_its_place() {
    for (place, play) in PLACES {
        // It is looked at once a host has failed: then that is what is reported.
        if *place == "force_handlers" {
            continue;
        }
        for spelling in NEITHER {
            let found = told(play, "\"{{ x }}\"", spelling);
            assert!(
                found.contains("a boolean, found") || found.contains("has been hidden"),
                "{place}: {spelling:?}: {found}"
            );
        }
    }
}

#[test]
fn every_keyword_that_is_a_boolean_is_tried() {
    let booleans = KEYWORDS
        .iter()
        .filter(|keyword| keyword.kind == Kind::Boolean);
    for keyword in booleans {
        assert!(
            PLACES.iter().any(|(place, _)| *place == keyword.name),
            "{}",
            keyword.name
        );
    }
}

#[test]
fn a_keyword_that_is_omitted_is_not_given() {
    let play = "- {fail: {msg: no}, ignore_errors: TRUTH}\n- ping:";
    let omitted = told(play, "\"{{ nowhere | default(omit) }}\"", "");
    assert_eq!(omitted, told(play, "false", ""));
}
