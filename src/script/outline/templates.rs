//! The templates and expressions that are written in a script: of `render`, `assert`, and the
//! conditions of `task` and `block`.

use super::literal;
use crate::script::functions::{call_of, closure};
use crate::script::program::Program;
use crate::yaml::{Data, Node};
use rhai::{ASTNode, Expr, FnCallExpr, Position};
use std::collections::BTreeSet;

/// A template or an expression that is written in a script.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its text.
    pub node: Node,
    /// Whether it is an expression, without `{{ … }}`.
    pub is_expression: bool,
    /// Whether it is evaluated in any case.
    pub is_certain: bool,
}

/// Returns what is written in a script, without its imports; `certain` runs in any case.
pub(super) fn of(program: &Program, certain: &BTreeSet<Position>) -> Vec<Written> {
    let mut found = Vec::new();
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some((call, position)) = path.last().and_then(call_of)
            && call.namespace.is_empty()
            && !program.functions.contains_key(call.name.as_str())
        {
            of_call(
                program,
                call,
                certain.contains(&position),
                certain,
                &mut found,
            );
        }
        true
    });
    found
}

fn of_call(
    program: &Program,
    call: &FnCallExpr,
    is_certain: bool,
    certain: &BTreeSet<Position>,
    found: &mut Vec<Written>,
) {
    let mut note = |value: &Expr, is_expression: bool, is_certain: bool| {
        found.extend(
            text(literal::node(&program.file, value)).map(|node| Written {
                node,
                is_expression,
                is_certain,
            }),
        );
    };
    let options = match (call.name.as_str(), call.args.as_slice()) {
        ("render", [template, ..]) => return note(template, false, is_certain),
        ("assert" | "block", [Expr::Map(map, _), ..]) | ("task", [_, Expr::Map(map, _), ..]) => map,
        _ => return,
    };
    // What is asked of the results of a task is asked if it runs.
    let work = call
        .args
        .last()
        .and_then(|work| closure(&program.functions, work));
    let first = work.and_then(|work| work.body.first());
    let runs = first.is_some_and(|first| certain.contains(&first.position()));
    for (key, value) in &options.0 {
        match (call.name.as_str(), key.name.as_str()) {
            ("assert", "that") | ("task" | "block", "when") => note(value, true, is_certain),
            ("task", "changed_when" | "failed_when" | "until") => note(value, true, runs),
            _ => {}
        }
    }
}

/// Returns a literal text, or a list of them, as what is evaluated.
fn text(node: Node) -> Option<Node> {
    let data = match node.data {
        Data::Unsafe(text) => Data::Text(text),
        Data::List(items) => Data::List(items.into_iter().filter_map(text).collect()),
        _ => return None,
    };
    Some(Node { data, ..node })
}
