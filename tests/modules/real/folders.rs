//! What a copied folder costs on a host.

use super::super::task::Task;
use super::Machine;
use rmqplay::host::{Limits, Traffic};

const FILES: u64 = 300;

/// Runs the task and returns what it cost.
fn cost(machine: &Machine, task: &Task) -> Traffic {
    let before = machine.host.traffic();
    let change = task.plan(&machine.host).unwrap();
    change.apply(&*machine.host, &Limits::default()).unwrap();
    machine.host.traffic() - before
}

/// Programs follow the number of files that are written, not of those that are looked at.
#[test]
fn a_folder_of_many_files_is_looked_at_by_few_programs() {
    let machine = Machine::new();
    let dest = machine.path("dest");
    let args = format!("{{src: many/, dest: {dest}/}}");
    let mut task = Task::written("copy", &args).with_folder("many/sub");
    for number in 0..FILES {
        let name = format!("many/sub/file-{number}");
        task = task.with_file(&name, number.to_string().as_bytes());
    }
    let first = cost(&machine, &task);
    let second = cost(&machine, &task);
    std::fs::write(dest.join("sub/file-7"), "other").unwrap();
    let third = cost(&machine, &task);
    println!("first {first:?}, again {second:?}, one changed {third:?}");
    assert!(first.forks <= FILES * 3 + 20, "{first:?}");
    assert!(second.forks <= 6 && second.round_trips <= 1, "{second:?}");
    assert!(third.forks <= 20 && third.round_trips <= 3, "{third:?}");
}
