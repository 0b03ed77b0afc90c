//! What is said about mistakes in inventories: what is wrong, where, and what to do.

use rmqplay::inventory::Inventory;
use rmqplay::source::{Problem, Result};
use std::path::Path;

/// Writes the files and loads the first; all paths are in `folder`.
fn load(folder: &Path, files: &[(&str, &str)]) -> Result<Inventory> {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Inventory::load(&[folder.join(files[0].0).display().to_string()])
}

/// Returns place, message and advice of a problem in one line.
fn shown(folder: &Path, problem: &Problem) -> String {
    let help = problem.help.iter().map(|help| format!(" ({help})"));
    let line = problem.to_string() + &help.collect::<String>();
    line.replace(&format!("{}/", folder.display()), "")
}

/// Returns the problems, or the warnings, of an inventory file.
fn said(name: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let problems = match load(folder, &[(name, text)]) {
        Ok(inventory) => inventory.warnings().to_vec(),
        Err(problems) => problems.0,
    };
    problems
        .iter()
        .map(|problem| shown(folder, problem))
        .collect()
}

#[test]
fn mistakes_in_yaml_have_a_place_and_advice() {
    for (text, expected) in [
        (
            "web:\n  host: {h: }\n",
            "hosts.yml:2:3: the group \"web\" has no key \"host\" (did you mean \"hosts\"?)",
        ),
        (
            "hosts:\n  h1: {}\n",
            "hosts.yml:2:3: the group \"hosts\" has no key \"h1\" (a file starts with groups: put \
             \"all:\" above \"hosts:\")",
        ),
        (
            "web:\n  hosts:\n    - h1\n",
            "hosts.yml:3:5: \"hosts\" of the group \"web\" must be a mapping, not a list (write \
             \"NAME:\" instead of \"- NAME\")",
        ),
        (
            "web: h1\n",
            "hosts.yml:1:6: the group \"web\" must be a mapping with hosts, vars or children, not \
             text",
        ),
        (
            "web:\n  hosts:\n    17:\n",
            "hosts.yml:3:5: the name of a host must be text, not a number (quote it)",
        ),
        (
            "web:\n  hosts:\n    'h[3:x]':\n",
            "hosts.yml:3:5: \"h[3:x]\" is not a host name: the ends of [3:x] are neither two numbers \
             nor two letters",
        ),
        (
            "web:\n  hosts:\n    h: 8080\n",
            "hosts.yml:3:8: the variables of the host \"h\" must be a mapping, not a number",
        ),
        (
            "web:\n  vars:\n    yes: 1\n",
            "hosts.yml:3:5: the name of a variable must be text, not a boolean (quote it)",
        ),
        (
            "web:\n  vars:\n    ansible_group_priority: high\n",
            "hosts.yml:3:29: ansible_group_priority must be a whole number",
        ),
        (
            "a: {children: {b: {children: {a: }}}}\n",
            "hosts.yml:1:16: the groups \"a\" and \"b\" would contain each other",
        ),
        (
            "- h1\n",
            "hosts.yml:1:1: an inventory must be a mapping of groups, not a list",
        ),
        (
            "plugin: constructed\n",
            "hosts.yml:1:1: inventory plugins are not supported (list the hosts in a file, or use \
             a script to write one)",
        ),
        (
            "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
            "hosts.yml:1:1: cannot decrypt this file: invalid vault text: the body is incomplete",
        ),
    ] {
        assert_eq!(said("hosts.yml", text), [expected], "{text}");
    }
}

#[test]
fn mistakes_in_ini_have_a_place_and_advice() {
    for (text, expected) in [
        (
            "[web:var]\n",
            "hosts:1:6: a group has no section \"var\" (did you mean \"vars\"?)",
        ),
        (
            "[prod:children]\nwbe\n[web]\nh\n",
            "hosts:2:1: the group \"wbe\" has no section of its own (did you mean \"web\"?)",
        ),
        (
            "[web]\nh x\n",
            "hosts:2:3: \"x\" is not a variable (quote a value that contains spaces)",
        ),
        ("[web]\nh x='a\n", "hosts:2:1: a ' is not closed"),
        (
            "[web]\nh1:\n",
            "hosts:2:1: \"h1:\" is not a host name (the name of a YAML inventory must end \
          in .yml, .yaml or .json)",
        ),
        (
            "[web:vars]\nx\n[web]\n",
            "hosts:2:1: this is not a variable",
        ),
        (
            "[a b]\n",
            "hosts:1:2: \"a b\" is not a group name (remove the spaces)",
        ),
    ] {
        assert_eq!(said("hosts", text), [expected], "{text}");
    }
}

#[test]
fn what_is_hardly_meant_is_warned_of() {
    for (name, text, expected) in [
        (
            "hosts.yml",
            "web: {hosts: {'h[5:1]': }}\n",
            "hosts.yml:1:15: \"h[5:1]\" matches no host: the range runs backwards",
        ),
        (
            "hosts.yml",
            "web: {hosts: {web: }}\n",
            "hosts.yml:1:15: \"web\" is both a host and a group (as in Ansible, variables set for \
             the host become the group's; rename one of them)",
        ),
        (
            "hosts.yml",
            "web: {vars: {ansible_hots: h}}\n",
            "hosts.yml:1:28: \"ansible_hots\" is not a connection variable (did you mean \
             \"ansible_host\"?)",
        ),
        (
            "hosts",
            "h x=a#b\n",
            "hosts:1:3: the value ends at the # (quote it, or put a space before the #)",
        ),
    ] {
        assert_eq!(said(name, text), [expected], "{text}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_found_at_once() {
    let found = said(
        "hosts.yml",
        "web: {host: , vars: [1]}\n1: {}\ndb: {hosts: {'x[': }}\n",
    );
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn mistakes_in_files_of_variables_have_a_place() {
    for (text, expected) in [
        (
            "- a\n",
            "group_vars/web.yml:1:1: a file of variables must be a mapping, not a list",
        ),
        (
            "a: 1\na: 2\n",
            "group_vars/web.yml:2:1: the key a is given twice",
        ),
        (
            "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
            "group_vars/web.yml:1:1: cannot decrypt this file: invalid vault text: the body is incomplete",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("hosts.yml", "web: {hosts: {h: }}\n"),
            ("group_vars/web.yml", text),
        ];
        let inventory = load(folder.path(), &files).unwrap();
        let problems = inventory.host_variables("h", None).unwrap_err();
        assert_eq!(shown(folder.path(), &problems.0[0]), expected, "{text}");
    }
}

#[test]
fn a_missing_inventory_is_no_empty_one() {
    let missing = |source: &str| Inventory::load(&[source.to_owned()]).unwrap_err();
    assert_eq!(
        missing("no/such.yml").to_string(),
        "there is no inventory no/such.yml"
    );
    for host in ["nosuchhost", "192.168.2.201", "web1.example.com"] {
        let help = format!("to name a host, end the list with a comma: -i {host},");
        assert_eq!(missing(host).0[0].help, [help]);
    }
    for file in ["hosts.yml", "hosts.ini", "no/such"] {
        assert_eq!(missing(file).0[0].help, [""; 0]);
    }
    let folder = tempfile::tempdir().unwrap();
    let problems = missing(&folder.path().display().to_string());
    assert!(
        problems
            .to_string()
            .starts_with("there is no inventory in the folder")
    );
}
