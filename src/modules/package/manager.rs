//! The common parts of package managers: the wanted packages, a simulation of the transaction, and
//! the resulting list of packages.

use super::packages::{Move, Packages};
use crate::change::Change;
use crate::host::{Command, Doubtful, Output, Setting, Step};
use crate::module::{ModuleError, PlanContext};
use crate::value::NotKnown;
use std::collections::BTreeMap;

/// The desired state of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Installed in any version.
    Present,
    /// Installed in the newest version.
    Latest,
    /// Not installed.
    Absent,
}

/// A package manager with the options of a task.
pub(super) trait Manager {
    /// Returns the command that lists all packages: name, architecture, version and more, separated
    /// by tabs.
    fn teller(&self) -> Command;

    /// Returns the names that need a transaction, in the form the program takes.
    fn open(
        &self,
        packages: &Packages,
        wanted: Wanted,
        names: &[String],
        context: &PlanContext,
    ) -> Result<Vec<String>, ModuleError>;

    /// Returns the command line that runs a transaction.
    fn act(&self, wanted: Wanted, names: &[String]) -> Vec<String>;

    /// Returns the command line that only simulates a transaction.
    fn trial(&self, act: &[String]) -> Vec<String>;

    /// Parses the output of a simulation.
    fn moves(&self, output: &Output, packages: &Packages) -> Result<Vec<Move>, ModuleError>;

    /// Returns where its settings and its lists of repositories are.
    fn settings(&self) -> &'static [&'static str];

    /// Variables that keep the program from asking and from other languages.
    fn environment(&self) -> &'static [(&'static str, &'static str)];
}

/// Returns what must be done to reach the desired state.
pub(super) fn plan(
    manager: &dyn Manager,
    context: &PlanContext,
    wanted: Wanted,
    names: &[String],
) -> Result<Change, ModuleError> {
    let packages = packages(manager, context)?;
    let open = manager.open(&packages, wanted, names, context)?;
    if open.is_empty() {
        return Ok(Change::default());
    }
    let after = outcome(
        manager,
        context,
        &packages,
        &manager.act(wanted, &open),
        names,
    )?;
    // What is only installed in the run is left alone by a trial that removes it.
    if wanted == Wanted::Absent
        && let Some(doubt) = foreseen(manager, context, names)?
        && !manager.open(&after, wanted, names, context)?.is_empty()
    {
        return Err(ModuleError::NotKnown(doubt));
    }
    Ok(change(
        manager,
        context,
        &packages,
        &after,
        manager.act(wanted, &open),
    ))
}

/// Returns the packages of the host.
pub(super) fn packages(
    manager: &dyn Manager,
    context: &PlanContext,
) -> Result<Packages, ModuleError> {
    let output = ask(context, manager, manager.teller())?;
    if output.status != 0 {
        return Err(ModuleError::refused(said(&output)));
    }
    let mut packages = Packages::read(&String::from_utf8_lossy(&output.stdout));
    packages.sort();
    Ok(packages)
}

/// Returns the change that a command makes to the packages of the host.
pub(super) fn transaction(
    manager: &dyn Manager,
    context: &PlanContext,
    packages: &Packages,
    act: Vec<String>,
) -> Result<Change, ModuleError> {
    let after = outcome(manager, context, packages, &act, &[])?;
    Ok(change(manager, context, packages, &after, act))
}

/// Returns the packages that a command leads to, by a trial.
fn outcome(
    manager: &dyn Manager,
    context: &PlanContext,
    packages: &Packages,
    act: &[String],
    names: &[String],
) -> Result<Packages, ModuleError> {
    let trial = ask(context, manager, Command::new(manager.trial(act)))?;
    match manager.moves(&trial, packages) {
        Ok(moves) => Ok(packages.after(moves)),
        Err(error @ ModuleError::Refused { .. }) => {
            let doubt = foreseen(manager, context, names)?;
            Err(doubt.map_or(error, ModuleError::NotKnown))
        }
        Err(error) => Err(error),
    }
}

/// Returns why a trial does not see what it depends on as the host shows it: other packages, the
/// settings of the package manager, or files of packages.
fn foreseen(
    manager: &dyn Manager,
    context: &PlanContext,
    names: &[String],
) -> Result<Option<NotKnown>, ModuleError> {
    let files = names.iter().filter(|name| name.starts_with('/'));
    let paths = files
        .map(String::as_str)
        .chain(manager.settings().iter().copied());
    let paths = paths.map(|path| Doubtful::Path(path.into()));
    let mut parts = std::iter::once(Doubtful::Told(manager.teller().argv)).chain(paths);
    let doubt = parts.find_map(|part| context.host.foreseen(&part).transpose());
    Ok(doubt.transpose()?)
}

fn change(
    manager: &dyn Manager,
    context: &PlanContext,
    packages: &Packages,
    after: &Packages,
    act: Vec<String>,
) -> Change {
    let mut change = Change::default();
    if after != packages {
        change.steps.push(Step::Set(Setting {
            name: "packages".to_owned(),
            teller: manager.teller(),
            before: packages.text(),
            after: after.text(),
            setters: vec![with_environment(context, manager, Command::new(act))],
            brings_programs: true,
        }));
    }
    change
}

/// Runs a program of the host, in English.
pub(super) fn ask(
    context: &PlanContext,
    manager: &dyn Manager,
    command: Command,
) -> Result<Output, ModuleError> {
    let command = with_environment(context, manager, command);
    Ok(context.host.query(&command)?)
}

/// Returns the command with the task's environment, in which nothing asks questions.
pub(super) fn with_environment(
    context: &PlanContext,
    manager: &dyn Manager,
    command: Command,
) -> Command {
    let own = manager.environment().iter();
    let mut environment: BTreeMap<String, String> = own
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    environment.extend(context.environment.clone());
    Command {
        environment,
        ..command
    }
}

/// Returns why a program failed, as one line.
pub(in crate::modules) fn said(output: &Output) -> String {
    let texts = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes));
    let lines = || texts.iter().flat_map(|text| text.lines()).map(str::trim);
    let marks = ["E: ", "Error: ", "ERROR: "];
    let marked = |line: &&str| marks.iter().any(|mark| line.starts_with(mark));
    let mut found: Vec<&str> = lines().filter(marked).collect();
    if found.is_empty() {
        found.extend(lines().rfind(|line| !line.is_empty()));
    }
    let plain = found.iter().map(|line| {
        let text = marks.iter().find_map(|mark| line.strip_prefix(mark));
        text.unwrap_or(line).to_owned()
    });
    match plain.collect::<Vec<_>>().join("; ") {
        text if text.is_empty() => format!("the package manager exited with {}", output.status),
        text => text,
    }
}
