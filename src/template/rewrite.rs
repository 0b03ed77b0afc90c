//! Rewrites what minijinja does otherwise than Jinja2 under Ansible.
//!
//! - The operand of `default`, `is defined` and `is undefined` may fail at any step of it, as in
//!   `{{ a.b.c | upper | default('x') }}`: each step becomes a guarded one (`guarded`), which
//!   hands on what is undefined or failed, where minijinja would stop.
//! - `%` formats text too, `~` must not put the failure of a value into text, and `-` takes times
//!   too: they become filters.
//! - Lists and maps that a template makes and then changes (`append`, `update`) become changeable.

use super::edits::Edits;
use super::tree;
use minijinja::machinery::ast::{BinOpKind, Expr, Stmt};
use minijinja::machinery::{Span, Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

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

/// Collects the rewritings of one text.
pub(super) struct Rewrite<'s> {
    source: &'s str,
    tokens: Vec<(Token<'s>, Span)>,
    /// Whether it calls methods that change lists or maps.
    changing: bool,
    /// Whether it reads times, which `-` must take.
    times: bool,
    edits: Edits,
}

impl<'s> Rewrite<'s> {
    /// Reads the tokens of a template, or of an expression without delimiters.
    pub(super) fn of(source: &'s str, expression: bool, syntax: SyntaxConfig) -> Self {
        let mut tokenizer = Tokenizer::new(source, "", expression, syntax);
        let tokens = std::iter::from_fn(|| tokenizer.next_token().ok().flatten()).collect();
        Self {
            source,
            tokens,
            changing: false,
            times: ["to_datetime", "now("]
                .iter()
                .any(|name| source.contains(name)),
            edits: Edits::default(),
        }
    }

    /// Returns the rewritings that a template needs.
    pub(super) fn template(mut self, template: &Stmt<'s>) -> Edits {
        let mut changing = false;
        tree::every_statement(template, &mut |statement| {
            if let Stmt::Do(call) = statement {
                changing |= changes(&call.call.expr);
            }
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut |expression| {
                    changing |= matches!(expression, Expr::Call(call) if changes(&call.expr));
                });
            });
        });
        self.changing = changing;
        tree::every_statement(template, &mut |statement| {
            let set = matches!(statement, Stmt::Set(_) | Stmt::WithBlock(_));
            tree::expressions(statement, &mut |expression| {
                // What is assigned may be undefined until it is used.
                self.expression(expression, set && is_path(expression));
            });
        });
        self.edits
    }

    /// Returns the rewritings that an expression needs, delimiters among them.
    pub(super) fn alone(mut self, expression: &Expr<'s>) -> Edits {
        self.edits.enclose(0..self.source.len(), "{{ ", " }}");
        self.expression(expression, false);
        self.edits
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
            Expr::BinOp(operation) => match operation.op {
                BinOpKind::Rem => self.operator(expression, "guarded.modulo"),
                BinOpKind::Concat => self.operator(expression, "guarded.concatenate"),
                BinOpKind::Sub if self.times => self.operator(expression, "guarded.minus"),
                _ => {}
            },
            Expr::List(_) | Expr::Map(_) if self.changing => {
                self.edits
                    .enclose(range(expression.span()), "(", "|guarded.changeable)");
            }
            _ => {}
        }
        tree::operands(expression, &mut |operand| self.expression(operand, false));
    }

    /// Makes `a OP b` into `(a)|FILTER(b)`.
    fn operator(&mut self, expression: &Expr<'s>, filter: &str) {
        let Expr::BinOp(operation) = expression else {
            return;
        };
        let after = operation.left.span().end_offset;
        let found = self.tokens.iter().find(|(token, span)| {
            span.start_offset >= after && matches!(token, Token::Mod | Token::Tilde | Token::Minus)
        });
        if let Some((_, span)) = found {
            let operator = range(*span);
            self.edits.enclose(range(expression.span()), "(", ")");
            self.edits.replace(operator, format!(")|{filter}("));
        }
    }

    /// Guards the outermost step of `expression` and goes on inwards; returns whether there was
    /// such a step.
    fn guard(&mut self, expression: &Expr<'s>) -> bool {
        match expression {
            Expr::Var(variable) => {
                if !matches!(variable.id, "loop" | "self") {
                    let call = format!("guarded_name(\"{}\")", variable.id);
                    self.edits.replace(self.range_of(variable.id), call);
                }
                true
            }
            Expr::GetAttr(attribute) => {
                let name = self.range_of(attribute.name);
                let Some(dot) = self.token_before(name.start) else {
                    return false;
                };
                let call = format!("|guarded.attribute(\"{}\")", attribute.name);
                self.edits.replace(dot..name.end, call);
                self.expression(&attribute.expr, true);
                true
            }
            Expr::GetItem(item) => {
                let end = item.span().end_offset as usize;
                let Some(open) = self.opening(end) else {
                    return false;
                };
                let (open, close) = open;
                self.edits.replace(open, "|guarded.item(");
                self.edits.replace(close, ")");
                self.expression(&item.expr, true);
                self.expression(&item.subscript_expr, false);
                true
            }
            Expr::Filter(filter) => {
                if !GUARDS.contains(&filter.name) {
                    let name = self.range_of(filter.name);
                    self.edits.enclose(name, "guarded.", "");
                }
                filter
                    .expr
                    .iter()
                    .for_each(|operand| self.expression(operand, true));
                tree::arguments(&filter.args, &mut |argument| {
                    self.expression(argument, false);
                });
                true
            }
            Expr::Call(call) => {
                self.guard_call(&call.expr, expression, || call.args.is_empty()) && {
                    tree::arguments(&call.args, &mut |argument| {
                        self.expression(argument, false);
                    });
                    true
                }
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.true_expr, true);
                self.expression(&choice.test_expr, false);
                choice
                    .false_expr
                    .iter()
                    .for_each(|otherwise| self.expression(otherwise, true));
                true
            }
            _ => false,
        }
    }

    fn guard_call(
        &mut self,
        callee: &Expr<'s>,
        call: &Expr<'s>,
        no_arguments: impl Fn() -> bool,
    ) -> bool {
        let end = call.span().end_offset as usize;
        let Some((open, _)) = self.opening(end) else {
            return false;
        };
        let comma = if no_arguments() { "" } else { ", " };
        match callee {
            Expr::Var(variable) if !matches!(variable.id, "super" | "loop" | "caller") => {
                let name = self.range_of(variable.id);
                let start = format!("guarded_call(\"{}\"{comma}", variable.id);
                self.edits.replace(name.start..open.end, start);
                true
            }
            Expr::GetAttr(method) => {
                let name = self.range_of(method.name);
                let Some(dot) = self.token_before(name.start) else {
                    return false;
                };
                let start = format!("|guarded.method(\"{}\"{comma}", method.name);
                self.edits.replace(dot..open.end, start);
                self.expression(&method.expr, true);
                true
            }
            _ => false,
        }
    }

    /// Returns where a part of the source stands in it.
    fn range_of(&self, part: &str) -> std::ops::Range<usize> {
        let start = (part.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        start..start + part.len()
    }

    /// Returns the start of the token before `offset`.
    fn token_before(&self, offset: usize) -> Option<usize> {
        let before = self
            .tokens
            .iter()
            .rev()
            .find(|(_, span)| span.end_offset as usize <= offset);
        before.map(|(_, span)| span.start_offset as usize)
    }

    /// Returns the brackets or parentheses of which the closing one ends at `end`; for the
    /// form `a.0` the point and nothing.
    fn opening(&self, end: usize) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
        let last = self
            .tokens
            .iter()
            .rposition(|(_, span)| span.end_offset as usize == end)?;
        let (token, close) = self.tokens.get(last)?;
        if matches!(token, Token::Int(_) | Token::Int128(_)) {
            let (_, dot) = self.tokens.get(last.checked_sub(1)?)?;
            return Some((range(*dot), end..end));
        }
        let mut depth = 0;
        for (token, span) in self.tokens.get(..=last)?.iter().rev() {
            match token {
                Token::BracketClose | Token::ParenClose | Token::BraceClose => depth += 1,
                Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((range(*span), range(*close)));
            }
        }
        None
    }
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// Returns whether the callee is a method that changes what it is called on.
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
