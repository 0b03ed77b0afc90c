//! The variables that a script needs: `vars.NAME`, unless it checks for the name first.

use super::certain::certain;
use crate::script::place::place;
use crate::script::program::Program;
use crate::source::Place;
use rhai::{ASTNode, Expr, Position, Stmt};
use std::collections::BTreeSet;

const VARS: &str = "vars";

/// Returns the names that a script and its imports look up in `vars` in any case, each with its
/// place, and the names that they may give a value or ask for. Leaves out names that the script contains as text (`"port" in vars`) or as the key of a map (`vars:
/// #{port: 1}`), that may fail within `try`, or that it sets, which is a different mistake.
pub(super) fn needed(program: &Program) -> (Vec<(String, Place)>, BTreeSet<String>) {
    let programs = program.with_imports();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut needed = Vec::new();
    let mut set: BTreeSet<usize> = BTreeSet::new();
    for program in programs {
        let named = |name: &str| !name.starts_with("anon$");
        let mut functions = program.functions.values();
        let mut shadowed = functions.any(|function| {
            named(&function.name) && function.parameters.iter().any(|name| name == VARS)
        });
        let mut found = Vec::new();
        let certain = certain(program);
        program.ast.walk(&mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Expr(text @ Expr::StringConstant(value, _))) => {
                    // The key of `vars["name"]` is no question whether there is one.
                    let of = path.iter().rev().nth(1);
                    let is_key = matches!(of, Some(ASTNode::Expr(Expr::Index(parts, ..)))
                        if is_vars(&parts.lhs) && std::ptr::eq(key_of(&parts.rhs), *text));
                    if !is_key {
                        asked.insert(value.to_string());
                    }
                }
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    asked.extend(map.0.iter().map(|(key, _)| key.name.to_string()));
                }
                Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => shadowed |= parts.0.name == VARS,
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                    let target = name_in_vars(&parts.1.lhs);
                    set.extend(target.map(|(_, at)| place(&program.file, at).range.start));
                }
                Some(ASTNode::Expr(expression)) if !may_fail(path) => {
                    let name = name_in_vars(expression);
                    found.extend(name.filter(|_| is_certain(expression, &certain)));
                }
                _ => {}
            }
            true
        });
        let found = found.into_iter().filter(|_| !shadowed);
        needed.extend(found.map(|(name, at)| (name, place(&program.file, at))));
    }
    needed.retain(|(name, place)| !asked.contains(name) && !set.contains(&place.range.start));
    needed.sort_by_cached_key(|(_, place)| (place.file.path.clone(), place.range.start));
    (needed, asked)
}

/// Returns whether the `vars` of an expression such as `vars.name` is looked at in any case.
fn is_certain(expression: &Expr, certain: &BTreeSet<Position>) -> bool {
    match expression {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => certain.contains(&parts.lhs.position()),
        _ => false,
    }
}

fn may_fail(path: &[ASTNode<'_>]) -> bool {
    path.iter()
        .any(|node| matches!(node, ASTNode::Stmt(Stmt::TryCatch(..))))
}

/// Returns the name that an expression such as `vars.name` or `vars["name"]` looks up.
fn name_in_vars(expression: &Expr) -> Option<(String, Position)> {
    match expression {
        Expr::Dot(parts, ..) if is_vars(&parts.lhs) => match key_of(&parts.rhs) {
            Expr::Property(property, position) => Some((property.2.to_string(), *position)),
            _ => None,
        },
        Expr::Index(parts, ..) if is_vars(&parts.lhs) => match key_of(&parts.rhs) {
            Expr::StringConstant(name, position) => Some((name.to_string(), *position)),
            _ => None,
        },
        _ => None,
    }
}

fn is_vars(expression: &Expr) -> bool {
    matches!(expression, Expr::Variable(variable, ..) if variable.1.as_str() == VARS)
}

/// Returns the first key of a chain such as `.name[0].more`.
fn key_of(expression: &Expr) -> &Expr {
    match expression {
        Expr::Dot(inner, ..) | Expr::Index(inner, ..) => &inner.lhs,
        key => key,
    }
}
