//! A project of `rmqplay new` on a real host: playbook, role, module, filter, fact and inventory.

use crate::lab_hosts::{Lab, root, wanted};
use std::path::Path;
use std::process::Command;

/// Runs rmqplay on the controller, which must end well, and returns what it printed.
fn rmqplay(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.rmqplay(arguments);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

/// Makes the project of the guide, with the lab's host in place of this machine.
fn new_project(folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command.args(["new", "project", "shop"]).current_dir(folder);
    assert!(command.output().unwrap().status.success());
    let inventory = folder.join("shop/hosts.rhai");
    let text = std::fs::read_to_string(&inventory).unwrap();
    let text = text.replacen("\"local\"", "\"192.168.2.201\"", 1);
    std::fs::write(&inventory, text).unwrap();
}

#[test]
fn a_new_project_runs_on_a_host() {
    if !wanted() {
        return;
    }
    let lab = Lab::up("new", 1, "debian");
    let folder = tempfile::tempdir_in(root().join("build")).unwrap();
    new_project(folder.path());
    let project = folder.path().join("shop");
    let path = |name: &str| project.join(name).display().to_string();
    let (playbook, script) = (path("site.yml"), path("hosts.rhai"));
    let hosts = lab.inventory().display().to_string();
    let run = ["run", &playbook, "-i", &hosts, "-i", &script];

    let before = lab.written(1);
    let predicted = rmqplay(&lab, &[&run[..], &["--check", "--diff"]].concat());
    assert_eq!(lab.written(1), before, "check mode writes nothing");
    let first = rmqplay(&lab, &[&run[..], &["--diff"]].concat());
    let end = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    assert!(
        end(&predicted).starts_with("1 host, 5 changes to be made in "),
        "{predicted}"
    );
    assert!(
        end(&first).starts_with("1 host, 5 tasks changed in "),
        "{first}"
    );
    let tasks = |text: &str| text.split("\nPLAY RECAP").next().unwrap().to_owned();
    assert_eq!(tasks(&predicted), tasks(&first));
    let after = lab.written(1);
    let second = rmqplay(&lab, &run);
    assert!(
        end(&second).starts_with("1 host, 0 tasks changed in "),
        "{second}"
    );
    assert_eq!(lab.written(1), after, "the second run writes nothing");

    // The role in Rhai, the port of the inventory in Rhai, and the fact.
    let ask = ". /etc/os-release; echo \"$PRETTY_NAME\"";
    let release = lab.run(&["enter", "1", "sh", "-c", ask]);
    let greeting = lab.run(&["enter", "1", "cat", "/tmp/shop/greeting"]);
    assert_eq!(greeting, format!("shop1 listens on 8001, on {release}"));
    // The module, and the filter.
    let configuration = lab.run(&["enter", "1", "cat", "/tmp/shop/shop.conf"]);
    assert_eq!(configuration, "cache_mb=2048\n");

    let folder = project.display().to_string();
    let cases = ["test", "--lab", "-i", &hosts, "--playbook-dir", &folder];
    let told = rmqplay(&lab, &cases);
    let summary = "result: ok. 5 passed; 0 failed; 2 left out; ";
    assert!(told.contains(summary), "{told}");
    let failing = project.join("tests/failing.yml");
    let case = "- name: once_more\n  tasks: [command: \"true\"]\n";
    std::fs::write(failing, case).unwrap();
    let output = lab.rmqplay(&[&cases[..], &["once_more"]].concat());
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("error: the second run changes something"),
        "{told}"
    );
}
