//! The variables that a template needs in any case.

use super::rewrite::GUARDS;
use super::tree;
use minijinja::machinery::ast::{BinOpKind, Expr, Stmt};
use minijinja::machinery::{parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use std::collections::HashSet;
use std::ops::Range;

/// What is called for each name.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&str, Range<usize>);

/// Calls `visit` with the name and the place of each variable that rendering `text` needs in
/// any case, where nothing in it asks whether it is defined.
pub(super) fn of_text(text: &str, syntax: &SyntaxConfig, visit: Visit<'_>) {
    let Ok(template) = parse(text, "", syntax.clone()) else {
        return;
    };
    let mut names = Names::of(text);
    tree::every_statement(&template, &mut |statement| {
        names.assigned(statement);
        tree::expressions(statement, &mut |expression| names.guarded(expression));
    });
    names.needed_by_statement(&template);
    names.report(visit);
}

/// Calls `visit` with the same of an expression.
pub(super) fn of_expression(text: &str, visit: Visit<'_>) {
    let Ok(expression) = parse_expr(text) else {
        return;
    };
    let mut names = Names::of(text);
    names.guarded(&expression);
    names.needed(&expression);
    names.report(visit);
}

struct Names<'s> {
    source: &'s str,
    needed: Vec<&'s str>,
    excluded: HashSet<&'s str>,
}

impl<'s> Names<'s> {
    fn of(source: &'s str) -> Self {
        Self {
            source,
            needed: Vec::new(),
            excluded: HashSet::from(["loop", "self", "super", "caller", "varargs", "kwargs"]),
        }
    }

    fn report(self, visit: Visit<'_>) {
        for name in self.needed {
            if !self.excluded.contains(name) {
                let start = (name.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
                visit(name, start..start + name.len());
            }
        }
    }

    /// Excludes the names that a statement gives a value.
    fn assigned(&mut self, statement: &Stmt<'s>) {
        let mut target = |target: &Expr<'s>| {
            tree::every_expression(target, &mut |part| {
                if let Expr::Var(variable) = part {
                    self.excluded.insert(variable.id);
                }
            });
        };
        match statement {
            Stmt::ForLoop(block) => target(&block.target),
            Stmt::WithBlock(block) => block.assignments.iter().for_each(|(name, _)| target(name)),
            Stmt::Set(set) => target(&set.target),
            Stmt::SetBlock(set) => target(&set.target),
            Stmt::Import(import) => target(&import.name),
            Stmt::FromImport(import) => import
                .names
                .iter()
                .for_each(|(name, alias)| target(alias.as_ref().unwrap_or(name))),
            Stmt::Macro(block) => {
                block.args.iter().for_each(target);
                self.excluded.insert(block.name);
            }
            Stmt::CallBlock(block) => block.macro_decl.args.iter().for_each(target),
            _ => {}
        }
    }

    /// Excludes the names that some `default` or `is defined` asks for.
    fn guarded(&mut self, expression: &Expr<'s>) {
        tree::every_expression(expression, &mut |expression| {
            let operand = match expression {
                Expr::Filter(filter) if GUARDS.contains(&filter.name) => filter.expr.as_ref(),
                Expr::Test(test) if GUARDS.contains(&test.name) => Some(&test.expr),
                _ => None,
            };
            operand.into_iter().for_each(|operand| {
                tree::every_expression(operand, &mut |part| {
                    if let Expr::Var(variable) = part {
                        self.excluded.insert(variable.id);
                    }
                });
            });
        });
    }

    /// Collects the names of what runs in any case: not the bodies of loops and conditions.
    fn needed_by_statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Macro(_) | Stmt::CallBlock(_) => return,
            Stmt::ForLoop(block) => return self.needed(&block.iter),
            _ => tree::expressions(statement, &mut |expression| self.needed(expression)),
        }
        if !matches!(statement, Stmt::IfCond(_) | Stmt::Block(_)) {
            tree::statements(statement, &mut |inner| self.needed_by_statement(inner));
        }
    }

    fn needed(&mut self, expression: &Expr<'s>) {
        match expression {
            Expr::Var(variable) => self.needed.push(variable.id),
            Expr::BinOp(operation)
                if matches!(operation.op, BinOpKind::ScAnd | BinOpKind::ScOr) =>
            {
                self.needed(&operation.left);
            }
            Expr::IfExpr(choice) => self.needed(&choice.test_expr),
            Expr::Compare(comparison) => {
                self.needed(&comparison.expr);
                comparison
                    .ops
                    .iter()
                    .take(1)
                    .for_each(|operation| self.needed(&operation.expr));
            }
            Expr::Call(call) => {
                // A function's name is no variable of the user's.
                if !matches!(call.expr, Expr::Var(_)) {
                    self.needed(&call.expr);
                }
                tree::arguments(&call.args, &mut |argument| self.needed(argument));
            }
            _ => tree::operands(expression, &mut |operand| self.needed(operand)),
        }
    }
}
