//! Which folder of `src/` may import which, and which may reach this machine: the picture in
//! `src/lib.rs`, enforced.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each folder, those it may import, and the parts of `std` that reach this machine which it may
/// use. A folder that is not listed fails the test.
const FOLDERS: &[(&str, &[&str], &[&str])] = &[
    ("value", &[], &[]),
    ("glob", &[], &[]),
    ("internal_error", &[], &[]),
    ("vault", &[], &[]),
    ("source", &["vault"], &["fs", "env"]),
    ("yaml", &["source", "value", "vault"], &[]),
    ("host", &["source", "value"], &["fs", "env", "process"]),
    ("change", &["host", "value", "yaml"], &[]),
    (
        "files",
        &["host", "source", "value"],
        &["fs", "env", "process"],
    ),
    (
        "archive",
        &["files", "glob", "host", "source"],
        &["fs", "env"],
    ),
    (
        "template",
        &["files", "glob", "host", "source", "value", "vault", "yaml"],
        &["fs", "env"],
    ),
    (
        "module",
        &[
            "archive", "change", "files", "host", "source", "template", "value", "yaml",
        ],
        &[],
    ),
    (
        "modules",
        &[
            "archive", "change", "files", "glob", "host", "module", "source", "template", "value",
            "yaml",
        ],
        &[],
    ),
    (
        "inventory",
        &["glob", "host", "script", "source", "value", "yaml"],
        &["fs"],
    ),
    (
        "vars",
        &[
            "files",
            "host",
            "inventory",
            "playbook",
            "source",
            "template",
            "value",
            "vault",
            "yaml",
        ],
        &["env"],
    ),
    (
        "script",
        &[
            "change", "files", "host", "module", "source", "template", "value", "yaml",
        ],
        &[],
    ),
    (
        "playbook",
        &[
            "files", "glob", "module", "script", "source", "template", "value", "yaml",
        ],
        &[],
    ),
    ("report", &["change", "host", "source", "value"], &["fs"]),
    (
        "run",
        &[
            "archive",
            "change",
            "files",
            "host",
            "internal_error",
            "inventory",
            "module",
            "playbook",
            "report",
            "script",
            "source",
            "template",
            "value",
            "vars",
            "vault",
            "yaml",
        ],
        &["env", "fs"],
    ),
    (
        "cli",
        &[
            "host",
            "internal_error",
            "inventory",
            "module",
            "modules",
            "playbook",
            "report",
            "rocketmq",
            "run",
            "source",
            "value",
            "vars",
            "vault",
            "yaml",
        ],
        &["env", "fs", "process"],
    ),
    (
        "foreign",
        &[
            "archive",
            "change",
            "glob",
            "host",
            "inventory",
            "rocketmq",
            "source",
            "value",
            "yaml",
        ],
        &[],
    ),
    (
        "rocketmq",
        &["change", "host", "module", "source", "value"],
        &[],
    ),
];

/// What a module may not name: it sees a host through its probe, whatever kind of host it is.
const NOT_IN_MODULES: &[&str] = &[
    "host::ssh",
    "host::local",
    "host::shell",
    "Memory",
    "dyn Host",
];

#[test]
fn folders_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let Some((_, allowed, _)) = FOLDERS.iter().find(|(name, ..)| *name == folder) else {
            wrong.push(format!(
                "src/{folder} is not in the list of tests/architecture.rs"
            ));
            continue;
        };
        for (file, code) in code_of(&folder) {
            for import in imports(&code) {
                if import != folder && !allowed.contains(&import.as_str()) {
                    let file = file.display();
                    wrong.push(format!(
                        "{file} imports {import}; {folder} may import {allowed:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_the_listed_folders_reach_this_machine() {
    let mut wrong = Vec::new();
    for (folder, _, allowed) in FOLDERS {
        for (file, code) in code_of(folder) {
            for part in ["fs", "env", "process"] {
                if code.contains(&format!("std::{part}::")) && !allowed.contains(&part) {
                    wrong.push(format!("{} uses std::{part}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_know_hosts_only_by_their_probe() {
    let code = ["modules", "rocketmq"].map(code_of);
    for (file, code) in code.into_iter().flatten() {
        for name in NOT_IN_MODULES {
            assert!(!names(&code, name), "{} names {name}", file.display());
        }
    }
}

/// Whether a name stands in the code, as a whole.
fn names(code: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let after = code[at + name.len()..].chars().next();
        let before = code[..at].chars().next_back();
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in folders() {
        for file in files(&folder) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                text.starts_with("//! "),
                "{} has no first line",
                file.display()
            );
        }
    }
}

/// The folders of `src/`, and the files beside them that are no folder's.
fn folders() -> BTreeSet<String> {
    let entries = std::fs::read_dir("src").unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        // What starts the program, and what knows everything.
        .filter(|name| !["lib", "main", "cli"].contains(&name.as_str()))
        .collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let path = Path::new("src").join(folder);
    if path.is_dir() {
        rust_files(&path)
    } else {
        let file = path.with_extension("rs");
        file.exists().then_some(file).into_iter().collect()
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                return rust_files(&path);
            }
            let is_rust = path.extension().is_some_and(|end| end == "rs");
            is_rust.then_some(path).into_iter().collect()
        })
        .collect()
}

/// The files of a folder with their code: no comments, no tests.
fn code_of(folder: &str) -> Vec<(PathBuf, String)> {
    files(folder)
        .into_iter()
        .filter(|file| !file.components().any(|part| part.as_os_str() == "tests"))
        .filter(|file| file.file_name().is_some_and(|name| name != "tests.rs"))
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            (file, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// Names `x` for every `crate::x` in `code`, also where several are named in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let named = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => at_top(group).iter().map(|item| named(item)).collect(),
            None => vec![named(rest)],
        })
        .collect()
}

/// The items of a group in braces, without those of groups in it.
fn at_top(group: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            c if depth == 0 && !c.is_whitespace() => items.iter_mut().last().unwrap().push(c),
            _ => {}
        }
    }
    items
}

#[test]
fn imports_in_braces_are_seen() {
    let code = "use crate::{a::B, c::{D, E}, f};\ncrate::g::h()";
    let expected = ["a", "c", "f", "g"].map(str::to_owned);
    assert_eq!(imports(code), BTreeSet::from(expected));
}

/// The files that the guides name exist, and the table of folders lists every folder.
#[test]
fn the_guides_name_what_is_there() {
    let read = |name: &str| std::fs::read_to_string(name).unwrap();
    let architecture = read("ARCHITECTURE.md");
    for (folder, ..) in FOLDERS {
        assert!(architecture.contains(&format!("`{folder}`")), "{folder}");
    }
    for page in [architecture, read("CONTRIBUTING.md")] {
        let quoted = page.split('`').skip(1).step_by(2);
        let is_path = |text: &&str| {
            let starts = ["src/", "tests/", "scripts/", "docs/", "roles/", "fuzz/"];
            let has_placeholder = text.contains([' ', '*']) || text.contains("NAME");
            starts.iter().any(|start| text.starts_with(start)) && !has_placeholder
        };
        let paths: Vec<_> = quoted.filter(is_path).collect();
        assert!(paths.len() > 10, "{paths:?}");
        for path in paths {
            assert!(Path::new(path).exists(), "{path}");
        }
    }
}
