//! A case: a machine, the tasks for it, and the expected outcome.

use super::expect::Expect;
use super::keys;
use super::machine::Declared;
use crate::source::{LocalPath, Place, Problem, Problems, Result, SourceFile};
use crate::yaml::{self, Data, Map, Node};
use std::sync::Arc;

/// The keys of a case.
const KEYS: &[&str] = &[
    "name",
    "host",
    "inventory",
    "hosts",
    "gather_facts",
    "vars",
    "role",
    "tasks",
    "expect",
    "lab",
];

/// A machine, the tasks for it, and the expected outcome.
pub(super) struct Case {
    /// Its name, unique within the file.
    pub(super) name: String,
    /// The place of the name.
    pub(super) place: Place,
    /// The machine before the run.
    pub(super) host: Arc<Declared>,
    /// The inventory with the hosts, relative to the folder of the playbooks; a single host if
    /// `None`.
    pub(super) inventory: Option<Node>,
    /// The playbook with only this play.
    pub(super) playbook: Node,
    /// The expected outcome.
    pub(super) expect: Expect,
    /// Whether it also runs on the hosts of a lab.
    pub(super) lab: bool,
}

impl Case {
    /// Returns its full name: `tests/greeting.yml: a new host is greeted`.
    pub(super) fn title(&self) -> String {
        format!("{}: {}", self.place.file.shown(), self.name)
    }
}

/// Returns the cases of these files.
pub(super) fn read_all(files: &[LocalPath]) -> Result<Vec<Case>> {
    let mut problems = Problems::default();
    let mut cases = Vec::new();
    for path in files {
        let node = SourceFile::read(path).and_then(|file| yaml::read(&file));
        if let Some(node) = problems.take(node) {
            cases.extend(read_file(&node, &mut problems));
        }
    }
    problems.or(cases)
}

fn read_file(node: &Node, problems: &mut Problems) -> Vec<Case> {
    let form = "a list of cases, each with \"name\", \"tasks\" or \"role\", and \"expect\"";
    let list = node.as_list().unwrap_or_default();
    if list.is_empty() {
        let message = "there is no case in this file";
        problems.push(Problem::at(&node.place, message).help(format!("it holds {form}")));
    }
    let mut cases: Vec<Case> = Vec::new();
    if !list.is_empty() && list.iter().all(is_play) {
        let path = node.place.file.shown();
        tracing::warn!("{path} is a playbook without cases: skipped");
        return Vec::new();
    }
    for item in list {
        if is_play(item) {
            let message = "this is a play, not a case";
            let advice = format!("a file in a folder `tests` must contain {form}");
            problems.push(Problem::at(&item.place, message).help(advice));
            continue;
        }
        let Some(case) = read(item, problems) else {
            continue;
        };
        if let Some(other) = cases.iter().find(|other| other.name == case.name) {
            let message = format!("two cases are named \"{}\"", case.name);
            problems.push(Problem::at(&case.place, message).related(&other.place, "the other one"));
        }
        cases.push(case);
    }
    cases
}

/// Returns whether a node is a play, as in the `tests` of roles made for Ansible.
fn is_play(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    (has("hosts") && has("roles")) || has("import_playbook")
}

fn read(node: &Node, problems: &mut Problems) -> Option<Case> {
    let entries = keys::entries(node, "a case", KEYS, problems);
    let get = |name: &str| entries.iter().find(|(key, _)| *key == name);
    let get = |name: &str| get(name).map(|(_, value)| *value);
    node.as_map()?;
    let Some(named) = get("name") else {
        problems.push(Problem::at(&node.place, "this case has no name").label("no \"name\""));
        return None;
    };
    let name = keys::text(named, "the name of a case", problems)?;
    if get("role").is_none() && get("tasks").is_none() {
        let message = format!("the case \"{name}\" does nothing");
        let advice = "give it a \"role\" or \"tasks\"".to_owned();
        problems.push(Problem::at(&named.place, message).help(advice));
    }
    if let (Some(hosts), None) = (get("hosts"), get("inventory")) {
        let message = "without an inventory a case has one host";
        let advice = "give it an \"inventory\", too".to_owned();
        problems.push(Problem::at(&hosts.place, message).help(advice));
    }
    let host = get("host").map(|host| Declared::read(host, problems));
    let expect = get("expect").map(|expect| Expect::read(expect, problems));
    let lab = get("lab").and_then(|lab| keys::flag(lab, "lab", problems));
    let inventory =
        get("inventory").filter(|node| keys::text(node, "inventory", problems).is_some());
    Some(Case {
        place: named.place.clone(),
        host: Arc::new(host.unwrap_or_default()),
        inventory: inventory.cloned(),
        playbook: playbook(&named.place, get),
        expect: expect.unwrap_or_default(),
        lab: lab.unwrap_or(true),
        name,
    })
}

/// Returns the playbook of a case: one play, built from the case.
fn playbook<'n>(place: &Place, get: impl Fn(&str) -> Option<&'n Node>) -> Node {
    let node = |data| Node {
        data,
        place: place.clone(),
    };
    let text = |text: &str| node(Data::Text(text.into()));
    let hosts = get("hosts").cloned().unwrap_or_else(|| text("all"));
    let mut play: Map = vec![(text("hosts"), hosts)];
    for key in ["gather_facts", "vars", "tasks"] {
        play.extend(get(key).map(|value| (text(key), value.clone())));
    }
    if let Some(role) = get("role") {
        let list = Node {
            data: Data::List(vec![role.clone()]),
            place: role.place.clone(),
        };
        play.push((text("roles"), list));
    }
    node(Data::List(vec![node(Data::Map(play))]))
}
