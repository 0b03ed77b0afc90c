//! Finds `args.NAME` for undeclared arguments before the module runs.

use super::parameter::Parameter;
use crate::script::problem::in_order;
use crate::script::{Program, place};
use crate::source::{Problem, Problems, did_you_mean};
use rhai::{ASTNode, Expr, Position, Stmt};
use std::collections::BTreeSet;

/// Returns the problems with the arguments that the function `plan` of a module uses.
pub(super) fn check(program: &Program, plan: &str, parameters: &[Parameter]) -> Problems {
    let mut problems = Problems::default();
    let function = program.functions.get(plan);
    let Some(args) = function.and_then(|function| function.parameters.get(1)) else {
        return problems;
    };
    // In other functions the name may mean something else.
    let is_other = |name: &str| name != plan && !name.starts_with("anon$");
    let mut others = program.functions.values();
    if others.any(|function| is_other(&function.name) && function.parameters.contains(args)) {
        return problems;
    }
    let mut known: BTreeSet<&str> = parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let mut added = BTreeSet::new();
    let mut used = Vec::new();
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                added.extend(property(&parts.1.lhs, args).map(|(name, _)| name));
            }
            Some(ASTNode::Expr(expression)) => used.extend(property(expression, args)),
            _ => {}
        }
        true
    });
    known.extend(added.iter().map(String::as_str));
    for (name, position) in used {
        if !known.contains(name.as_str()) {
            let at = place::place(&program.file, position);
            let problem = Problem::at(&at, format!("the module declares no argument \"{name}\""));
            problems.push(problem.help(did_you_mean(&name, known.iter().copied())));
        }
    }
    in_order(problems)
}

/// Returns the name that an expression such as `args.name` looks up.
fn property(expression: &Expr, args: &str) -> Option<(String, Position)> {
    let Expr::Dot(parts, ..) = expression else {
        return None;
    };
    let of_arguments =
        matches!(&parts.lhs, Expr::Variable(variable, ..) if variable.1.as_str() == args);
    let first = match &parts.rhs {
        Expr::Dot(inner, ..) | Expr::Index(inner, ..) => &inner.lhs,
        property => property,
    };
    match first {
        Expr::Property(property, position) if of_arguments => {
            Some((property.2.to_string(), *position))
        }
        _ => None,
    }
}
