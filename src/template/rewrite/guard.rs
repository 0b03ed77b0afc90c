//! Rewrites the steps of an operand that may fail, so that each passes on a failure.

use super::{GUARDS, Rewrite};
use crate::template::tree;
use minijinja::machinery::ast::{Expr, Filter};

impl<'s> Rewrite<'s> {
    /// Guards the outermost step of `expression` and continues inwards; returns whether there was
    /// such a step.
    pub(super) fn guard(&mut self, expression: &Expr<'s>) -> bool {
        match expression {
            Expr::Var(variable) => {
                if !matches!(variable.id, "loop" | "self") {
                    let call = format!("guarded_name(\"{}\")", variable.id);
                    self.edits.replace(self.tokens.range_of(variable.id), call);
                }
                true
            }
            Expr::GetAttr(attribute) => {
                let name = self.tokens.range_of(attribute.name);
                let Some(dot) = self.tokens.before(name.start) else {
                    return false;
                };
                let call = format!("|guarded.attribute(\"{}\")", attribute.name);
                self.edits.replace(dot..name.end, call);
                self.expression(&attribute.expr, true);
                true
            }
            Expr::GetItem(item) => {
                let Some((open, close)) = self.tokens.brackets(item.span().end_offset as usize)
                else {
                    return false;
                };
                self.edits.replace(open, "|guarded.item(");
                self.edits.replace(close, ")");
                self.expression(&item.expr, true);
                self.expression(&item.subscript_expr, false);
                true
            }
            Expr::Filter(filter) => {
                self.guard_filter(filter);
                true
            }
            Expr::Call(call) => {
                let guarded = self.guard_call(&call.expr, expression, call.args.is_empty());
                if guarded {
                    tree::arguments(&call.args, &mut |argument| self.expression(argument, false));
                }
                guarded
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.true_expr, true);
                self.expression(&choice.test_expr, false);
                let otherwise = choice.false_expr.iter();
                otherwise.for_each(|otherwise| self.expression(otherwise, true));
                true
            }
            _ => false,
        }
    }

    fn guard_filter(&mut self, filter: &Filter<'s>) {
        if !GUARDS.contains(&filter.name) {
            let name = self.tokens.range_of(filter.name);
            self.edits.enclose(name, "guarded.", "");
        }
        let operand = filter.expr.iter();
        operand.for_each(|operand| self.expression(operand, true));
        tree::arguments(&filter.args, &mut |argument| {
            self.expression(argument, false);
        });
    }

    fn guard_call(&mut self, callee: &Expr<'s>, call: &Expr<'s>, no_arguments: bool) -> bool {
        let Some((open, _)) = self.tokens.brackets(call.span().end_offset as usize) else {
            return false;
        };
        let comma = if no_arguments { "" } else { ", " };
        match callee {
            Expr::Var(variable) if !matches!(variable.id, "super" | "loop" | "caller") => {
                let name = self.tokens.range_of(variable.id);
                let start = format!("guarded_call(\"{}\"{comma}", variable.id);
                self.edits.replace(name.start..open.end, start);
                true
            }
            Expr::GetAttr(method) => {
                let name = self.tokens.range_of(method.name);
                let Some(dot) = self.tokens.before(name.start) else {
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
}
