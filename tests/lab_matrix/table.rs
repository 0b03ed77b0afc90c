//! The table of outcomes in docs/rocketmq.md.

use crate::lab_hosts::root;
use std::fs::File;

const FILE: &str = "docs/rocketmq.md";
const BEGIN: &str = "<!-- matrix: written by tests/lab_matrix.rs -->\n";
const END: &str = "<!-- end of matrix -->\n";

/// What happens to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    All,
    Limited,
    Down,
    Killed,
    Twice,
    Wrong,
}

pub(super) const COLUMNS: [Column; 6] = [
    Column::All,
    Column::Limited,
    Column::Down,
    Column::Killed,
    Column::Twice,
    Column::Wrong,
];

/// Returns the outcome that the page shows.
pub(super) fn shown(playbook: &str, column: Column) -> String {
    let text = std::fs::read_to_string(root().join(FILE)).unwrap();
    let lines = matrix(&text).lines().map(cells);
    let row = lines.into_iter().find(|cells| is_of(cells, playbook));
    let row = row.unwrap_or_else(|| panic!("{FILE} has no row for {playbook}"));
    row[column as usize + 2].trim().to_owned()
}

/// Compares an outcome with the page, or writes it there.
#[expect(clippy::print_stderr, reason = "all cells take hours")]
pub(super) fn found(playbook: &str, column: Column, outcome: &str) {
    eprintln!("{playbook}, {column:?}: {outcome}");
    if std::env::var_os("RMQPLAY_WRITE_DOCS").is_some() {
        write(playbook, column, outcome);
    }
    assert_eq!(
        shown(playbook, column),
        outcome,
        "{FILE}, {playbook}, {column:?}"
    );
}

/// Tests of several rows may run at once.
fn write(playbook: &str, column: Column, outcome: &str) {
    let lock = File::open(root().join("Cargo.toml")).unwrap();
    lock.lock().unwrap();
    let text = std::fs::read_to_string(root().join(FILE)).unwrap();
    let old = matrix(&text);
    let rows = old.lines().map(|line| {
        let mut cells = cells(line);
        if is_of(&cells, playbook) {
            cells[column as usize + 2] = format!(" {outcome} ");
        }
        format!("{}\n", cells.join("|"))
    });
    let new = text.replace(old, &rows.collect::<String>());
    std::fs::write(root().join(FILE), new).unwrap();
}

fn matrix(text: &str) -> &str {
    let (_, rest) = text.split_once(BEGIN).unwrap();
    rest.split_once(END).unwrap().0
}

/// Returns the cells of a line, before the first of which is nothing.
fn cells(line: &str) -> Vec<String> {
    line.split('|').map(str::to_owned).collect()
}

fn is_of(cells: &[String], playbook: &str) -> bool {
    cells
        .get(1)
        .is_some_and(|cell| cell.trim() == format!("`{playbook}`"))
}
