//! Rewrites what minijinja does differently from Jinja2 under Ansible.
//!
//! - The operand of `default`, `is defined` and `is undefined` may fail at any step, as in
//!   `{{ a.b.c | upper | default('x') }}`: each step becomes a guarded one (`guarded`) that passes
//!   on undefined and failed values, where minijinja would stop.
//! - `%` also formats text, `~` must not put the failure of a value into text, `-` also takes times,
//!   and `<` and `in` must fail for types that cannot be compared, where minijinja returns a
//!   result: they become filters.
//! - Lists and maps that a template creates and then changes (`append`, `update`) become mutable.
//! - Sums, products and slices, which could grow endlessly, are bounded, and loops check the clock.

mod guard;
mod macros;
mod operators;
mod tokens;

use super::edits::Edits;
use super::tree;
use minijinja::Error;
use minijinja::machinery::ast::{Expr, ForLoop, Stmt};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;
use tokens::{Tokens, range};

/// Filters and tests whose operand may be undefined.
pub(super) const GUARDS: [&str; 8] = [
    "default",
    "d",
    "defined",
    "undefined",
    "ansible.builtin.default",
    "ansible.builtin.d",
    "ansible.builtin.defined",
    "ansible.builtin.undefined",
];

/// Methods that change a list or a map.
const CHANGING: [&str; 10] = [
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "sort",
    "reverse",
    "update",
    "setdefault",
];

/// Collects the edits for one text.
pub(super) struct Rewrite<'s> {
    length: usize,
    tokens: Tokens<'s>,
    /// Whether it calls methods that change lists or maps.
    changing: bool,
    /// Whether it assigns to a namespace's attributes, with which a loop can nest lists ever
    /// deeper.
    growing: bool,
    /// Whether it reads times, which `-` must support.
    times: bool,
    /// The macros that take any arguments.
    open_macros: Vec<macros::Open<'s>>,
    edits: Edits,
}

impl<'s> Rewrite<'s> {
    /// Starts with a template, or with an expression without delimiters.
    pub(super) fn of(source: &'s str, expression: bool, syntax: SyntaxConfig) -> Self {
        Self {
            length: source.len(),
            tokens: Tokens::of(source, expression, syntax),
            changing: false,
            growing: false,
            times: ["to_datetime", "now("]
                .iter()
                .any(|name| source.contains(name)),
            open_macros: Vec::new(),
            edits: Edits::default(),
        }
    }

    /// Takes the error for an invalid token, and its range.
    pub(super) fn take_failure(&mut self) -> Option<(Error, Range<usize>)> {
        self.tokens.take_failure()
    }

    /// Returns the edits for a template.
    pub(super) fn template(mut self, template: &Stmt<'s>) -> Edits {
        let mut changing = false;
        let mut growing = false;
        tree::every_statement(template, &mut |statement| {
            if let Stmt::Do(call) = statement {
                changing |= changes(&call.call.expr);
            }
            growing |=
                matches!(statement, Stmt::Set(set) if matches!(set.target, Expr::GetAttr(_)));
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut |expression| {
                    changing |= matches!(expression, Expr::Call(call) if changes(&call.expr));
                });
            });
        });
        self.changing = changing;
        self.growing = growing;
        self.open_macros = macros::open_macros(template);
        tree::every_statement(template, &mut |statement| {
            let set = matches!(statement, Stmt::Set(_) | Stmt::WithBlock(_));
            if let Stmt::Macro(declared) = statement {
                self.declare_rest(declared);
            }
            if let Stmt::ForLoop(block) = statement {
                self.watch(block);
            }
            if let Stmt::Set(set) = statement
                && matches!(set.expr, Expr::Slice(_))
            {
                // A slice refers to its list, which may be a slice itself.
                let assigned = self.tokens.after(range(set.target.span()).end);
                self.whole(assigned..range(set.expr.span()).end);
            }
            tree::expressions(statement, &mut |expression| {
                // An assigned value may be undefined until it is used.
                self.expression(expression, set && is_path(expression));
            });
        });
        self.edits
    }

    /// Returns the edits for an expression, with its delimiters.
    pub(super) fn alone(mut self, expression: &Expr<'s>) -> Edits {
        self.edits.enclose(0..self.length, "{{ ", " }}");
        self.expression(expression, false);
        self.edits
    }

    /// Makes a loop check the clock. A loop over a list literal is short.
    fn watch(&mut self, block: &ForLoop<'s>) {
        if matches!(block.iter, Expr::List(_) | Expr::Tuple(_) | Expr::Map(_)) {
            return;
        }
        if let Some(list) = self.tokens.loop_list(range(block.target.span()).end) {
            self.edits.enclose(list, "(", ")|guarded.watched");
        }
    }

    fn expression(&mut self, expression: &Expr<'s>, guarded: bool) {
        if guarded && self.guard(expression) {
            return;
        }
        match expression {
            Expr::Filter(filter) if GUARDS.contains(&filter.name) => {
                filter
                    .expr
                    .iter()
                    .for_each(|operand| self.expression(operand, true));
                tree::arguments(&filter.args, &mut |argument| {
                    self.expression(argument, false);
                });
                return;
            }
            Expr::Test(test) if GUARDS.contains(&test.name) => {
                return self.expression(&test.expr, true);
            }
            Expr::BinOp(operation) => self.operator(operation, range(operation.span())),
            Expr::Call(call) => self.call_rest(call, range(call.span()).end),
            Expr::List(_) | Expr::Map(_) if self.changing => {
                self.edits
                    .enclose(range(expression.span()), "(", "|guarded.changeable)");
            }
            Expr::List(_) | Expr::Map(_) if self.growing => {
                self.edits
                    .enclose(range(expression.span()), "(", "|guarded.bounded)");
            }
            _ => {}
        }
        tree::operands(expression, &mut |operand| self.expression(operand, false));
    }
}

/// Returns whether the callee is a method that changes its object.
fn changes(callee: &Expr<'_>) -> bool {
    matches!(callee, Expr::GetAttr(method) if CHANGING.contains(&method.name))
}

/// Returns whether it is a path of two or more steps such as `a.b.c`.
fn is_path(expression: &Expr<'_>) -> bool {
    let base = match expression {
        Expr::GetAttr(attribute) => &attribute.expr,
        Expr::GetItem(item) => &item.expr,
        _ => return false,
    };
    matches!(base, Expr::GetAttr(_) | Expr::GetItem(_))
}
