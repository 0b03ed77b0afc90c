//! The pages of `docs` that are written from the program itself.

use rmqplay::module::manual;
use rmqplay::script::reference;

/// With `RMQPLAY_WRITE_DOCS` set, the pages are written anew.
#[test]
fn generated_pages_are_up_to_date() {
    let registry = rmqplay::cli::registry();
    for (path, text) in [
        ("docs/modules.md", manual::manual(&registry)),
        ("docs/reference-rhai.md", reference::page()),
    ] {
        if std::env::var_os("RMQPLAY_WRITE_DOCS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == text,
            "{path} is stale: RMQPLAY_WRITE_DOCS=1 cargo test generated_pages"
        );
    }
}

#[test]
fn definition_files_are_written_for_editors() {
    let folder = tempfile::tempdir().unwrap();
    let definitions = folder.path().join("definitions");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args([
            "modules",
            "--playbook-dir",
            "tests/modules",
            "--definitions",
        ])
        .arg(&definitions)
        .output()
        .unwrap();
    assert!(output.status.success());
    let read = |name: &str| std::fs::read_to_string(definitions.join(name)).unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().count(), 3);
    for (file, line) in [
        ("roles.d.rhai", "fn lineinfile(arguments: map) -> map;"),
        ("roles.d.rhai", "fn command(text: string) -> map;"),
        ("roles.d.rhai", "Turns swap off."),
        ("roles.d.rhai", "let facts: lookup;"),
        ("library.d.rhai", "fn query(command: array) -> map;"),
        ("language.d.rhai", "fn to_upper"),
    ] {
        let text = read(file);
        let found = text
            .lines()
            .any(|found| found.trim_start_matches(['/', ' ']).starts_with(line));
        assert!(found, "{file}: {line}");
    }
}
