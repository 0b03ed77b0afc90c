//! What holds for every task of every module: it does what its case says, a second run changes
//! nothing and asks once, check mode leaves the machine alone and shows the same difference, and
//! what check mode shows afterwards is what the run makes.

use super::case::{Case, Expect};
use super::machine;
use super::real::Root;
use super::shown::{self, everything, plan_lines};
use super::task::Task;
use camino::Utf8PathBuf;
use rmqplay::change::Change;
use rmqplay::host::{Host, HostError, Limits, Memory, Overlay, Ownership, Step};
use rmqplay::value::Value;
use std::sync::Arc;

/// Where a case takes place.
pub(super) enum Ground {
    /// On a machine in memory.
    Memory,
    /// Below a folder of this machine that takes the place of `/`.
    Real(Root),
}

impl Ground {
    /// Returns the machine that a case declares.
    fn machine(&self, case: &Case) -> Result<Arc<dyn Host>, String> {
        match self {
            Ground::Memory => Ok(Arc::new(machine::of(case)?)),
            Ground::Real(root) => root.machine(case),
        }
    }

    /// Returns how often a second run may ask; a real machine may need more for one look.
    fn asks(&self, case: &Case) -> u64 {
        match self {
            Ground::Memory => case.expect.asks.unwrap_or(1),
            Ground::Real(_) => u64::MAX,
        }
    }

    /// Returns whether it is the machine that the case declares; another one may plan otherwise,
    /// but the laws hold on it.
    fn is_as_declared(&self) -> bool {
        match self {
            Ground::Memory => true,
            Ground::Real(root) => root.is_as_declared(),
        }
    }

    /// Compares why the steps could not be done; a real machine has words of its own for it.
    fn apply_error(&self, found: &String, expected: &String) -> Result<(), String> {
        match self {
            Ground::Real(_) if !found.is_empty() => Ok(()),
            _ => same("error of applying", found, expected),
        }
    }
}

/// Runs a case and returns what does not hold.
pub(super) fn check(case: &Case, ground: &Ground) -> Result<(), String> {
    let task = Task::of(case);
    let checked_on = ground.machine(case)?;
    let host = ground.machine(case)?;
    let expected_end = case.expect.error_ends.as_deref();
    let change = match (task.plan(&host), &case.expect.error) {
        (Err(error), Some(expected)) => return same("error", &error, expected),
        (Err(error), None) if expected_end.is_some_and(|end| error.ends_with(end)) => return Ok(()),
        (Err(error), None) => return Err(format!("it fails: {error}")),
        (Ok(change), None) if expected_end.is_none() => change,
        (Ok(_), _) => return Err("it does not fail".to_owned()),
    };
    if ground.is_as_declared() {
        expected(&change, &case.expect)?;
    }
    let checked = check_law(case, &task, &change, checked_on)?;
    let applied = apply(&change, &*host);
    if let Some(expected) = &case.expect.apply_error {
        return ground.apply_error(&applied.unwrap_or_default(), expected);
    }
    if let Some(error) = applied {
        return Err(format!("applying fails: {error}"));
    }
    if ground.is_as_declared() {
        then(case, &*host)?;
    }
    if !case.expect.repeats {
        second_run_law(&task, &host, ground.asks(case))?;
        same_machine(
            "what check mode shows and what the run made",
            &everything(&*checked),
            &everything(&*host),
        )?;
    }
    Ok(())
}

fn expected(change: &Change, expect: &Expect) -> Result<(), String> {
    if let Some(changed) = expect.changed {
        same("changed", &change.is_changed(), &changed)
            .map_err(|why| format!("{why}\n{}", shown::differences(change)))?;
    }
    if let Some(plan) = &expect.plan {
        same("plan", &plan_lines(change), plan)?;
    }
    if let Some(diff) = &expect.diff {
        same("diff", &shown::differences(change), diff)?;
    }
    same("failed", &change.failed, &expect.failed)?;
    same("skipped", &change.skipped, &expect.skipped)?;
    if let Some(sets) = &expect.sets {
        let shown = shown::json(&shown::sets(change));
        same("sets", &shown, sets)?;
    }
    let result = shown::json(&Value::from_pairs(change.result.clone()));
    for (name, value) in &expect.result {
        let found = result.pointer(&format!("/{}", name.replace('.', "/")));
        let found = found.unwrap_or(&serde_json::Value::Null);
        same(&format!("result.{name}"), found, value)?;
    }
    Ok(())
}

/// Check mode leaves the machine alone, and a task after it finds it done.
fn check_law(
    case: &Case,
    task: &Task,
    change: &Change,
    below: Arc<dyn Host>,
) -> Result<Arc<dyn Host>, String> {
    let before = everything(&*below);
    let check: Arc<dyn Host> = Arc::new(Memory::over(below.clone(), Overlay::default()));
    touch(&*check)?;
    let planned = task.plan(&check)?;
    let lines = plan_lines(&planned);
    same("plan in check mode", &lines, &plan_lines(change))?;
    let differences = shown::differences(&planned);
    same(
        "differences in check mode",
        &differences,
        &shown::differences(change),
    )?;
    match (apply(&planned, &*check), &case.expect.apply_error) {
        (Some(error), None) => return Err(format!("check mode fails: {error}")),
        (None, None) if !case.expect.repeats => {
            let again = task.plan(&check)?;
            same("plan after check mode", &plan_lines(&again), &Vec::new())?;
        }
        _ => {}
    }
    let after = everything(&*below);
    same_machine("the machine after check mode", &after, &before)?;
    Ok(check)
}

/// Makes something and takes it away, so that check mode can no longer just pass questions on.
fn touch(check: &dyn Host) -> Result<(), String> {
    let path = Utf8PathBuf::from("/made-in-check-mode");
    let mkdir = Step::Mkdir {
        path: path.clone(),
        ownership: Ownership::default(),
    };
    let remove = Step::Remove {
        path,
        directory: true,
    };
    for step in [mkdir, remove] {
        let applied = check.apply(&step, &Limits::default());
        // The user of the case may not write there.
        let is_denied = |error: &HostError| error.to_string().ends_with("Permission denied");
        if applied.as_ref().is_err_and(is_denied) {
            return Ok(());
        }
        applied.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn second_run_law(task: &Task, host: &Arc<dyn Host>, most: u64) -> Result<(), String> {
    let asked = host.traffic().round_trips;
    let again = task
        .plan(host)
        .map_err(|error| format!("the second run fails: {error}"))?;
    same("plan of the second run", &plan_lines(&again), &Vec::new())?;
    same("changed by the second run", &again.is_changed(), &false)?;
    let asked = host.traffic().round_trips - asked;
    if asked > most {
        return Err(format!("the second run asks {asked} times"));
    }
    Ok(())
}

/// Returns the error if one of the steps fails.
fn apply(change: &Change, host: &dyn Host) -> Option<String> {
    let applied = change.apply(host, &Limits::default());
    applied.err().map(|error| error.to_string())
}

/// Compares what stands on the machine afterwards.
fn then(case: &Case, host: &dyn Host) -> Result<(), String> {
    for (path, expected) in &case.expect.then {
        let found = shown::path(host, path);
        for (name, value) in expected {
            let what = format!("{path}: {name}");
            if name == "has" {
                let content = found["content"].as_str().unwrap_or_default();
                let part = value.as_str().unwrap_or_default();
                if !content.contains(part) {
                    return Err(format!("{what}: {part:?} is not in {content:?}"));
                }
                continue;
            }
            same(
                &what,
                found.get(name).unwrap_or(&serde_json::Value::Null),
                value,
            )?;
        }
    }
    Ok(())
}

/// Compares what [`everything`] tells of two machines.
fn same_machine(what: &str, found: &[String], expected: &[String]) -> Result<(), String> {
    let less = |some: &[String], others: &[String]| -> Vec<String> {
        let alone = some.iter().filter(|one| !others.contains(one));
        alone.cloned().collect()
    };
    same(what, &less(found, expected), &less(expected, found))
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{what}:\n  found    {found:?}\n  expected {expected:?}"
    ))
}
