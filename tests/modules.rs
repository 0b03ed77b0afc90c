//! Every module on a machine in memory: `tests/modules/MODULE/*.yml` are the cases.
//!
//! A case is `{name, args, host, controller, vars, expect}`. Besides what it expects, three laws
//! are tested of each: a second run changes nothing and asks once; check mode leaves the machine
//! alone; and what check mode shows afterwards is what the run makes.

mod ansible;
mod case;
mod machine;
mod packed;
mod real;
mod shown;
mod task;

use case::{Case, Expect};
use rmqplay::change::Change;
use rmqplay::host::{Host, Limits, Memory, Overlay};
use rmqplay::modules::built_in;
use rmqplay::value::Value;
use shown::{everything, plan_lines};
use std::path::PathBuf;
use std::sync::Arc;
use task::Task;

#[test]
fn modules_do_what_their_cases_say() {
    let mut failures = Vec::new();
    for path in case_files() {
        for case in case::read(&path) {
            let name = format!("{}: {}", path.display(), case.name);
            if let Err(why) = run(&case) {
                failures.push(format!("{name}\n{why}"));
            }
        }
    }
    assert!(failures.is_empty(), "\n\n{}\n", failures.join("\n\n"));
}

#[test]
fn every_module_has_cases() {
    let files = case_files();
    for entry in built_in().modules() {
        let folder = std::path::Path::new("tests/modules").join(entry.name);
        let has_cases = files.iter().any(|file| file.starts_with(&folder));
        assert!(has_cases, "no file in {}", folder.display());
    }
}

#[test]
fn the_example_of_every_module_can_be_planned() {
    for entry in built_in().modules() {
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
    for entry in built_in().modules() {
        let page = entry.page();
        assert!(!entry.summary().is_empty(), "{}", entry.name);
        for argument in entry.arguments() {
            assert!(
                page.contains(&format!("\n  {argument}")),
                "{argument}: {page}"
            );
        }
        for (name, _) in entry.returns {
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

fn run(case: &Case) -> Result<(), String> {
    let task = Task::of(case);
    let host: Arc<dyn Host> = Arc::new(machine::of(case)?);
    let expected_end = case.expect.error_ends.as_deref();
    let change = match (task.plan(&host), &case.expect.error) {
        (Err(error), Some(expected)) => return same("error", &error, expected),
        (Err(error), None) if expected_end.is_some_and(|end| error.ends_with(end)) => return Ok(()),
        (Err(error), None) => return Err(format!("it fails: {error}")),
        (Ok(change), None) if expected_end.is_none() => change,
        (Ok(_), _) => return Err("it does not fail".to_owned()),
    };
    expected(&change, &case.expect)?;
    let checked = check_law(case, &task, &change)?;
    let applied = apply(&change, &*host);
    if let Some(expected) = &case.expect.apply_error {
        return same("error of applying", &applied.unwrap_or_default(), expected);
    }
    if let Some(error) = applied {
        return Err(format!("applying fails: {error}"));
    }
    then(case, &*host)?;
    if !case.expect.repeats {
        second_run_law(&task, &host, case.expect.asks.unwrap_or(1))?;
        same(
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
fn check_law(case: &Case, task: &Task, change: &Change) -> Result<Arc<dyn Host>, String> {
    let below = Arc::new(machine::of(case)?);
    let before = everything(&*below);
    let check: Arc<dyn Host> = Arc::new(Memory::over(below.clone(), Overlay::default()));
    let planned = task.plan(&check)?;
    let lines = plan_lines(&planned);
    same("plan in check mode", &lines, &plan_lines(change))?;
    match (apply(&planned, &*check), &case.expect.apply_error) {
        (Some(error), None) => return Err(format!("check mode fails: {error}")),
        (None, None) if !case.expect.repeats => {
            let again = task.plan(&check)?;
            same("plan after check mode", &plan_lines(&again), &Vec::new())?;
        }
        _ => {}
    }
    let after = everything(&*below);
    same("the machine after check mode", &after, &before)?;
    Ok(check)
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
            same(
                &what,
                found.get(name).unwrap_or(&serde_json::Value::Null),
                value,
            )?;
        }
    }
    Ok(())
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{what}:\n  found    {found:?}\n  expected {expected:?}"
    ))
}

#[test]
fn a_page_is_made_from_the_arguments() {
    let registry = built_in();
    for name in ["lineinfile", "symlink"] {
        insta::assert_snapshot!(name, registry.get(name).unwrap().page());
    }
}
