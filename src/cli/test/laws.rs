//! The laws that hold for every case besides its expectations: check mode writes nothing and
//! predicts the run, and a second run changes nothing.

use super::Verdict;
use super::carry_out::{Ground, Told, carry_out};
use super::case::Case;
use super::compare;
use super::declared_command::DeclaredCommand;
use super::show::{failure, failure_with, task_failure};
use super::test_host::Machines;
use crate::change::Change;
use crate::host::Step;
use crate::report::{Status, TaskResult};
use crate::source::Problem;
use crate::value;
use std::collections::BTreeMap;

/// The host of a case that has no inventory.
const HOST: &str = "host1,";

/// Runs a case on machines in memory.
pub(super) fn check(case: &Case, ground: &Ground) -> Verdict {
    let sources = match case.inventory.as_ref().and_then(|node| node.as_text()) {
        Some(path) => ground.folder.join(path).to_string_lossy().into_owned(),
        None => HOST.to_owned(),
    };
    let sources = [sources];
    let carry_out = |machines: &std::sync::Arc<Machines>, check| {
        carry_out(case, ground, &sources, machines.connect(), check)
    };
    let (checked, machines) = (Machines::new(&case.host), Machines::new(&case.host));
    let predicted = carry_out(&checked, true);
    let done = carry_out(&machines, false);
    if let Some(verdict) = ended_early(case, &done) {
        return verdict;
    }
    let mut failures = compare::differences(&case.expect, &done, &machines);
    if case.expect.failed.is_none() {
        failures.extend(writes(case, &checked));
        failures.extend(not_as_predicted(case, &predicted, &done));
        if !case.expect.repeats {
            failures.extend(second_run(case, &carry_out(&machines, false)));
        }
    }
    Verdict::of(failures)
}

/// Returns the verdict for a case whose run failed, or should have; `None` to continue.
fn ended_early(case: &Case, done: &Told) -> Option<Verdict> {
    let (message, shown) = match (&done.problems, done.failure()) {
        (Some(problems), _) => (problems.to_string(), problems.render(true)),
        (None, Some(failed)) => {
            let message = failed.message.clone().unwrap_or_default();
            (message, task_failure(failed))
        }
        (None, None) if done.results.is_empty() => {
            let problem = Problem::at(&case.place, "nothing was run: the case has no hosts");
            return Some(Verdict::Failed(vec![failure(&problem)]));
        }
        (None, None) => {
            let (_, place) = case.expect.failed.as_ref()?;
            let problem = Problem::at(place, "the run does not fail");
            return Some(Verdict::Failed(vec![failure(&problem)]));
        }
    };
    match &case.expect.failed {
        None => Some(Verdict::Failed(vec![shown])),
        Some((wanted, place)) if !message.contains(wanted) => {
            let problem = Problem::at(place, "the run fails with a different message");
            Some(Verdict::Failed(vec![failure_with(&problem, &message)]))
        }
        // A mistake that is reported before any host is reached leaves nothing to compare.
        Some(_) => done.problems.is_some().then_some(Verdict::Passed),
    }
}

/// Returns what check mode did to the machines.
fn writes(case: &Case, checked: &Machines) -> Option<String> {
    let machines = checked.all().into_iter();
    let done = machines.flat_map(|(_, machine)| machine.done());
    let change = Change {
        steps: done
            .filter(|step| step.is_change() && !matches!(step, Step::Run { .. }))
            .collect(),
        ..Change::default()
    };
    if change.steps.is_empty() {
        return None;
    }
    let differences = change.differences();
    let differences: String = differences.iter().map(ToString::to_string).collect();
    let advice = "a task with `check_mode: false` must be read-only".to_owned();
    let problem = Problem::at(&case.place, "check mode changes the host").help(advice);
    Some(failure_with(&problem, &differences))
}

/// Compares the predictions of check mode with the run, except for tasks that depend on a command
/// that check mode does not run.
fn not_as_predicted(case: &Case, predicted: &Told, done: &Told) -> Option<String> {
    let not_run = predicted.results.iter().any(is_not_run);
    let makes_files = |command: &DeclaredCommand| command.makes_files();
    if not_run && case.host.commands.iter().any(makes_files) {
        return None;
    }
    let mut ran = by_task(done);
    let mut all = true;
    for (task, results) in by_task(predicted) {
        let of_run = ran.remove(&task).unwrap_or_default();
        for (index, predicted) in results.iter().enumerate() {
            if predicted.status == Status::Unknown {
                all = false;
                continue;
            }
            if is_not_run(predicted) {
                all = false;
                continue;
            }
            let done = of_run.get(index);
            if !done.is_some_and(|done| is_same(predicted, done)) {
                let problem = Problem::at(&case.place, "check mode predicts something different");
                let done = done.map_or("nothing\n".to_owned(), |done| shown(done));
                let detail = format!("predicted {}done      {done}", shown(predicted));
                return Some(failure_with(&problem, &detail));
            }
        }
        if all && let Some(more) = of_run.get(results.len()) {
            return Some(not_predicted(case, more));
        }
    }
    let more = ran.into_values().flatten().next();
    more.filter(|_| all).map(|more| not_predicted(case, more))
}

fn not_predicted(case: &Case, result: &TaskResult) -> String {
    let problem = Problem::at(&case.place, "check mode does not predict a task");
    failure_with(&problem, &shown(result))
}

/// Returns whether it is a command that check mode does not run.
fn is_not_run(result: &TaskResult) -> bool {
    let result = value::to_json(&result.result);
    result.to_string().contains(value::UNKNOWN)
}

/// Identifies a result of a run: host, place, name and item.
type Key<'t> = (&'t str, &'t str, &'t str, Option<&'t str>);

fn by_task(told: &Told) -> BTreeMap<Key<'_>, Vec<&TaskResult>> {
    let mut results: BTreeMap<Key<'_>, Vec<&TaskResult>> = BTreeMap::new();
    for result in &told.results {
        let task = &result.task;
        let key = (
            &*result.host,
            &*task.path,
            &*task.name,
            result.item.as_deref(),
        );
        results.entry(key).or_default().push(result);
    }
    results
}

/// Returns whether a task did what was predicted: if nothing changes, it does not matter whether it
/// was skipped.
fn is_same(predicted: &TaskResult, done: &TaskResult) -> bool {
    let quiet = |result: &TaskResult| matches!(result.status, Status::Ok | Status::Skipped);
    let same = predicted.status == done.status || (quiet(predicted) && quiet(done));
    same && predicted.diffs == done.diffs
}

/// Describes how a task ended and what it changed.
fn shown(result: &TaskResult) -> String {
    let status = format!("{:?}", result.status).to_lowercase();
    let diffs: String = result.diffs.iter().map(ToString::to_string).collect();
    format!(
        "{status}: {} ({})\n{diffs}",
        result.task.name, result.task.path
    )
}

/// Returns what a second run changed, or how it failed.
fn second_run(case: &Case, told: &Told) -> Option<String> {
    let problem = |message: &str| Problem::at(&case.place, message);
    if let Some(failed) = told.failure() {
        let problem = problem("the second run fails");
        return Some(failure_with(&problem, &task_failure(failed)));
    }
    let changed: String = told.changed().map(shown).collect();
    if changed.is_empty() {
        return None;
    }
    let advice = "add `changed_when: false` to a read-only task; if the change is intended, add \
                  `expect: {repeats: true}` to the case";
    let problem = problem("the second run changes something").help(advice.to_owned());
    Some(failure_with(&problem, &changed))
}
