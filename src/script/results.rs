//! Unused and missing results of functions: a new text that is dropped, and nothing used as if it
//! were a value.

use super::functions::closure;
use super::in_place::{OF_TEXTS, RETURN_NOTHING};
use super::place::place;
use super::problem::in_order;
use super::program::Program;
use super::written::{last_method, written};
use crate::source::{Problem, Problems};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

/// Other functions that change nothing.
const CHANGE_NOTHING: &[&str] = &[
    "filter",
    "order",
    "order_by",
    "order_desc",
    "sub_string",
    "to_lower",
    "to_upper",
];

/// Returns the problems with what a script does with the results of functions.
pub(super) fn check(program: &Program) -> Problems {
    let mut checker = Checker {
        program,
        problems: Problems::default(),
    };
    checker.all_but_last(program.ast.statements());
    for function in program.functions.values() {
        checker.all_but_last(&function.body);
    }
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        checker.node(path);
        true
    });
    in_order(checker.problems)
}

struct Checker<'p> {
    program: &'p Program,
    problems: Problems,
}

impl Checker<'_> {
    fn node(&mut self, path: &[ASTNode<'_>]) {
        let (Some(node), around) = (path.last(), path.len().checked_sub(2)) else {
            return;
        };
        match node {
            ASTNode::Stmt(Stmt::While(flow, _) | Stmt::Do(flow, ..)) => {
                self.discarded(flow.body.statements());
            }
            ASTNode::Stmt(Stmt::For(parts, _)) => self.discarded(parts.2.body.statements()),
            ASTNode::Stmt(Stmt::If(flow, _) | Stmt::TryCatch(flow, _)) => {
                self.all_but_last(flow.body.statements());
                self.all_but_last(flow.branch.statements());
            }
            ASTNode::Stmt(Stmt::Block(block)) => self.all_but_last(block.statements()),
            ASTNode::Expr(Expr::InterpolatedString(parts, _)) => {
                parts.iter().for_each(|part| self.interpolated(part));
            }
            ASTNode::Expr(Expr::Stmt(block)) => self.all_but_last(block.statements()),
            ASTNode::Expr(Expr::MethodCall(call, _)) if call.name == "for_each" => {
                call.args.iter().for_each(|work| self.of_closure(work));
            }
            ASTNode::Expr(Expr::FnCall(call, position)) => {
                self.used_as_function(call, *position, around.and_then(|index| path.get(index)));
            }
            ASTNode::Stmt(Stmt::FnCall(call, _)) if call.name == "for_each" => {
                call.args.iter().for_each(|work| self.of_closure(work));
            }
            ASTNode::Expr(expression @ (Expr::Dot(..) | Expr::Index(..))) => {
                self.chain(expression, around.and_then(|index| path.get(index)));
            }
            _ => {}
        }
    }

    /// A part of a chain, and a chain whose value is used, must not be nothing.
    fn chain(&mut self, expression: &Expr, around: Option<&ASTNode<'_>>) {
        let within = matches!(around, Some(ASTNode::Expr(Expr::Dot(..) | Expr::Index(..))));
        if within {
            if let Expr::Dot(parts, ..) | Expr::Index(parts, ..) = expression
                && let Expr::MethodCall(call, position) = &parts.lhs
            {
                self.used(call, *position);
            }
            return;
        }
        let stands_alone = matches!(
            around,
            None | Some(ASTNode::Stmt(Stmt::Expr(_) | Stmt::Switch(..)))
        );
        if let Some((call, position)) = last_method(expression)
            && !stands_alone
        {
            self.used(call, position);
        }
    }

    /// The same for a function that is not called as a method: `push(list, 1)`.
    fn used_as_function(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        around: Option<&ASTNode<'_>>,
    ) {
        let stands_alone = matches!(around, None | Some(ASTNode::Stmt(Stmt::Expr(_))));
        let of_language = call.namespace.is_empty() && call.op_token.is_none();
        if of_language && !stands_alone && !call.args.is_empty() {
            self.used(call, position);
        }
    }

    /// Notes what a function does whose value nobody uses.
    fn of_closure(&mut self, function: &Expr) {
        let function = closure(&self.program.functions, function);
        if let Some(function) = function.filter(|function| function.name.starts_with("anon$")) {
            self.discarded(last_of(&function.body));
        }
    }

    fn interpolated(&mut self, part: &Expr) {
        if let Expr::Stmt(block) = part
            && let Some(Stmt::Expr(last)) = block.statements().last()
            && let Some((call, position)) = last_method(last)
        {
            self.used(call, position);
        }
    }

    fn used(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        if !RETURN_NOTHING.contains(&name) || self.program.functions.contains_key(name) {
            return;
        }
        let at = place(&self.program.file, position);
        let message = format!("{name} returns nothing: it changes what it is called on");
        let advice = format!("call it by itself, then use what was changed: list.{name}(…); list");
        self.problems.push(Problem::at(&at, message).help(advice));
    }

    fn all_but_last(&mut self, statements: &[Stmt]) {
        if let Some((_, statements)) = statements.split_last() {
            self.discarded(statements);
        }
    }

    /// Notes the statements whose value nobody uses and that do nothing else.
    fn discarded(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match statement {
                Stmt::Expr(expression) => self.dropped(expression),
                Stmt::FnCall(call, position) => self.dropped_call(call, *position, None),
                Stmt::If(flow, _) | Stmt::TryCatch(flow, _) => {
                    self.discarded(last_of(flow.body.statements()));
                    self.discarded(last_of(flow.branch.statements()));
                }
                Stmt::Switch(parts, _) => {
                    for case in &parts.1.expressions {
                        self.dropped(&case.rhs);
                    }
                }
                Stmt::Block(block) => self.discarded(last_of(block.statements())),
                _ => {}
            }
        }
    }

    fn dropped(&mut self, expression: &Expr) {
        match expression {
            Expr::Stmt(block) => self.discarded(last_of(block.statements())),
            // An operator changes nothing, except where its operands do.
            Expr::FnCall(call, _) if call.op_token.is_some() => {
                call.args.iter().for_each(|operand| self.dropped(operand));
            }
            Expr::FnCall(call, position) => self.dropped_call(call, *position, None),
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.iter().for_each(|part| self.dropped(part));
            }
            Expr::Dot(parts, ..) if is_call(&parts.rhs) => self.of_closure(&parts.lhs),
            other => {
                if let Some((call, position)) = last_method(other) {
                    self.dropped_call(call, position, Some(other));
                }
            }
        }
    }

    /// Notes a call whose value nobody uses: of the method at the end of a chain, or of a function.
    fn dropped_call(&mut self, call: &FnCallExpr, position: Position, chain: Option<&Expr>) {
        let name = call.name.as_str();
        let known = OF_TEXTS.contains(&name) || CHANGE_NOTHING.contains(&name);
        let is_other = !call.namespace.is_empty() || (chain.is_none() && call.args.is_empty());
        if !known || is_other || self.program.functions.contains_key(name) {
            return;
        }
        let at = place(&self.program.file, position);
        let message = format!("{name} returns the new value, which is dropped here");
        let (target, whole) = match chain {
            Some(chain) => {
                let whole = written(chain).unwrap_or_else(|| format!("value.{name}(…)"));
                let target = whole.rsplit_once('.').map_or("value", |(target, _)| target);
                (target.to_owned(), whole)
            }
            None => {
                let target = call.args.first().and_then(written);
                let target = target.unwrap_or_else(|| "value".to_owned());
                let others = if call.args.len() > 1 { "…" } else { "" };
                (target.clone(), format!("{target}.{name}({others})"))
            }
        };
        let advice = format!("keep it: {target} = {whole}");
        self.problems.push(Problem::at(&at, message).help(advice));
    }
}

/// Returns whether it is `.call()`, of a function that a variable or `|| …` is.
fn is_call(method: &Expr) -> bool {
    matches!(method, Expr::MethodCall(call, _) if call.name == "call")
}

fn last_of(statements: &[Stmt]) -> &[Stmt] {
    statements
        .len()
        .checked_sub(1)
        .and_then(|last| statements.get(last..))
        .unwrap_or_default()
}
