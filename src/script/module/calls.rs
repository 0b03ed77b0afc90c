//! Calls of undefined functions in a script, found before it runs.

use crate::script::Program;
use crate::script::habits::advice_on_method;
use crate::script::place::place;
use crate::script::problem::in_order;
use crate::source::{Problem, Problems, did_you_mean};
use rhai::{ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeSet;

/// Returns the problems with a script's function calls, given the engine that will run it.
pub(in crate::script) fn check(program: &Program, engine: &Engine) -> Problems {
    let name = |function: rhai::FuncInfo<'_>| Some(function.metadata.name.to_string());
    let known: BTreeSet<String> = engine
        .collect_fn_metadata(None, name, true)
        .into_iter()
        .collect();
    let mut problems = Problems::default();
    let mut check = |call: &FnCallExpr, position: Position| {
        let name = call.name.as_str();
        let word = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let defined = known.contains(name)
            || crate::script::built_in_functions().contains(name)
            || program.functions.contains_key(name);
        if word && call.namespace.is_empty() && !defined && !is_variable(program, name) {
            let names = known.iter().chain(program.functions.keys());
            let problem = Problem::at(
                &place(&program.file, position),
                format!("there is no function \"{name}\""),
            );
            let near = did_you_mean(name, names.map(String::as_str));
            problems.push(problem.help(advice_on_method(name).or(near)));
        }
    };
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(
                Expr::FnCall(call, position) | Expr::MethodCall(call, position),
            )) => {
                check(call, *position);
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => check(call, *position),
            _ => {}
        }
        true
    });
    in_order(problems)
}

/// Returns whether a variable of the script has this name, and so may hold a function.
fn is_variable(program: &Program, name: &str) -> bool {
    let parameter = |function: &crate::script::functions::Function| {
        function
            .parameters
            .iter()
            .any(|parameter| parameter == name)
    };
    let mut found = program.functions.values().any(parameter);
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Var(parts, ..))) = path.last() {
            found |= parts.0.name == name;
        }
        true
    });
    found
}
