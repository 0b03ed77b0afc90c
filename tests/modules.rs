//! Every module on a machine in memory, and where it can be on this one:
//! `tests/modules/MODULE/*.yml` are the cases.
//!
//! A case is `{name, args, host, controller, vars, expect}`. Besides what it expects, the laws of
//! [`laws`] are tested of each.

mod ansible;
mod case;
mod laws;
mod machine;
mod packed;
mod real;
mod shown;
mod task;

use case::Case;
use rmqplay::cli::registry;
use rmqplay::host::Host;
use std::path::PathBuf;
use std::sync::Arc;

#[test]
fn modules_do_what_their_cases_say() {
    check_all(|case| laws::check(case, &laws::Ground::Memory));
}

/// Runs every case, and says which of them fail and why.
fn check_all(check: impl Fn(&Case) -> Result<(), String>) {
    let mut failures = Vec::new();
    for path in case_files() {
        for case in case::read(&path) {
            if let Err(why) = check(&case) {
                failures.push(format!("{}: {}\n{why}", path.display(), case.name));
            }
        }
    }
    assert!(failures.is_empty(), "\n\n{}\n", failures.join("\n\n"));
}

#[test]
fn every_module_has_cases() {
    let files = case_files();
    // Those about RocketMQ have their cases in tests/rocketmq.rs.
    for entry in rmqplay::modules::built_in().modules() {
        let folder = std::path::Path::new("tests/modules").join(&entry.name);
        let has_cases = files.iter().any(|file| file.starts_with(&folder));
        assert!(has_cases, "no file in {}", folder.display());
    }
}

#[test]
fn the_example_of_every_module_can_be_planned() {
    for entry in registry().modules() {
        let tasks = task::example(entry);
        assert!(!tasks.is_empty(), "{} has no example", entry.name);
        for task in tasks {
            let host: Arc<dyn Host> = Arc::new(machine::of_examples());
            if let Err(error) = task.plan(&host) {
                panic!("the example of {}: {error}", entry.name);
            }
        }
    }
}

#[test]
fn the_page_of_every_module_names_what_it_takes_and_returns() {
    for entry in registry().modules() {
        let page = entry.page();
        assert!(!entry.summary().is_empty(), "{}", entry.name);
        for argument in entry.arguments() {
            assert!(
                page.contains(&format!("\n  {argument}")),
                "{argument}: {page}"
            );
        }
        for (name, _) in &entry.returns {
            assert!(page.contains(&format!("\n  {name}\n")), "{name}: {page}");
        }
    }
}

fn case_files() -> Vec<PathBuf> {
    let folders = std::fs::read_dir("tests/modules").unwrap();
    let mut files: Vec<_> = folders
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_page_is_made_from_the_arguments() {
    let registry = registry();
    for name in ["lineinfile", "symlink"] {
        insta::assert_snapshot!(name, registry.get(name).unwrap().page());
    }
}
