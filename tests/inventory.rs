//! Inventories: the same answers as Ansible's, and what is said about mistakes.

use rmqplay::inventory::{Inventory, list_json};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/inventories")
}

fn load(path: &Path) -> Inventory {
    Inventory::load(&[path.display().to_string()]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the paths in the folder of cases that a predicate takes, sorted.
fn find(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cases()).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| wanted(path));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn lists_are_those_of_ansible() {
    for case in find(Path::is_dir) {
        let single = case.join("hosts.yml");
        let source = if single.exists() {
            single
        } else {
            case.join("inv")
        };
        let inventory = load(&source);
        let all = inventory.pattern("all").unwrap();
        let mut got = list_json(&inventory, &all, None).unwrap();
        got["_meta"]
            .as_object_mut()
            .unwrap()
            .shift_remove("profile");
        assert_eq!(got, json(&case.join("expected.json")), "{}", case.display());
    }
}

#[test]
fn files_that_ansible_refuses_are_refused() {
    for case in find(|path| path.to_string_lossy().ends_with(".expected.json")) {
        let source = case.to_string_lossy().replace(".expected.json", ".yml");
        let loaded = Inventory::load(&[source]);
        assert_eq!(loaded.is_ok(), json(&case)["rc"] == 0, "{}", case.display());
    }
}

#[test]
fn patterns_pick_what_they_pick_in_ansible() {
    let cases_of: Map<String, Value> = json(&cases().join("patterns.json"))
        .as_object()
        .unwrap()
        .clone();
    for (case, patterns) in cases_of {
        let inventory = load(&cases().join(case).join("hosts.yml"));
        for (pattern, expected) in patterns.as_object().unwrap() {
            let got = inventory.pattern(pattern).unwrap();
            let expected: Vec<&str> = expected
                .as_array()
                .unwrap()
                .iter()
                .map(|host| host.as_str().unwrap())
                .collect();
            assert_eq!(
                got.iter().map(|host| &**host).collect::<Vec<_>>(),
                expected,
                "{pattern}"
            );
        }
    }
}
