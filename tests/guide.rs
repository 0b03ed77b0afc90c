//! The worked examples of `docs/guide.md`: its files are made and its commands run, in their order;
//! and the cases of `docs/testing.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A block of the guide: what stands behind the backquotes, and its lines.
struct Block {
    kind: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let guide = std::fs::read_to_string(guide).unwrap();
    let parts = guide.split("\n```").skip(1).step_by(2);
    let blocks = parts.map(|part| {
        let (kind, text) = part.split_once('\n').unwrap();
        Block {
            kind: kind.to_owned(),
            text: text.to_owned() + "\n",
        }
    });
    blocks.collect()
}

/// Makes the file of a block in the project; one that is there already must hold the block.
fn make(project: &Path, block: &Block) {
    let (first, rest) = block.text.split_once('\n').unwrap();
    let path = first.strip_prefix("// ").or(first.strip_prefix("# "));
    let path = path.unwrap_or_else(|| panic!("no path in {first}"));
    // What is shipped is shown as it is.
    let shipped = crate::lab_hosts::root().join(path);
    let path = if path.starts_with("roles/rocketmq/") {
        shipped
    } else {
        project.join(path)
    };
    if let Ok(there) = std::fs::read_to_string(&path) {
        assert!(there.contains(rest), "{} has no\n{rest}", path.display());
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &block.text).unwrap();
}

/// Runs the commands of a block, each of which must print what the guide says.
fn run(folder: &mut PathBuf, block: &Block, ran: &mut usize) {
    for command in block.text.split("$ ").skip(1) {
        let (line, expected) = command.split_once('\n').unwrap();
        let mut words = line.split(' ');
        match words.next() {
            Some("cd") => match words.next().unwrap() {
                "~/rmqplay" => crate::lab_hosts::root().clone_into(folder),
                name => folder.push(name),
            },
            Some("rmqplay") => {
                let mut arguments: Vec<_> = words.filter(|word| !word.is_empty()).collect();
                // What the guide puts into /tmp stays with this test.
                let home = format!("shop_home={}/home", folder.display());
                if arguments.first() == Some(&"run") {
                    arguments.extend(["-e", &home]);
                }
                check(folder, &arguments, expected);
                *ran += 1;
            }
            Some("sed") => {
                edit(folder, line);
                *ran += 1;
            }
            // What needs the lab is run by tests/lab_new.rs.
            Some("tests/lab") => {}
            other => panic!("{other:?} cannot be run"),
        }
    }
}

/// Carries out a `sed` that puts an address into the project's inventory, as it is written for the
/// folder above it, on a copy: the host has that address then, and is not this machine.
fn edit(project: &Path, line: &str) {
    let above = tempfile::tempdir().unwrap();
    let name = project.file_name().unwrap();
    let copy = above.path().join(name);
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(project.join("hosts.rhai"), copy.join("hosts.rhai")).unwrap();
    let edited = Command::new("sh")
        .args(["-c", line])
        .current_dir(above.path())
        .status();
    assert!(edited.unwrap().success(), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["inventory", "host", "shop1", "-i", "hosts.rhai"])
        .current_dir(&copy)
        .output();
    let told = String::from_utf8_lossy(&output.unwrap().stdout).into_owned();
    let address = line.split('"').nth(3).unwrap();
    let has_address = told.contains(&format!("\"ansible_host\": \"{address}\""));
    assert!(
        has_address && !told.contains("ansible_connection"),
        "{told}"
    );
}

fn check(folder: &Path, arguments: &[&str], expected: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("RMQPLAY_INVENTORY")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    let failing = expected.contains("FAILED") || expected.contains("error:");
    assert_eq!(output.status.success(), !failing, "{arguments:?}: {told}");
    let lines: Vec<String> = told.lines().map(without_time).collect();
    let mut left = lines.iter();
    for line in expected.lines().filter(|line| *line != "…") {
        let line = without_time(line);
        let found = left.any(|told| *told == line);
        assert!(
            found,
            "{arguments:?} does not print {line:?} there:\n{told}"
        );
    }
}

/// Returns a line without its time.
fn without_time(line: &str) -> String {
    match line.rsplit_once(" in ") {
        Some((start, time)) if time.ends_with(" s") => start.to_owned(),
        _ => line.trim_end().trim_end_matches(',').to_owned(),
    }
}

#[test]
fn every_example_of_the_guide_does_what_it_says() {
    let temporary = tempfile::tempdir().unwrap();
    let mut folder = temporary.path().to_owned();
    let project = folder.join("shop");
    let (mut made, mut ran) = (0, 0);
    for block in blocks("docs/guide.md") {
        if block.kind == "console" {
            run(&mut folder, &block, &mut ran);
            continue;
        }
        make(&project, &block);
        made += 1;
    }
    for block in blocks("docs/testing.md") {
        if block.kind == "yaml" {
            make(&project, &block);
        }
    }
    check(&project, &["test", "shop_conf"], "running 1 case\n");
    assert!(made >= 15 && ran >= 14, "{made} files, {ran} commands");
}

/// The project that README makes by hand: what needs no host is run, and what does asks for the
/// password of `sudo`, as its playbook needs it.
#[test]
fn the_project_of_readme_is_right() {
    let project = tempfile::tempdir().unwrap();
    let (mut ran, mut asked) = (0, 0);
    for block in blocks("README.md") {
        if block.kind == "yaml" {
            make(project.path(), &block);
        }
        let lines = block.text.lines().filter(|_| block.kind == "console");
        for line in lines.filter(|line| line.contains("-i inventory.yml")) {
            let line = line.split(" # ").next().unwrap();
            let words: Vec<&str> = line.split_whitespace().skip(2).collect();
            match words.first() {
                Some(&"run") => {
                    assert!(words.contains(&"-K"), "{line}");
                    asked += 1;
                }
                Some(&"exec") => {}
                _ => {
                    check(project.path(), &words, "");
                    ran += 1;
                }
            }
        }
    }
    assert!(ran >= 2 && asked >= 3, "{ran} commands, {asked} that ask");
}
