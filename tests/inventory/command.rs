//! `rmqplay inventory`: what it prints.

use clap::{Args, Command, FromArgMatches};
use rmqplay::cli::inventory::{Arguments, execute};
use std::path::Path;

/// Returns what the command prints, the folder left out, or its problems in one line each.
fn run(folder: &Path, arguments: &str) -> String {
    let command = Arguments::augment_args(Command::new("inventory"));
    let playbook = format!("--playbook-dir={}/none", folder.display());
    let words = arguments.replace("DIR", &folder.display().to_string());
    let words = std::iter::once("inventory")
        .chain(words.split_whitespace())
        .chain([playbook.as_str()])
        .collect::<Vec<_>>();
    let matches = command.try_get_matches_from(words).unwrap();
    let output = match execute(&Arguments::from_arg_matches(&matches).unwrap()) {
        Ok(output) => output,
        Err(problems) => format!("{problems}\n"),
    };
    output.replace(&format!("{}/", folder.display()), "")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "hosts.yml",
        "all:\n  vars: {site: north}\n  children:\n    web:\n      vars: {port: 80}\n      hosts:\n        \
         web1: {ansible_password: geheim}\n        web2: {port: 81}\n    db: {hosts: {db1: }}\n",
    );
    write("group_vars/web.yml", "port: 8080\nlist: [1, yes]\n");
    write("only", "web2\ndb1\n");
    folder
}

#[test]
fn a_list_is_sorted_and_indented_as_ansible_does() {
    let folder = folder();
    insta::assert_snapshot!(run(folder.path(), "list -i DIR/hosts.yml -l web2"), @r#"
    {
        "_meta": {
            "hostvars": {
                "web2": {
                    "list": [
                        1,
                        true
                    ],
                    "port": 81,
                    "site": "north"
                }
            },
            "profile": "inventory_legacy"
        },
        "all": {
            "children": [
                "ungrouped",
                "web",
                "db"
            ]
        },
        "web": {
            "hosts": [
                "web2"
            ]
        }
    }
    "#);
}

#[test]
fn a_graph_shows_groups_hosts_and_variables() {
    let folder = folder();
    insta::assert_snapshot!(run(folder.path(), "graph -i DIR/hosts.yml"), @r"
    @all:
      |--@ungrouped:
      |--@web:
      |  |--web1
      |  |--web2
      |--@db:
      |  |--db1
    ");
    insta::assert_snapshot!(run(folder.path(), "graph db --vars -i DIR/hosts.yml"), @r"
    @db:
      |--db1
      |  |--{site = north}
    ");
    insta::assert_snapshot!(
        run(folder.path(), "graph wbe -i DIR/hosts.yml"),
        @r#"no group is named "wbe""#
    );
}

#[test]
fn passwords_are_masked_wherever_variables_are_shown() {
    let folder = folder();
    for arguments in [
        "list",
        "graph --vars",
        "graph web --vars",
        "host web1",
        "host web1 --origin",
    ] {
        let shown = run(folder.path(), &format!("{arguments} -i DIR/hosts.yml"));
        assert!(shown.contains("********"), "{shown}");
        assert!(!shown.contains("geheim"), "{shown}");
    }
}

#[test]
fn encrypted_values_in_json_are_those_of_yaml() {
    let folder = folder();
    let json = r#"{"all": {"hosts": {"a": {"x": {"__ansible_vault": "$ANSIBLE_VAULT;1.1"},
        "y": {"__ansible_unsafe": "{{ z }}"}, "z": {"__ansible_vault": "a", "b": 1}}}}}"#;
    std::fs::write(folder.path().join("hosts.json"), json).unwrap();
    let yaml = "all: {hosts: {a: {x: !vault \"$ANSIBLE_VAULT;1.1\", y: !unsafe \"{{ z }}\", \
                z: {__ansible_vault: a, b: 1}}}}";
    std::fs::write(folder.path().join("same.yml"), yaml).unwrap();
    let [json, yaml] = ["hosts.json", "same.yml"].map(|name| {
        run(folder.path(), &format!("host a --origin -i DIR/{name}")).replace(name, "FILE")
    });
    let values = |shown: &str| {
        let lines = shown
            .lines()
            .map(|line| line.split("FILE").next().unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(values(&json), values(&yaml));
    assert!(json.contains("!vault"), "{json}");
}

#[test]
fn the_own_inventory_of_a_project_is_used_if_there_is_one() {
    let folder = folder();
    for arguments in ["list", "graph --vars", "host web1", "hosts", "hosts web1"] {
        let shown = run(folder.path(), arguments);
        assert_eq!(shown, "no inventory was given\n", "{arguments}");
    }
    let project = folder.path().join("none");
    std::fs::create_dir(&project).unwrap();
    std::fs::rename(folder.path().join("hosts.yml"), project.join("hosts.yml")).unwrap();
    assert_eq!(run(folder.path(), "hosts web1"), "web1\n");
}

#[test]
fn origins_show_what_counts_and_what_is_overridden_but_no_password() {
    let folder = folder();
    insta::assert_snapshot!(run(folder.path(), "host web1 --origin -i DIR/hosts.yml"), @r#"
    VARIABLE          VALUE     ORIGIN
    ansible_password  ********  hosts.yml:7 (host web1)
    list              [1,true]  group_vars/web.yml:2
    port              8080      group_vars/web.yml:1
                      80        hosts.yml:5 (group web), overridden
    site              "north"   hosts.yml:2 (group all)
    "#);
}

#[test]
fn hosts_are_printed_one_a_line() {
    let folder = folder();
    for (arguments, expected) in [
        ("hosts -i DIR/hosts.yml", "web1\nweb2\ndb1\n"),
        (
            "hosts all:!web1 -i DIR/hosts.yml -l @DIR/only",
            "web2\ndb1\n",
        ),
        ("hosts web:&db -i DIR/hosts.yml", ""),
        ("hosts w* -i a,w1,w2,", "w1\nw2\n"),
        (
            "hosts wbe -i DIR/hosts.yml",
            "no host or group is named \"wbe\"\n",
        ),
        ("hosts wbe:db --compat -i DIR/hosts.yml", "db1\n"),
        (
            "hosts x* -i DIR/hosts.yml",
            "no host and no group matches \"x*\"\n",
        ),
        ("hosts web -i DIR/hosts.yml -l all:!x*", "web1\nweb2\n"),
        (
            "hosts web[2] -i DIR/hosts.yml",
            "\"web[2]\" is out of range: \"web\" has 2\n",
        ),
        (
            "hosts ~w( -i DIR/hosts.yml",
            "\"~w(\" is not a valid regular expression: Parsing error at position 2: Opening parenthesis without closing parenthesis\n",
        ),
        ("host web1 -i w1,", "no host is named \"web1\"\n"),
    ] {
        assert_eq!(run(folder.path(), arguments), expected, "{arguments}");
    }
}
