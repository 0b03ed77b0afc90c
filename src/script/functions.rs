//! The named and anonymous functions of a script, with their statements.

use super::place::offset;
use crate::source::SourceFile;
use rhai::{AST, ASTNode, Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::BTreeMap;
use std::ops::Range;

/// A function of a script.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// The variables captured by an anonymous function come first.
    pub(super) parameters: Vec<String>,
    pub(super) body: Vec<Stmt>,
    pub(super) start: Position,
    end: Position,
}

impl Function {
    /// Returns where its body is in the text.
    pub(super) fn range(&self, file: &SourceFile) -> Option<Range<usize>> {
        Some(offset(file, self.start)?..offset(file, self.end)?)
    }

    /// Whether a statement that starts here belongs to this function, or to one inside it.
    fn holds(&self, position: Position) -> bool {
        position == self.start || (self.start <= position && position <= self.end)
    }
}

/// Returns the call that a node is, of a function rather than a method. A call that is a statement
/// of its own is another kind of node.
pub(super) fn call_of<'s>(node: &ASTNode<'s>) -> Option<(&'s FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position)),
        _ => None,
    }
}

/// Returns the functions of a script by name.
///
/// The engine shows a function's statements only while walking through the whole script, without
/// the function's name; they belong to the innermost function around their start.
pub(super) fn of(ast: &AST) -> BTreeMap<String, Function> {
    let mut functions: Vec<Function> = ast
        .iter_fn_def()
        .map(|function| Function {
            name: function.name.to_string(),
            parameters: function.params.iter().map(ToString::to_string).collect(),
            body: Vec::new(),
            start: function.body.start_position(),
            end: function.body.end_position(),
        })
        .collect();
    // The innermost one starts last.
    functions.sort_by_key(|function| std::cmp::Reverse(function.start));
    let mut of_script = ast.statements().len();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let [ASTNode::Stmt(statement)] = path else {
            return true;
        };
        if of_script > 0 {
            of_script -= 1;
            return true;
        }
        let start = statement.position();
        if let Some(function) = functions.iter_mut().find(|function| function.holds(start)) {
            function.body.push((*statement).clone());
        }
        true
    });
    let named = functions
        .into_iter()
        .map(|function| (function.name.clone(), function));
    named.collect()
}

/// Returns the function that an expression is: `|| …`, with or without captured variables, or the
/// name of a function.
pub(super) fn closure<'p>(
    functions: &'p BTreeMap<String, Function>,
    expression: &Expr,
) -> Option<&'p Function> {
    let name = match expression {
        Expr::DynamicConstant(value, _) => value
            .read_lock::<FnPtr>()
            .map(|function| function.fn_name().to_owned()),
        Expr::Stmt(block) => match block.statements() {
            [Stmt::Share(_), Stmt::Expr(inner)] => match inner.as_ref() {
                Expr::FnCall(curried, _) => return closure(functions, curried.args.first()?),
                _ => None,
            },
            _ => None,
        },
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        _ => None,
    };
    functions.get(&name?)
}
