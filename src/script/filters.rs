//! Filters and tests of templates written as scripts: `filters/*.rhai`.

use super::module::{calls, declaration};
use super::{Budget, Limits, Program, to_dynamic, to_value};
use crate::host::Cancel;
use crate::source::{Problem, Problems, Result};
use crate::template::{Extension, Extensions};
use crate::value::Value;
use rhai::{Dynamic, Engine, FnAccess};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The prefix of a test's function.
const TEST: &str = "is_";

/// Runs all filters and tests.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| super::engine(Limits::default()));

/// Reads a file: every public function is a filter, except that `is_NAME` is the test NAME. Imports
/// may not leave the folder `root`.
pub fn read(path: &Path, root: &Path) -> Result<Extensions> {
    let program = Program::of_project(path, root)?;
    let mut problems = Problems::default();
    declaration::only_definitions(&program, "a file of filters", &mut problems);
    problems.0.extend(calls::check(&program, &ENGINE).0);
    problems.or(())?;
    let mut functions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for function in program.ast.iter_functions() {
        let takes = function.params.len();
        let named = !function.name.starts_with("anon$");
        if function.access == FnAccess::Public && named && takes > 0 {
            functions
                .entry(function.name.to_owned())
                .or_default()
                .push(takes);
        }
    }
    let mut extensions = Extensions::default();
    for (function, parameters) in functions {
        let test = function.strip_prefix(TEST).map(str::to_owned);
        let (list, name) = match test {
            Some(name) => (&mut extensions.tests, name),
            None => (&mut extensions.filters, function.clone()),
        };
        let program = program.clone();
        list.push(Extension {
            name,
            parameters,
            run: Arc::new(move |values| call(&program, &function, values)),
        });
    }
    Ok(extensions)
}

fn call(
    program: &Arc<Program>,
    function: &str,
    values: &[Value],
) -> std::result::Result<Value, Problem> {
    let values: super::Called<Vec<Dynamic>> = values.iter().map(to_dynamic).collect();
    let values = values.map_err(|error| Problem::new(super::problem::summary(&error)))?;
    let budget = Budget::new(Limits::default(), Cancel::default());
    let result = program
        .call_after_run(&ENGINE, budget, function, values)
        .map_err(|diagnosis| diagnosis.problem)?;
    to_value(&result).map_err(Problem::new)
}
