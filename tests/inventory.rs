//! Inventories: the same answers as Ansible's, and what is said about mistakes.

use proptest::prelude::*;
use rmqplay::inventory::{Inventory, connection_variables, list_json};
use rmqplay::source::shown;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod command;
mod mistakes;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn load(sources: &[String]) -> Inventory {
    Inventory::load(sources).unwrap_or_else(|problems| panic!("{problems}"))
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// Returns the paths in a folder of cases that a predicate takes, sorted.
fn find(folder: &str, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/conformance").join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| wanted(path));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// Returns what `-i` names in a case.
fn sources(case: &Path) -> Vec<String> {
    let Ok(names) = std::fs::read_to_string(case.join("sources")) else {
        let single = case.join("hosts.yml");
        let source = if single.exists() {
            single
        } else {
            case.join("inv")
        };
        return vec![source.display().to_string()];
    };
    names
        .lines()
        .map(|name| match case.join(name) {
            path if path.exists() => path.display().to_string(),
            _ => name.to_owned(),
        })
        .collect()
}

fn check_list(case: &Path) {
    let inventory = load(&sources(case));
    let mut hosts = inventory.pattern("all").unwrap();
    if let Ok(limit) = std::fs::read_to_string(case.join("limit")) {
        let limit = limit.replace('@', &format!("@{}/", case.display()));
        hosts = inventory.limit(hosts, &limit).unwrap();
    }
    // As ansible-inventory: the current folder stands for that of the playbook.
    let playbook = case.join("playbook");
    let folder = if playbook.is_dir() { &playbook } else { case };
    let mut got = list_json(&inventory, &hosts, Some(folder)).unwrap();
    got["_meta"]
        .as_object_mut()
        .unwrap()
        .shift_remove("profile");
    assert_eq!(got, json(case.join("expected.json")), "{}", case.display());
}

fn check_patterns(case: &Path, patterns: &Value) {
    let inventory = Inventory::load_as_ansible(&sources(case)).unwrap();
    for (pattern, expected) in patterns.as_object().unwrap() {
        let got = inventory.pattern(pattern).unwrap();
        let got: Vec<&str> = got.iter().map(|host| &**host).collect();
        assert_eq!(
            serde_json::json!(got),
            *expected,
            "{pattern} in {}",
            case.display()
        );
    }
}

#[test]
fn lists_are_those_of_ansible() {
    for folder in ["inventories", "more-inventories"] {
        for case in find(folder, Path::is_dir) {
            check_list(&case);
        }
    }
}

#[test]
fn patterns_pick_what_they_pick_in_ansible() {
    for (case, patterns) in json(root().join("tests/conformance/inventories/patterns.json"))
        .as_object()
        .unwrap()
    {
        check_patterns(
            &root().join("tests/conformance/inventories").join(case),
            patterns,
        );
    }
    for case in find("more-inventories", |path| {
        path.join("patterns.json").exists()
    }) {
        check_patterns(&case, &json(case.join("patterns.json")));
    }
}

#[test]
fn files_that_ansible_refuses_are_refused() {
    for case in find("inventories", |path| {
        path.to_string_lossy().ends_with(".expected.json")
    }) {
        let source = case.to_string_lossy().replace(".expected.json", ".yml");
        let loaded = Inventory::load(&[source]);
        assert_eq!(loaded.is_ok(), json(&case)["rc"] == 0, "{}", case.display());
    }
}

#[test]
fn variables_come_in_the_order_of_precedence() {
    let case = root().join("tests/conformance/more-inventories/vars-of-playbook");
    let inventory = load(&sources(&case));
    let layers = inventory
        .host_variables("h2", Some(&case.join("playbook")))
        .unwrap();
    let origins: Vec<String> = layers
        .iter()
        .map(|layer| layer.origin.replace(&format!("{}/", shown(&case)), ""))
        .collect();
    assert_eq!(
        origins,
        [
            "group all",
            "group web",
            "group_vars/all.yml",
            "playbook/group_vars/all.yml",
            "group_vars/web.yml",
            "playbook/group_vars/web.yml",
            "host h2",
            "playbook/host_vars/h2.yml",
        ]
    );
    let (name, node) = layers[7].variables.first().unwrap();
    assert_eq!((&**name, node.place.line()), ("k", 1));
}

#[test]
fn this_machine_needs_no_inventory() {
    let inventory = load(&[]);
    assert!(inventory.pattern("all").unwrap().is_empty());
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(inventory.pattern(name).unwrap(), [Arc::from(name)]);
        let layers = inventory.host_variables(name, None).unwrap();
        assert_eq!(
            layers[0].variables["ansible_connection"].as_text(),
            Some("local")
        );
    }
    assert!(inventory.pattern("all:!localhost").unwrap().is_empty());
}

#[test]
fn groups_are_told_as_the_magic_variables_want_them() {
    let inventory = load(&sources(
        &root().join("tests/conformance/more-inventories/patterns"),
    ));
    let groups = inventory.hosts_of_groups();
    assert_eq!(
        groups["webs"],
        [Arc::from("web4"), Arc::from("db1.example.com")]
    );
    assert_eq!(groups["ungrouped"], [Arc::from("gw1"), Arc::from("alpha")]);
    assert!(groups["empty"].is_empty());
    assert_eq!(
        inventory.groups_of("web4"),
        [Arc::from("web"), Arc::from("webs")]
    );
    assert_eq!(
        *inventory.hosts()["web4"].groups,
        ["all", "web", "webs"].map(Arc::from)
    );
}

proptest! {
    #[test]
    fn any_pattern_picks_hosts_of_the_inventory_or_is_refused(
        pattern in r"[ab12:,&!*?~\[\]() .|-]{0,16}",
    ) {
        let sources = ["a1,a2,b1,".to_owned()];
        for inventory in [Inventory::load(&sources), Inventory::load_as_ansible(&sources)] {
            let inventory = inventory.unwrap();
            if let Ok(hosts) = inventory.pattern(&pattern) {
                prop_assert!(hosts.iter().all(|host| inventory.hosts().contains_key(host)));
            }
        }
    }

    #[test]
    fn what_a_pattern_leaves_out_and_what_it_picks_are_all_hosts(name in "[ab][*12]") {
        let inventory = load(&["a1,a2,b1,b2".to_owned()]);
        let mut hosts = inventory.pattern(&name).unwrap();
        hosts.extend(inventory.pattern(&format!("all:!{name}")).unwrap());
        hosts.sort_unstable();
        prop_assert_eq!(hosts, inventory.pattern("all").unwrap());
    }
}

#[test]
fn the_inventories_that_are_shipped_are_right() {
    for (file, nameservers, masters, slaves) in [
        (
            "prod.yml",
            &["mq1", "mq2"][..],
            &["mq1", "mq2"][..],
            &[][..],
        ),
        ("local.yml", &["localhost"], &["localhost"], &[]),
        (
            "2m-2s-async.yml",
            &["mq1", "mq2", "mq3", "mq4"],
            &["mq1", "mq2"],
            &["mq3", "mq4"],
        ),
        (
            "2m-2s-sync.yml",
            &["mq1", "mq2", "mq3", "mq4"],
            &["mq1", "mq2"],
            &["mq3", "mq4"],
        ),
    ] {
        let inventory = load(&[root().join("inventory").join(file).display().to_string()]);
        assert!(inventory.warnings().is_empty());
        for (group, expected) in [
            ("nameservers", nameservers),
            ("masters", masters),
            ("slaves", slaves),
        ] {
            let expected: Vec<Arc<str>> = expected.iter().map(|name| Arc::from(*name)).collect();
            assert_eq!(
                inventory.pattern(group).unwrap(),
                expected,
                "{file}: {group}"
            );
        }
    }
}

#[test]
fn the_documented_connection_variables_are_all_there_are() {
    let page = text(root().join("docs/inventory.md"));
    let table = connection_variables::table();
    assert!(
        page.contains(&table),
        "docs/inventory.md should hold this table:\n{table}"
    );
}
