//! `reads`: the programs that a module, or a file of facts, declares to be read-only. They run in
//! check mode too, so any other program is refused: when the script is parsed if its name is a
//! literal, otherwise when it is queried.

use super::declaration::{self, map, unknown};
use super::parameter::texts;
use super::running;
use crate::script::problem::in_order;
use crate::script::{Called, Program, Raised, place};
use crate::source::{Problem, Problems};
use crate::yaml::Node;
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

/// How a file of facts describes itself.
const FACTS: &str = "FACTS";

/// The read-only programs of a script.
#[derive(Debug, Clone)]
pub(super) struct Reads {
    pub(super) programs: Vec<String>,
    /// The constant that declares them.
    constant: &'static str,
}

impl Reads {
    /// Returns the declaration of a script that lacks this constant.
    pub(super) fn none(constant: &'static str) -> Self {
        Self {
            programs: Vec::new(),
            constant,
        }
    }

    /// Adds the programs of a declaration.
    pub(super) fn read(&mut self, node: &Node, problems: &mut Problems) {
        for program in texts(node, "reads", problems) {
            if program.is_empty() || program.contains(char::is_whitespace) {
                let message = format!("\"{program}\" in reads is not a program");
                let advice = "declare it without arguments: reads: [\"psql\"]".to_owned();
                problems.push(Problem::at(&node.place, message).help(advice));
            }
            self.programs.push(program);
        }
    }

    /// Returns the programs declared by the constant of a file of facts.
    pub(super) fn of_facts(program: &Program, problems: &mut Problems) -> Self {
        let mut reads = Self::none(FACTS);
        let constant = declaration::constant(program, FACTS);
        let Some(constant) = constant else {
            return reads;
        };
        for (key, value) in map(&constant, FACTS, problems) {
            match key.as_text().unwrap_or_default() {
                "reads" => reads.read(value, problems),
                other => problems.push(unknown(key, FACTS, other, &["reads"])),
            }
        }
        reads
    }

    /// Returns the problems with the programs that a script and its imports query by name.
    pub(super) fn check(&self, program: &Program) -> Problems {
        let mut problems = Problems::default();
        for program in program.with_imports() {
            program.ast.walk(&mut |path: &[ASTNode<'_>]| {
                let Some(
                    ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                    | ASTNode::Stmt(Stmt::FnCall(call, _)),
                ) = path.last()
                else {
                    return true;
                };
                if let Some((name, position)) = queried(call)
                    && let Some((message, help)) = self.undeclared(name)
                {
                    let at = place::place(&program.file, position);
                    problems.push(Problem::at(&at, message).help(help));
                }
                true
            });
        }
        in_order(problems)
    }

    /// Returns the message and help for a query of an undeclared program.
    fn undeclared(&self, name: &str) -> Option<(String, String)> {
        if self.programs.iter().any(|known| known == name) {
            return None;
        }
        let message = format!("query of \"{name}\", which is not declared in reads");
        let help = format!(
            "if it is read-only, declare it, since it runs in check mode too: const {} = #{{ reads: \
             [\"{name}\"], … }}; run a command that changes something with change.run([…])",
            self.constant
        );
        Some((message, help))
    }
}

/// Returns the name of the program that a call of `query` runs, if it is a literal.
fn queried(call: &FnCallExpr) -> Option<(&str, Position)> {
    let words = match call.args.last().filter(|_| call.name == "query")? {
        Expr::Map(map, _) => &map.0.iter().find(|(key, _)| key.name == "argv")?.1,
        words => words,
    };
    match words {
        Expr::Array(words, _) => match words.first()? {
            Expr::StringConstant(name, position) => Some((name.as_str(), *position)),
            _ => None,
        },
        _ => None,
    }
}

/// Returns an error unless the running script declares the program.
pub(super) fn allow(name: &str, position: Position) -> Called<()> {
    let undeclared = running::reads().and_then(|reads| reads.undeclared(name));
    match undeclared {
        None => Ok(()),
        Some((message, help)) => Err(Raised::new(message).help(help).at(position)),
    }
}
