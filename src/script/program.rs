//! A parsed script with everything it imports.

use super::budget::{Budget, within};
use super::early;
use super::functions::{self, Function};
use super::habits;
use super::here;
use super::imports;
use super::names;
use super::outline::Outline;
use super::place::place;
use super::problem::{Diagnosis, of_syntax};
use super::results;
use super::shapes;
use super::stop::Stop;
use crate::files::confined;
use crate::source::{LocalPath, Place, Problem, Problems, Result, SourceFile, shown};
use rhai::{AST, ASTNode, Dynamic, Engine, Expr, FnPtr, FuncArgs, Position, Scope, Stmt};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// A parsed script with everything it imports; shared by all hosts.
#[derive(Debug)]
pub struct Program {
    /// Its text.
    pub file: Arc<SourceFile>,
    pub(super) ast: AST,
    pub(super) functions: BTreeMap<String, Function>,
    /// Its imports by name.
    imports: BTreeMap<String, Arc<Program>>,
}

/// Where imports are searched.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Folders to search after that of the importing file.
    pub folders: Vec<LocalPath>,
    /// Folders that imports must not leave, not even through a link.
    pub roots: Vec<LocalPath>,
    /// The names that scripts are given.
    pub globals: &'static [&'static str],
}

/// How deep imports may nest; a script beyond that imports itself by ever longer paths.
const MOST_IMPORTS: usize = 20;

/// Parses scripts; it runs nothing.
pub(super) static PARSER: LazyLock<Engine> =
    LazyLock::new(|| super::engine(super::Limits::default()));

impl Program {
    /// Parses a script and its imports.
    pub fn read(file: &Arc<SourceFile>, reach: &Reach) -> Result<Arc<Self>> {
        Self::read_within(file, reach, &mut vec![file.path.clone()])
    }

    fn read_within(
        file: &Arc<SourceFile>,
        reach: &Reach,
        chain: &mut Vec<PathBuf>,
    ) -> Result<Arc<Self>> {
        let ast = PARSER
            .compile(&file.text)
            .map_err(|error| of_syntax(file, &error))?;
        Self::of(file, ast, reach, &[], chain)
    }

    /// Returns the script of a syntax tree; `known` are variables defined elsewhere.
    pub(super) fn of(
        file: &Arc<SourceFile>,
        mut ast: AST,
        reach: &Reach,
        known: &[&str],
        chain: &mut Vec<PathBuf>,
    ) -> Result<Arc<Self>> {
        ast.set_source(file.path.to_string_lossy().as_ref());
        let mut problems = Problems::default();
        let mut found = BTreeMap::new();
        for (name, at) in named_imports(file, &ast, &mut problems) {
            if let Some(program) = problems.take(import(&name, &at, file, reach, chain)) {
                found.insert(name, program);
            }
        }
        let program = Self {
            file: file.clone(),
            functions: functions::of(&ast),
            ast,
            imports: found,
        };
        let known = [reach.globals, known].concat();
        problems.0.extend(names::check(&program, &known).0);
        problems.0.extend(results::check(&program).0);
        let in_role = !reach.globals.is_empty();
        problems.0.extend(habits::check(&program, in_role).0);
        problems.0.extend(early::check(&program).0);
        if in_role {
            problems.0.extend(shapes::check(&program).0);
        }
        problems.or(Arc::new(program))
    }

    /// Parses a script that is a file of its own in the project `root`, which neither it nor its
    /// imports may leave.
    pub fn of_project(path: &Path, root: &Path) -> Result<Arc<Self>> {
        let reach = Reach {
            folders: vec![LocalPath::of(root)],
            roots: vec![LocalPath::of(root)],
            globals: &[],
        };
        if !confined(path, &reach.roots) {
            let message = format!("{} leads out of {}", shown(path), shown(root));
            return Err(Problem::new(message).into());
        }
        Self::read(&SourceFile::read(path)?, &reach)
    }

    /// Returns the place of the last statement.
    pub fn end(&self) -> Place {
        self.place_of(self.ast.statements().last())
    }

    /// Returns the place of the last statement of a function.
    pub(super) fn end_of(&self, function: &str) -> Place {
        let function = self.functions.get(function);
        self.place_of(function.and_then(|function| function.body.last()))
    }

    /// Returns the first variable that holds what a function returns when it is called without
    /// arguments.
    pub(super) fn variable_of(&self, function: &str) -> Option<String> {
        let mut found = None;
        self.ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(Stmt::Var(parts, ..))) = path.last()
                && let Expr::FnCall(call, _) = &parts.1
                && call.name == function
                && call.args.is_empty()
            {
                found.get_or_insert_with(|| parts.0.name.to_string());
            }
            true
        });
        found
    }

    fn place_of(&self, statement: Option<&Stmt>) -> Place {
        match statement {
            Some(statement) => place(&self.file, statement.position()),
            None => Place::start_of(&self.file),
        }
    }

    /// Runs the script on this thread and returns its last value.
    pub fn run(
        self: &Arc<Self>,
        engine: &Engine,
        budget: Budget,
    ) -> std::result::Result<Dynamic, Box<Diagnosis>> {
        self.run_in(engine, budget, &mut Scope::new())
    }

    /// Runs the script on this thread with these variables and returns its last value.
    pub(super) fn run_in(
        self: &Arc<Self>,
        engine: &Engine,
        budget: Budget,
        scope: &mut Scope<'static>,
    ) -> std::result::Result<Dynamic, Box<Diagnosis>> {
        self.guarded(budget, || engine.eval_ast_with_scope(scope, &self.ast))
    }

    /// Calls a function of the script; its other statements are not run.
    pub fn call(
        self: &Arc<Self>,
        engine: &Engine,
        budget: Budget,
        function: &str,
        arguments: impl FuncArgs,
    ) -> std::result::Result<Dynamic, Box<Diagnosis>> {
        let options = rhai::CallFnOptions::new().eval_ast(false);
        self.guarded(budget, || {
            let scope = &mut Scope::new();
            engine.call_fn_with_options(options, scope, &self.ast, function, arguments)
        })
    }

    /// Runs the script, then calls one of its functions, which can use its imports and constants.
    pub fn call_after_run(
        self: &Arc<Self>,
        engine: &Engine,
        budget: Budget,
        function: &str,
        arguments: impl FuncArgs,
    ) -> std::result::Result<Dynamic, Box<Diagnosis>> {
        self.guarded(budget, || {
            engine.call_fn(&mut Scope::new(), &self.ast, function, arguments)
        })
    }

    fn guarded(
        self: &Arc<Self>,
        budget: Budget,
        work: impl FnOnce() -> super::Called<Dynamic>,
    ) -> std::result::Result<Dynamic, Box<Diagnosis>> {
        Stop::forget();
        here::apart(|| {
            let result = within(budget, || imports::within(self, work));
            let result = match Stop::pending() {
                Some(stop) if result.is_ok() => Err(stop.error(Position::NONE)),
                _ => result,
            };
            Stop::forget();
            result.map_err(|error| Box::new(Diagnosis::of(self, error)))
        })
    }

    /// Returns whether it defines a function with this many parameters.
    pub fn defines(&self, function: &str, parameters: usize) -> bool {
        let mut functions = self.ast.iter_functions();
        functions.any(|found| found.name == function && found.params.len() == parameters)
    }

    /// Returns what it calls, as far as can be seen before it runs.
    pub fn outline(&self) -> Outline {
        Outline::of(self)
    }

    /// Returns the number of parameters of a function of the script.
    pub(super) fn parameters(&self, function: &FnPtr) -> Option<usize> {
        let found = self.functions.get(function.fn_name())?;
        found.parameters.len().checked_sub(function.curry().len())
    }

    /// Returns the place of a position in one of its files.
    pub(super) fn place_in(&self, source: &str, position: Position) -> Place {
        let file = self.file_named(source);
        place(file.as_ref().unwrap_or(&self.file), position)
    }

    /// Returns the file with this name among its own and the imported ones.
    pub(super) fn file_named(&self, name: &str) -> Option<Arc<SourceFile>> {
        self.named(name).map(|program| program.file.clone())
    }

    /// Returns the script with this name among itself and the imported ones.
    pub(super) fn named(&self, name: &str) -> Option<&Program> {
        if self.file.path.to_string_lossy() == name {
            return Some(self);
        }
        self.imports
            .values()
            .find_map(|program| program.named(name))
    }

    /// Returns it and everything it imports.
    pub(super) fn with_imports(&self) -> Vec<&Program> {
        let imports = self.imports.values();
        let imports = imports.flat_map(|program| program.with_imports());
        std::iter::once(self).chain(imports).collect()
    }

    /// Returns the script that `path` refers to in the file `source`.
    pub(super) fn imported(&self, source: &str, path: &str) -> Option<Arc<Program>> {
        self.named(source)?.imports.get(path).cloned()
    }
}

/// Returns the imports of a script, each with the place of its name. Names that are not literals
/// are problems, since they cannot be checked.
pub(super) fn named_imports(
    file: &Arc<SourceFile>,
    ast: &AST,
    problems: &mut Problems,
) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
            let at = place(file, import.0.position());
            if let Expr::StringConstant(name, _) = &import.0 {
                found.push((name.to_string(), at));
            } else {
                let message = "an import must name a file as plain text";
                problems.push(Problem::at(&at, message).label("not plain text"));
            }
        }
        true
    });
    found
}

fn import(
    name: &str,
    at: &Place,
    file: &SourceFile,
    reach: &Reach,
    chain: &mut Vec<PathBuf>,
) -> Result<Arc<Program>> {
    let path = find(name, at, file, reach)?;
    if chain.iter().any(|other| **other == *path) || chain.len() > MOST_IMPORTS {
        return Err(Problem::at(at, format!("{} imports itself", path.display())).into());
    }
    chain.push(path.to_path_buf());
    let program =
        SourceFile::read(&path).and_then(|file| Program::read_within(&file, reach, chain));
    chain.pop();
    program
}

/// Returns the file that an import names: next to the importing file, or in a folder of the
/// project.
fn find(name: &str, at: &Place, file: &SourceFile, reach: &Reach) -> Result<LocalPath> {
    let has_ending = Path::new(name).extension().is_some_and(|end| end == "rhai");
    let wanted = if has_ending {
        PathBuf::from(name)
    } else {
        PathBuf::from(format!("{name}.rhai"))
    };
    let mut folders = vec![file.folder()];
    for folder in &reach.folders {
        if !folders.contains(folder) {
            folders.push(folder.clone());
        }
    }
    let found = folders.iter().map(|folder| folder.join(&wanted));
    let found = found.into_iter().find(|path| path.is_file());
    let inside = |path: &LocalPath| confined(path, &reach.roots);
    match found {
        Some(path) if !wanted.is_absolute() && inside(&path) => Ok(path),
        None if !wanted.is_absolute() => {
            let shown: Vec<_> = folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            Err(Problem::at(at, format!("there is no script \"{name}\""))
                .label("not found")
                .help(format!("searched in {}", shown.join(", ")))
                .into())
        }
        _ => Err(
            Problem::at(at, format!("\"{name}\" is outside the project"))
                .help("scripts can only import files of their own project".to_owned())
                .into(),
        ),
    }
}
