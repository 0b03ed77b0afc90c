//! Facts written as scripts: `facts/*.rhai` read the host and return a map, which is added to the
//! facts whenever these are gathered.

use super::reads::Reads;
use super::{calls, declaration, probe, running};
use crate::change::{Change, Sets};
use crate::module::{Entry, Module, ModuleError, PlanContext};
use crate::script::{Budget, Limits, Program, place, to_fields};
use crate::source::{Place, Problem, Problems, Result};
use crate::value::{self, Fields};
use rhai::Engine;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The function that such a script defines.
const FACTS: &str = "facts";

/// Runs all of them.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = crate::script::engine(Limits::default());
    probe::register(&mut engine);
    engine
});

/// Reads a file of facts; its imports may not leave the folder `root`.
pub fn read(path: &Path, root: &Path) -> Result<Arc<Program>> {
    let program = Program::of_project(path, root)?;
    let mut problems = Problems::default();
    declaration::only_definitions(&program, "a file of facts", &mut problems);
    if !program.defines(FACTS, 1) {
        let place = Place::start_of(&program.file);
        problems.push(Problem::at(&place, "the file has no function facts(probe)"));
    }
    problems.0.extend(calls::check(&program, &ENGINE).0);
    let reads = Reads::of_facts(&program, &mut problems);
    problems.0.extend(reads.check(&program).0);
    problems.or(program)
}

/// Returns the module `setup` that also gathers these facts.
pub fn gathered(setup: Arc<Entry>, scripts: Vec<Arc<Program>>) -> Entry {
    let scripts: Arc<[Arc<Program>]> = scripts.into();
    Entry {
        name: setup.name.clone(),
        names: setup.names.clone(),
        aliases: setup.aliases.clone(),
        raw: setup.raw,
        paths: setup.paths.clone(),
        relative_paths: setup.relative_paths.clone(),
        free_form: setup.free_form,
        any_argument: setup.any_argument,
        once: setup.once,
        writes: setup.writes,
        example: setup.example.clone(),
        returns: setup.returns.clone(),
        schema: setup.schema.clone(),
        file: None,
        make: Box::new(move |fields| {
            let setup = (setup.make)(fields)?;
            let scripts = scripts.clone();
            Ok(Box::new(Gathered { setup, scripts }))
        }),
    }
}

struct Gathered {
    setup: Box<dyn Module>,
    scripts: Arc<[Arc<Program>]>,
}

impl Module for Gathered {
    fn plan(&self, context: &PlanContext) -> std::result::Result<Change, ModuleError> {
        let mut change = self.setup.plan(context)?;
        let mut own = Fields::new();
        for program in self.scripts.iter() {
            own.extend(facts(program, context)?);
        }
        let told = change.result.get("ansible_facts").and_then(value::fields);
        let mut told = told.unwrap_or_default();
        let prefixed = own.iter();
        told.extend(prefixed.map(|(name, fact)| (format!("ansible_{name}"), fact.clone())));
        change.returns("ansible_facts", value::map(told));
        match &mut change.sets {
            Sets::Facts(known) => known.extend(own),
            sets => *sets = Sets::Facts(own),
        }
        Ok(change)
    }
}

fn facts(
    program: &Arc<Program>,
    context: &PlanContext,
) -> std::result::Result<Fields, ModuleError> {
    let budget = Budget::new(Limits::default(), context.host.limits().cancel.clone());
    let probe = probe::ScriptProbe(context.host.clone());
    let reads = Reads::of_facts(program, &mut Problems::default());
    let (result, left) = running::with(context, &reads, || {
        program.call_after_run(&ENGINE, budget, FACTS, (probe,))
    });
    if let Some(failure) = left.failure {
        return Err(failure.into());
    }
    let value = result.map_err(ModuleError::from)?;
    let fields = match value.as_map_ref() {
        Ok(map) => to_fields(&map),
        Err(_) => Err(format!(
            "facts must return a map, not {}",
            place::article(value.type_name())
        )),
    };
    fields.map_err(|message| Problem::at(&program.end_of(FACTS), message).into())
}
