//! A script that grows with each entry typed by a user: later entries see the variables, functions
//! and imports of earlier ones.

use super::place::offset;
use super::problem::{Diagnosis, of_syntax};
use super::program::{PARSER, Program, Reach, named_imports};
use super::{Budget, Lookup, to_value};
use crate::source::{Problems, Result, SourceFile};
use crate::value::Value;
use rhai::{AST, Dynamic, Engine, LexError, ParseError, ParseErrorType, Scope, Stmt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file name shown in messages about typed entries.
const NAME: &str = "<repl>";

/// A script that grows with each entry typed by a user.
#[derive(Debug)]
pub struct Console {
    reach: Reach,
    kept: Mutex<Kept>,
}

/// What earlier entries left behind.
#[derive(Debug, Default)]
struct Kept {
    /// All entries, so that each has its own line numbers.
    text: String,
    /// The same text, blank except for the imports.
    imports: String,
    functions: AST,
    scope: Scope<'static>,
    /// The value of the last entry.
    value: Dynamic,
}

impl Console {
    /// Returns a console without entries.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            kept: Mutex::default(),
        }
    }

    /// Parses an entry, with everything that earlier ones defined.
    pub fn read(&self, entry: &str) -> Result<Arc<Program>> {
        let mut kept = self.kept();
        let text = format!("{}{entry}\n", kept.text);
        let file = SourceFile::new(NAME, text.as_str());
        // A space at the end leaves room to end an import.
        let compiled = format!("{}{entry} \n", kept.imports);
        let entry = PARSER
            .compile(&compiled)
            .map_err(|error| of_syntax(&file, &error))?;
        let known: Vec<&str> = kept.scope.iter_raw().map(|(name, ..)| name).collect();
        let ast = kept.functions.merge(&entry);
        let program = Program::of(&file, ast, &self.reach, &known, &mut Vec::new())?;
        kept.imports = imports_alone(&SourceFile::new(NAME, compiled), &entry);
        kept.functions = program.ast.clone_functions_only();
        kept.text = text;
        Ok(program)
    }

    /// Runs an entry on this thread; its definitions are kept even if it fails.
    pub(super) fn run(
        &self,
        program: &Arc<Program>,
        engine: &Engine,
        budget: Budget,
    ) -> std::result::Result<(), Box<Diagnosis>> {
        let mut scope = std::mem::take(&mut self.kept().scope);
        let result = program.run_in(engine, budget, &mut scope);
        let mut kept = self.kept();
        // A variable that is defined again hides the earlier one.
        kept.scope = scope.clone_visible();
        kept.value = result?;
        Ok(())
    }

    /// Takes the value of the last entry in a form that can be shown, if it had one.
    pub fn take_value(&self) -> Option<Value> {
        let value = std::mem::take(&mut self.kept().value);
        if value.is_unit() {
            return None;
        }
        if let Some(lookup) = value.clone().try_cast::<Lookup>() {
            return Some(lookup.names().into_iter().map(Value::from).collect());
        }
        Some(to_value(&value).unwrap_or_else(Value::from))
    }

    /// Returns the names of the variables and functions defined so far.
    pub fn names(&self) -> Vec<String> {
        let kept = self.kept();
        let variables = kept.scope.iter_raw().map(|(name, ..)| name.to_owned());
        let functions = kept.functions.iter_functions();
        let functions = functions.map(|function| function.name.to_owned());
        let named = functions.filter(|name| !name.starts_with("anon$"));
        variables.chain(named).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether an entry is incomplete, so that more input must follow.
pub fn is_unfinished(entry: &str) -> bool {
    let file = SourceFile::new(NAME, entry);
    let Err(error) = PARSER.compile(entry) else {
        return false;
    };
    let at = offset(&file, error.position());
    match error.err_type() {
        // Text in double quotes ends with its line.
        ParseErrorType::BadInput(LexError::UnterminatedString) => is_open_text(entry, at),
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::MissingToken(..) | ParseErrorType::PropertyExpected => {
            ends_there(entry, at, &error)
        }
        _ => entry.trim_end().ends_with(',') && ends_there(entry, at, &error),
    }
}

fn is_open_text(entry: &str, at: Option<usize>) -> bool {
    let rest = at.and_then(|at| entry.get(at..)).unwrap_or_default();
    rest.starts_with('`')
}

fn ends_there(entry: &str, at: Option<usize>, error: &ParseError) -> bool {
    error.position().is_none() || at.is_some_and(|at| at >= entry.trim_end().len())
}

/// Returns a text with the same number of lines, blank except for imports.
fn imports_alone(file: &Arc<SourceFile>, ast: &AST) -> String {
    let text = &file.text;
    let mut kept: Vec<bool> = vec![false; text.len()];
    let mut ends = Vec::new();
    let imports = named_imports(file, ast, &mut Problems::default());
    let at_top = ast
        .statements()
        .iter()
        .filter_map(|statement| match statement {
            Stmt::Import(_, position) => offset(file, *position),
            _ => None,
        });
    let starts: Vec<usize> = at_top.collect();
    for (start, (_, name)) in starts.into_iter().zip(&imports) {
        let rest = text.get(name.range.end..).unwrap_or_default();
        let length = rest.find([';', '\n']).unwrap_or(rest.len());
        let end = name.range.end + length;
        kept.get_mut(start..end)
            .unwrap_or_default()
            .iter_mut()
            .for_each(|kept| *kept = true);
        // A space precedes the end of the line.
        let is_ended = rest.get(length..).is_some_and(|rest| rest.starts_with(';'));
        ends.push(if is_ended { end } else { end.saturating_sub(1) });
    }
    let letters = text.char_indices().map(|(at, letter)| match letter {
        '\n' => "\n".to_owned(),
        _ if ends.contains(&at) => ";".to_owned(),
        letter if kept.get(at) == Some(&true) => letter.to_string(),
        // Keep the columns unchanged.
        _ => " ".to_owned(),
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Cancel;
    use crate::script::{Limits, engine};

    fn told(console: &Console, entry: &str) -> String {
        let engine = engine(Limits::default());
        let budget = Budget::new(Limits::default(), Cancel::default());
        let run = |program: Arc<Program>| {
            let result = console.run(&program, &engine, budget);
            result.map_err(|diagnosis| diagnosis.problem.into())
        };
        match console.read(entry).and_then(run) {
            Ok(()) => console
                .take_value()
                .map_or_else(String::new, |value| value.to_string()),
            Err(problems) => problems.to_string(),
        }
    }

    #[test]
    fn what_an_entry_defines_is_there_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lib.rhai"), "fn double(x) { 2 * x }").unwrap();
        let console = Console::new(Reach {
            folders: vec![folder.path().into()],
            roots: vec![folder.path().into()],
            globals: &["host"],
        });
        let mut wrong = Vec::new();
        for (entry, expected) in [
            ("let x = 1; let u = \"ü\"", ""),
            ("x + 1", "2"),
            ("fn f(a) {\n  a.missing\n}", ""),
            ("let x = 5; x", "5"),
            ("x = x + 1; `${u}${x}`", "ü6"),
            ("f(#{a: 1})", "<repl>:4:5: the map has no key \"missing\""),
            ("y", "<repl>:9:1: there is no variable \"y\""),
            (
                "let n = #{b: 1}; n.c",
                "<repl>:9:20: the map has no key \"c\"",
            ),
            ("n.b", "1"),
            ("let again = |a| a + x", ""),
            ("again.call(1)", "7"),
            ("let a = ;", "<repl>:13:9: "),
            ("/* ü */ import \"lib\" as lib", ""),
            ("lib::double(x)", "12"),
            ("let z = 1; import \"lib\" as other; z", "1"),
            ("other::double(lib::double(1))", "4"),
            ("fn f(a) { a }", ""),
            ("f(3)", "3"),
            ("loop {}", "<repl>:19:6: the script does not end"),
            ("[1, \"a\"]", "[1, 'a']"),
        ] {
            let told = told(&console, entry);
            let fits = if expected.is_empty() {
                told.is_empty()
            } else {
                told.starts_with(expected)
            };
            if !fits {
                wrong.push(format!("{entry}\n  {told}\n  {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(
            ["x", "f", "again"]
                .iter()
                .all(|name| console.names().contains(&(*name).to_owned()))
        );
    }

    #[test]
    fn an_unfinished_entry_goes_on() {
        let mut wrong = Vec::new();
        for entry in [
            "fn f() {",
            "fn f() {\n  1",
            "let x = #{",
            "let x = #{ a: 1,",
            "let x = [1,",
            "let x = [",
            "f(1,",
            "f(",
            "if x {",
            "let x =",
            "1 +",
            "`a\nb",
            "task(\"a\", || {",
            "task(\"a\",",
            "while",
        ] {
            if !is_unfinished(entry) {
                wrong.push(entry);
            }
        }
        for entry in [
            "",
            "1",
            "let x = 1",
            "let x = ;",
            "\"a",
            "}",
            "f(1)",
            "// a",
            "x y",
            "#{a 1}",
        ] {
            if is_unfinished(entry) {
                wrong.push(entry);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
