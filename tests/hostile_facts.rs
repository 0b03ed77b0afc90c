//! What a host says of itself does not change how it is reached, or as whom.

use rmqplay::host::{Cancel, Host, HostError, Memory};
use rmqplay::inventory::{Inventory, connection_variables};
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::Event;
use rmqplay::run::{Connector, Options, Parts, Session, Settings};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

/// Facts that are text and no more.
const TEXTS: &[(&str, &str)] = &[
    ("hostname", "{{ lookup('env', 'HOME') }}"),
    ("fqdn", "a\nb"),
    ("nodename", "\u{1b}[31mred"),
    ("x_y_z", "{% for a in b %}"),
    ("__class__", "{{ 1 }}"),
];

/// Runs a playbook on a host with these facts; returns all ways in which it was reached, and what
/// was told.
fn run(playbook: &str, facts: &[(String, String)]) -> (Vec<Settings>, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.yml");
    std::fs::write(&path, playbook).unwrap();
    let reached: Arc<Mutex<Vec<Settings>>> = Arc::default();
    let (seen, facts) = (reached.clone(), facts.to_vec());
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&["web,".to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options::default(),
        playbook_folder: folder.path().into(),
        connector: Connector::new(Box::new(move |settings| {
            seen.lock().unwrap().push(settings.clone());
            let machine = facts
                .iter()
                .fold(Memory::machine(), |machine, (name, value)| {
                    machine.fact(name, value.as_str())
                });
            Ok::<Arc<dyn Host>, HostError>(Arc::new(machine))
        })),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let playbook = session.loader.playbook(&path).unwrap();
    session.playbook(&playbook, &[], None).unwrap();
    drop(session);
    let reached = reached.lock().unwrap().clone();
    (reached, told.into_iter().collect())
}

fn messages(told: &[Event]) -> Vec<String> {
    let finished = told.iter().filter_map(|event| match event {
        Event::TaskFinished(result) => Some(result),
        _ => None,
    });
    finished
        .filter(|result| result.task.action == "debug")
        .map(|result| result.result.get_attr("msg").unwrap().to_string())
        .collect()
}

#[test]
fn facts_with_names_of_connection_variables_do_not_steer() {
    let names = connection_variables::names();
    let names: Vec<&str> = names
        .filter_map(|name| name.strip_prefix("ansible_"))
        .collect();
    let facts: Vec<_> = names
        .iter()
        .map(|name| ((*name).to_owned(), "yes".to_owned()))
        .collect();
    let playbook = "- hosts: web\n  gather_facts: true\n  tasks:\n    - setup:\n    - ping:\n\
        \x20   - debug: {msg: \"{{ ansible_connection | default('unset') }} {{ ansible_become | default('unset') }} \
         {{ ansible_facts.connection }} {{ ansible_host }}\"}\n    - {ping: , delegate_to: web}\n";
    let (reached, told) = run(playbook, &facts);
    assert_eq!(reached.len(), 1, "{reached:?}");
    assert_eq!(messages(&told), ["ssh unset yes web"]);
    let gathered = told.iter().find_map(|event| match event {
        Event::TaskFinished(result) => Some(result),
        _ => None,
    });
    let warnings = &gathered.unwrap().warnings;
    assert_eq!(warnings.len(), names.len(), "{warnings:?}");
    assert!(
        warnings
            .iter()
            .any(|text| text.starts_with("the fact \"connection\" ")),
        "{warnings:?}"
    );
}

#[test]
fn facts_are_text_and_never_run() {
    let facts: Vec<_> = TEXTS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    for (name, value) in TEXTS {
        let playbook = format!(
            "- hosts: web\n  gather_facts: true\n  tasks:\n    - debug: {{msg: \"{{{{ ansible_{name} }}}}\"}}\n\
             \x20   - debug: {{msg: \"{{{{ ansible_facts['{name}'] }}}}\"}}\n"
        );
        let (_, told) = run(&playbook, &facts);
        assert_eq!(messages(&told), [*value, *value], "{name}");
    }
}

#[test]
fn what_a_playbook_sets_steers_all_the_same() {
    let playbook = "- hosts: web\n  gather_facts: false\n  tasks:\n    - ping:\n\
        \x20   - set_fact: {ansible_user: admin}\n    - ping:\n";
    let (reached, _) = run(playbook, &[]);
    assert_eq!(reached.len(), 2, "{reached:?}");
}
