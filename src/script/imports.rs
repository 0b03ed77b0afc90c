//! Imports of scripts: only files of the project, all read before anything runs.

use super::program::Program;
use super::raised::Raised;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// The script that runs on this thread.
    static PROGRAM: RefCell<Option<Arc<Program>>> = const { RefCell::new(None) };
}

/// Runs `work` with the imports of a script.
pub(super) fn within<T>(program: &Arc<Program>, work: impl FnOnce() -> T) -> T {
    let outer = PROGRAM.replace(Some(program.clone()));
    let result = work();
    PROGRAM.set(outer);
    result
}

/// Returns the script that runs on this thread.
pub(super) fn running() -> Option<Arc<Program>> {
    PROGRAM.with_borrow(Clone::clone)
}

/// Finds imports among those that were read with the script; nothing is read at run time.
pub(super) struct Imported;

impl ModuleResolver for Imported {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let program =
            running().and_then(|program| program.imported(source.unwrap_or_default(), path));
        let Some(program) = program else {
            let message = format!("\"{path}\" was not imported when the script was read");
            return Err(Raised::new(message).at(position));
        };
        let name = program.file.path.to_string_lossy().into_owned();
        let module = Module::eval_ast_as_new(Scope::new(), &program.ast, engine);
        let module = module.map_err(|error| EvalAltResult::ErrorInModule(name, error, position))?;
        Ok(module.into())
    }
}
