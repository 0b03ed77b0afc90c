//! Every playbook on a bad day: limited to one host, with a host down, killed and run again, while
//! another run is under way, with a wrong value. It ends as it should, or refuses before it touches
//! anything: never half.
//!
//! The outcomes are the table in docs/rocketmq.md; with `RMQPLAY_WRITE_DOCS` they are written there.

mod bench;
mod run;
mod table;

use crate::lab_hosts::wanted;
use bench::{Before, Bench, CROSSED, GROWN, Goal, Row};
use table::{COLUMNS, Column};

const NEWER: [&str; 4] = [
    "-e",
    "rocketmq_version=5.3.3",
    "-e",
    "rocketmq_archive=build/rocketmq/rocketmq-all-5.3.3-bin-release.zip",
];
const TOPICS: [&str; 2] = [
    "-e",
    r#"{"rocketmq_topics": [{"name": "orders", "read_queues": 4, "write_queues": 4}]}"#,
];
const WIPE: [&str; 2] = ["--confirm-wipe", "rocketmq-cluster"];

/// Of values that keep a program from starting.
const HEAPS: [(&str, &str); 3] = [
    ("rocketmq_broker_heap=512", "rocketmq_broker_heap is 512"),
    ("rocketmq_broker_heap=900g", "rocketmq_broker_heap is 900g"),
    (
        "rocketmq_java=/opt/typo/java",
        "was not found or cannot be executed",
    ),
];
/// Of values other than those that were applied.
const OTHERS: [(&str, &str); 2] = [
    (
        "rocketmq_broker_heap=224m",
        "has different settings than the inventory",
    ),
    HEAPS[2],
];

/// A row of a playbook that changes nothing.
const fn row(playbook: &'static str) -> Row {
    Row {
        playbook,
        further: &[],
        before: Before::Runs,
        goal: Goal::Same,
        wrong: &[],
        kills: 1,
        is_locked: true,
    }
}

const fn reader(playbook: &'static str) -> Row {
    Row {
        is_locked: false,
        ..row(playbook)
    }
}

/// The playbooks that take little time.
const QUICK: [Row; 6] = [
    reader("topology"),
    row("lock"),
    reader("preflight"),
    reader("status"),
    reader("logs"),
    Row {
        further: &TOPICS,
        goal: Goal::Topic,
        wrong: &[(r#"{"rocketmq_topics": [{"name": "a b"}]}"#, "a b")],
        ..row("topics")
    },
];

const WHOLE: [Row; 5] = [
    Row {
        before: Before::Stopped,
        goal: Goal::Runs("4.9.7", &CROSSED),
        wrong: &OTHERS,
        kills: 4,
        ..row("start")
    },
    Row {
        before: Before::Fresh,
        goal: Goal::Runs("4.9.7", &CROSSED),
        wrong: &HEAPS,
        kills: 5,
        ..row("deploy")
    },
    Row {
        goal: Goal::Restarted("4.9.7", &CROSSED),
        wrong: &OTHERS,
        kills: 4,
        ..row("restart")
    },
    Row {
        goal: Goal::Stopped,
        kills: 3,
        ..row("stop")
    },
    Row {
        further: &WIPE,
        before: Before::Stopped,
        goal: Goal::Wiped,
        wrong: &[("confirm_wipe=another", "not the name of the cluster")],
        kills: 3,
        ..row("wipe")
    },
];

const ROLLING: [Row; 4] = [
    Row {
        before: Before::Ahead,
        goal: Goal::Runs("4.9.7", &CROSSED),
        wrong: &OTHERS,
        kills: 4,
        ..row("resync")
    },
    Row {
        goal: Goal::Restarted("4.9.7", &CROSSED),
        wrong: &OTHERS,
        kills: 4,
        ..row("rolling_restart")
    },
    Row {
        further: &NEWER,
        goal: Goal::Runs("5.3.3", &CROSSED),
        wrong: &HEAPS,
        kills: 4,
        ..row("upgrade")
    },
    Row {
        before: Before::Newer,
        goal: Goal::Runs("4.9.7", &CROSSED),
        wrong: &[
            HEAPS[0],
            HEAPS[1],
            ("rocketmq_version=4.9.6", "is not installed"),
        ],
        kills: 4,
        ..row("rollback")
    },
];

/// Broker-c is the third host's; it is not in the inventory of the others.
const SCALING: [Row; 2] = [
    Row {
        further: &["-i", "build/lab/matrix-scaling/more.yml"],
        goal: Goal::Runs("4.9.7", &GROWN),
        wrong: &OTHERS,
        kills: 4,
        ..row("scale_out")
    },
    Row {
        further: &[
            "-i",
            "build/lab/matrix-scaling/more.yml",
            "-e",
            "rocketmq_leaving=broker-c",
        ],
        before: Before::Grown,
        goal: Goal::Left("broker-c"),
        wrong: &[OTHERS[0], ("rocketmq_leaving=broker-x", "say which of")],
        kills: 4,
        ..row("scale_in")
    },
];

const ADOPTION: [Row; 1] = [Row {
    before: Before::ByHand,
    goal: Goal::Adopted,
    wrong: &[
        ("rocketmq_cluster=another", "brokerClusterName"),
        ("rocketmq_version=4.9.7", "4.9.7"),
        HEAPS[2],
    ],
    kills: 5,
    ..row("adopt")
}];

/// Tries these cells, and tells of all that fail.
fn try_cells<'a>(bench: &Bench, cells: impl IntoIterator<Item = (&'a Row, Column)>) {
    // A few rows alone, by their playbooks.
    let rows = std::env::var("RMQPLAY_MATRIX").unwrap_or_default();
    let is_wanted = |row: &Row| rows.is_empty() || rows.split(',').any(|name| name == row.playbook);
    let mut failed = Vec::new();
    for (row, column) in cells.into_iter().filter(|(row, _)| is_wanted(row)) {
        let cell = std::panic::AssertUnwindSafe(|| bench.try_cell(row, column));
        if std::panic::catch_unwind(cell).is_err() {
            failed.push(format!("{}, {column:?}", row.playbook));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

fn all_cells(rows: &[Row]) -> impl Iterator<Item = (&Row, Column)> {
    rows.iter()
        .flat_map(|row| COLUMNS.map(|column| (row, column)))
}

/// What changes nothing, because it only looks or because it refuses.
#[test]
#[ignore = "takes five minutes: see CONTRIBUTING.md"]
fn full_looking() {
    if !wanted() {
        return;
    }
    let others: Vec<_> = WHOLE
        .iter()
        .chain(&ROLLING)
        .map(|row| Row {
            before: Before::Runs,
            ..*row
        })
        .collect();
    let refused = all_cells(&others).filter(|(row, column)| {
        // What wipes a running cluster is refused for another reason.
        let is_other = row.playbook == "wipe" && *column == Column::Wrong;
        !is_other && table::shown(row.playbook, *column).starts_with("refused")
    });
    try_cells(&Bench::crossed("matrix"), all_cells(&QUICK).chain(refused));
}

#[test]
#[ignore = "takes half an hour: see CONTRIBUTING.md"]
fn full_whole() {
    if wanted() {
        try_cells(&Bench::crossed("matrix-whole"), all_cells(&WHOLE));
    }
}

#[test]
#[ignore = "takes an hour: see CONTRIBUTING.md"]
fn full_rolling() {
    if wanted() {
        try_cells(&Bench::crossed("matrix-rolling"), all_cells(&ROLLING));
    }
}

#[test]
#[ignore = "takes half an hour: see CONTRIBUTING.md"]
fn full_scaling() {
    if wanted() {
        try_cells(&Bench::scaling("matrix-scaling"), all_cells(&SCALING));
    }
}

#[test]
#[ignore = "takes half an hour: see CONTRIBUTING.md"]
fn full_adoption() {
    if wanted() {
        try_cells(&Bench::by_hand("matrix-adoption"), all_cells(&ADOPTION));
    }
}
