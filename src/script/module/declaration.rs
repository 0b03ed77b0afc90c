//! `const MODULE`: how a module written as a script describes itself. It is a literal, so that
//! reading it runs nothing.

use super::parameter::{self, Parameter};
use super::reads::Reads;
use crate::script::Program;
use crate::script::outline;
use crate::source::{Place, Problem, Problems, did_you_mean};
use crate::yaml::{Data, Map, Node};
use rhai::{Expr, Stmt};

/// A module's description of itself.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    /// Return values: name and meaning.
    pub(super) returns: Vec<(String, String)>,
    pub(super) example: String,
    /// Read-only programs it runs.
    pub(super) reads: Reads,
}

const NAME: &str = "MODULE";

const KEYS: &[&str] = &["arguments", "description", "example", "reads", "returns"];

const EXAMPLE: &str = "such as: const MODULE = #{ description: \"…\", arguments: #{ path: #{ type: \"path\", required: true } } };";

pub(super) fn read(program: &Program, problems: &mut Problems) -> Declaration {
    let mut declaration = Declaration {
        description: String::new(),
        parameters: Vec::new(),
        returns: Vec::new(),
        example: String::new(),
        reads: Reads::none(NAME),
    };
    only_definitions(program, "a module", problems);
    let Some(node) = constant(program, NAME) else {
        let place = Place::start_of(&program.file);
        let problem = Problem::at(&place, format!("the module has no constant {NAME}"));
        problems.push(problem.help(EXAMPLE.to_owned()));
        return declaration;
    };
    let Some(entries) = node.as_map() else {
        problems.push(node.unexpected(NAME, "a map").help(EXAMPLE.to_owned()));
        return declaration;
    };
    for (key, value) in entries {
        match key.as_text().unwrap_or_default() {
            "description" => declaration.description = text(value, "description", problems),
            "arguments" => declaration.parameters = parameter::read(value, problems),
            "reads" => declaration.reads.read(value, problems),
            "example" => declaration.example = text(value, "example", problems),
            "returns" => {
                let returns = map(value, "returns", problems).iter();
                declaration.returns = returns
                    .map(|(name, meaning)| {
                        let name = name.as_text().unwrap_or_default().to_owned();
                        let meaning = text(meaning, &name, problems);
                        (name, meaning)
                    })
                    .collect();
            }
            other => problems.push(unknown(key, NAME, other, KEYS)),
        }
    }
    if node.get("description").is_none() {
        let problem = Problem::at(&node.place, format!("{NAME} has no description"));
        problems.push(problem.help("one sentence that says what the module does".to_owned()));
    }
    declaration
}

/// Returns the value of the constant with this name.
pub(super) fn constant(program: &Program, name: &str) -> Option<Node> {
    let mut statements = program.ast.statements().iter();
    statements.find_map(|statement| match statement {
        Stmt::Var(parts, ..) if parts.0.name == name => {
            Some(outline::literal(&program.file, &parts.1))
        }
        _ => None,
    })
}

/// Reports statements that would run when a script is loaded: it must only define things.
pub(in crate::script) fn only_definitions(program: &Program, what: &str, problems: &mut Problems) {
    for statement in program.ast.statements() {
        let definition = match statement {
            Stmt::Var(_, flags, _) => flags.contains(rhai::ASTFlags::CONSTANT),
            Stmt::Import(..) | Stmt::Noop(_) => true,
            Stmt::Expr(expression) => matches!(**expression, Expr::Unit(_)),
            _ => false,
        };
        if !definition {
            let place = program.place_in("", statement.position());
            let message = format!("{what} may only contain functions, constants and imports");
            let advice = "move the statement into a function".to_owned();
            problems.push(Problem::at(&place, message).help(advice));
        }
    }
}

/// Returns a text that must be a literal.
pub(super) fn text(node: &Node, what: &str, problems: &mut Problems) -> String {
    match node.as_text() {
        Some(text) => text.to_owned(),
        None => {
            problems.push(unexpected(node, what, "a text"));
            String::new()
        }
    }
}

/// Returns the entries of a map that must be a literal.
pub(super) fn map<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> &'n Map {
    static EMPTY: Map = Map::new();
    node.as_map().unwrap_or_else(|| {
        problems.push(unexpected(node, what, "a map"));
        &EMPTY
    })
}

/// Returns the problem for a part of the declaration that is not as expected.
pub(super) fn unexpected(node: &Node, what: &str, expected: &str) -> Problem {
    if let Data::Computed(_) = node.data {
        let message = format!("{what} must be a literal");
        return Problem::at(&node.place, message).label("computed");
    }
    node.unexpected(what, expected)
}

/// Returns the problem for an unknown key.
pub(super) fn unknown(key: &Node, what: &str, name: &str, known: &[&str]) -> Problem {
    let near = did_you_mean(name, known.iter().copied());
    Problem::at(&key.place, format!("{what} has no key \"{name}\""))
        .label("unknown key")
        .help(near.or_else(|| Some(format!("the keys are {}", known.join(", ")))))
}
