//! One deployment written as a role in YAML and as a role in Rhai, on real hosts: the same
//! events, differences and files, in check mode, in the first run and in the second.

use crate::lab_hosts::{Lab, root, wanted};
use serde_json::Value;

const HOSTS: usize = 2;

/// Runs one of the two playbooks and returns what was told of each task, in each host's order.
fn events(lab: &Lab, kind: &str, check: bool) -> Vec<String> {
    let folder = tempfile::tempdir_in(root().join("build")).unwrap();
    let file = folder.path().join("events");
    let playbook = root().join(format!("tests/script/lab/{kind}.yml"));
    let mut arguments = vec![
        "run".to_owned(),
        playbook.display().to_string(),
        "-i".to_owned(),
        lab.inventory().display().to_string(),
        "--diff".to_owned(),
        "--events".to_owned(),
        file.display().to_string(),
    ];
    arguments.extend(check.then(|| "--check".to_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = lab.rmqplay(&arguments);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let events = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<String> = events.lines().map(plain).collect();
    // Hosts finish a task in any order.
    lines.sort_by_key(|line| host_of(line));
    lines
}

fn host_of(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap();
    event["host"].to_string()
}

/// Takes away what tells the two roles apart: the role's name, and the file and line of a task.
fn plain(line: &str) -> String {
    let mut event: Value = serde_json::from_str(line).unwrap();
    if let Some(event) = event.as_object_mut() {
        event.remove("path");
        let message = event.get("msg").and_then(Value::as_str);
        if let Some((before, (_, after))) = message
            .and_then(|message| message.split_once(" (tests/script/lab/"))
            .and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
        {
            let message = format!("{before}{after}");
            event.insert("msg".to_owned(), message.into());
        }
    }
    let line = event.to_string();
    line.replace("rhai : ", "").replace("yaml : ", "")
}

#[test]
fn a_deployment_in_rhai_is_the_one_in_yaml() {
    if !wanted() {
        return;
    }
    let mut of_kinds = Vec::new();
    for kind in ["yaml", "rhai"] {
        let lab = Lab::up("script", HOSTS, "busybox");
        let before = lab.written(HOSTS);
        let predicted = events(&lab, kind, true);
        assert_eq!(lab.written(HOSTS), before, "check mode writes nothing");
        let first = events(&lab, kind, false);
        let after = lab.written(HOSTS);
        let second = events(&lab, kind, false);
        assert_eq!(lab.written(HOSTS), after, "the second run writes nothing");
        let files: String = (1..=HOSTS)
            .map(|host| lab.run(&["written", &host.to_string()]))
            .collect();
        of_kinds.push((predicted, first, second, files));
    }
    let [yaml, rhai] = of_kinds.as_slice() else {
        unreachable!("two kinds");
    };
    assert_eq!(yaml.0, rhai.0, "predicted");
    assert_eq!(yaml.1, rhai.1, "first run");
    assert_eq!(yaml.2, rhai.2, "second run");
    assert_eq!(yaml.3, rhai.3, "files");
    assert!(
        !yaml.2.iter().any(|line| line.contains("\"changed\"")),
        "{:#?}",
        yaml.2
    );
}
