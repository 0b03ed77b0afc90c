//! Modules written as scripts: `library/NAME.rhai` declares arguments and plans a change.

mod arguments;
pub(super) mod calls;
mod change;
pub(super) mod declaration;
pub mod facts;
mod parameter;
mod probe;
mod reads;
mod running;

use super::{Budget, Limits, Program, to_dynamic, to_fields};
use crate::change::Change;
use crate::module::{Entry, Module, ModuleError, PlanContext};
use crate::source::{Place, Problem, Problems, Result};
use crate::value::{Fields, Value};
use change::ScriptChange;
use declaration::Declaration;
use parameter::Parameter;
use reads::Reads;
use rhai::{Dynamic, Engine, Map};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The function of a module that plans the change.
const PLAN: &str = "plan";

/// Results that only the run sets.
const RESERVED_RESULTS: &[&str] = &["changed", "diff", "failed", "skipped"];

/// Runs the scripts of all modules, on all hosts.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = super::engine(Limits::default());
    probe::register(&mut engine);
    change::register(&mut engine);
    engine
});

/// Returns the engine for the scripts of modules.
#[cfg(test)]
pub(super) fn engine() -> &'static Engine {
    &ENGINE
}

/// A module written as a script.
struct Script {
    name: String,
    program: Arc<Program>,
    parameters: Vec<Parameter>,
    reads: Reads,
}

/// A script with the arguments of one task.
struct Call {
    script: Arc<Script>,
    arguments: Fields,
}

/// Reads a module from a file; its imports may not leave the folder `root`.
pub fn read(path: &Path, root: &Path) -> Result<Entry> {
    let program = Program::of_project(path, root)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    entry(&name, &program)
}

fn entry(name: &str, program: &Arc<Program>) -> Result<Entry> {
    let mut problems = Problems::default();
    let declaration = declaration::read(program, &mut problems);
    let file = Place::start_of(&program.file);
    if !is_name(name) {
        let message = format!("\"{name}\" is no name of a module");
        let advice = "a name is of lower-case letters, digits and underscores".to_owned();
        problems.push(Problem::at(&file, message).help(advice));
    }
    if !program.defines(PLAN, 2) {
        let problem = Problem::at(&file, "the module has no function plan(probe, args)");
        let elsewhere = program.functions.contains_key(PLAN);
        let advice = elsewhere.then_some("plan has two parameters: the probe and the arguments");
        problems.push(problem.help(advice.map(str::to_owned)));
    }
    problems.0.extend(calls::check(program, &ENGINE).0);
    problems.0.extend(declaration.reads.check(program).0);
    let arguments = arguments::check(program, PLAN, &declaration.parameters);
    problems.0.extend(arguments.0);
    problems.or(())?;
    let Declaration {
        description,
        parameters,
        returns,
        example,
        reads,
    } = declaration;
    let of = |parameter: &Parameter| {
        let aliases = parameter.aliases.iter();
        let pairs = aliases.map(|alias| (alias.clone(), parameter.name.clone()));
        pairs.collect::<Vec<_>>()
    };
    let script = Arc::new(Script {
        name: name.to_owned(),
        program: program.clone(),
        parameters,
        reads,
    });
    Ok(Entry {
        name: name.to_owned(),
        names: vec![name.to_owned()],
        aliases: script.parameters.iter().flat_map(of).collect(),
        raw: &[],
        // Relative paths are rejected.
        paths: Vec::new(),
        relative_paths: parameter::paths(&script.parameters),
        free_form: None,
        any_argument: false,
        once: false,
        writes: crate::module::Writes::Nothing,
        example,
        returns,
        schema: parameter::schema(&described(&description, &script.reads), &script.parameters),
        file: Some(PathBuf::from(&program.file.path)),
        make: Box::new(move |fields| {
            let arguments = parameter::convert(&script.parameters, fields)?;
            let script = script.clone();
            Ok(Box::new(Call { script, arguments }))
        }),
    })
}

/// Returns the description, including the programs that the module runs to read the host.
fn described(description: &str, reads: &Reads) -> String {
    match reads.programs.as_slice() {
        [] => description.to_owned(),
        programs => format!(
            "{description}\n\nRuns to look, in check mode too: {}.",
            programs.join(", ")
        ),
    }
}

fn is_name(name: &str) -> bool {
    let first = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    let all =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    first && name.chars().all(all)
}

impl Module for Call {
    fn plan(&self, context: &PlanContext) -> std::result::Result<Change, ModuleError> {
        let Script { program, .. } = &*self.script;
        let arguments = self.arguments.iter();
        let arguments: super::Called<Map> = arguments
            .map(|(name, value)| Ok((name.as_str().into(), to_dynamic(value)?)))
            .collect();
        let arguments = arguments.map_err(|error| ModuleError::refused(error.to_string()))?;
        let budget = Budget::new(Limits::default(), context.host.limits().cancel.clone());
        let probe = probe::ScriptProbe(context.host.clone());
        let (result, left) = running::with(context, &self.script.reads, || {
            program.call_after_run(&ENGINE, budget, PLAN, (probe, arguments))
        });
        if let Some(failure) = left.failure {
            return Err(failure.into());
        }
        match result {
            Ok(value) => self.change(&value, &left.made),
            Err(diagnosis) => Err(diagnosis.into()),
        }
    }
}

impl Call {
    /// Returns the change from the result of `plan`: a change, a map of results, or nothing. None of
    /// the changes that it made may be lost.
    fn change(
        &self,
        value: &Dynamic,
        made: &[ScriptChange],
    ) -> std::result::Result<Change, ModuleError> {
        let returned = value.clone().try_cast::<ScriptChange>();
        let is_returned = |change: &ScriptChange| {
            returned
                .as_ref()
                .is_some_and(|returned| returned.is(change))
        };
        if made
            .iter()
            .any(|change| !change.is_empty() && !is_returned(change))
        {
            let name = self.script.program.variable_of("change");
            let name = name.unwrap_or_else(|| "change".to_owned());
            let message = format!("plan of {} does not return its change", self.script.name);
            let place = self.script.program.end_of(PLAN);
            let problem = Problem::at(&place, message).label("the change is lost");
            return Err(problem.help(format!("end plan with {name}")).into());
        }
        if let Some(returned) = returned {
            return Ok(returned.take());
        }
        if value.is_unit() {
            return Ok(Change::default());
        }
        let results = value.as_map_ref().ok().map(|map| to_fields(&map));
        let problem = |message: String| {
            let place = self.script.program.end_of(PLAN);
            ModuleError::from(Problem::at(&place, message))
        };
        match results {
            Some(Ok(result)) => {
                if let Some(name) = RESERVED_RESULTS
                    .iter()
                    .find(|name| result.contains_key(**name))
                {
                    return Err(problem(format!(
                        "the run itself sets the result \"{name}\""
                    )));
                }
                Ok(Change {
                    result,
                    ..Change::default()
                })
            }
            Some(Err(message)) => Err(problem(message)),
            None => {
                let found = super::place::article(value.type_name());
                let message = format!(
                    "plan of {} must return a change or a map of results, not {found}",
                    self.script.name
                );
                Err(problem(message))
            }
        }
    }
}

/// Returns a value as shown for a default.
fn shown(value: &Value) -> serde_json::Value {
    crate::value::to_json(value)
}
