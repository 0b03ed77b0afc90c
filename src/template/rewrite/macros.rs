//! `varargs` and `kwargs` in macros, which minijinja lacks: they become parameters, and calls of
//! such a macro in the same text pass the additional arguments in them.

use super::Rewrite;
use crate::template::tree;
use minijinja::machinery::ast::{Call, CallArg, Expr, Macro, Stmt};

/// A macro that takes any arguments.
pub(super) struct Open<'s> {
    name: &'s str,
    parameters: Vec<&'s str>,
}

/// Returns the macros of a template that use `varargs` or `kwargs`.
pub(super) fn open_macros<'s>(template: &Stmt<'s>) -> Vec<Open<'s>> {
    let mut found = Vec::new();
    tree::every_statement(template, &mut |statement| {
        if let Stmt::Macro(declared) = statement
            && names_rest(declared)
        {
            let parameters = declared
                .args
                .iter()
                .filter_map(|parameter| match parameter {
                    Expr::Var(variable) => Some(variable.id),
                    _ => None,
                });
            found.push(Open {
                name: declared.name,
                parameters: parameters.collect(),
            });
        }
    });
    found
}

fn names_rest(declared: &Macro<'_>) -> bool {
    let mut found = false;
    for statement in &declared.body {
        tree::every_statement(statement, &mut |statement| {
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut |expression| {
                    found |= matches!(expression, Expr::Var(variable)
                        if matches!(variable.id, "varargs" | "kwargs"));
                });
            });
        });
    }
    found
}

impl<'s> Rewrite<'s> {
    /// Adds the parameters to the declaration of such a macro.
    pub(super) fn declare_rest(&mut self, declared: &Macro<'s>) {
        if !self
            .open_macros
            .iter()
            .any(|open| open.name == declared.name)
        {
            return;
        }
        let name = self.tokens.range_of(declared.name);
        let Some((open, close)) = self.tokens.parentheses_from(name.end) else {
            return;
        };
        let parts = self.tokens.parts(&open, &close);
        let comma = if parts.is_empty() { "" } else { ", " };
        let rest = format!("{comma}varargs=[], kwargs={{}}");
        // Parameters after ones with defaults need defaults too, and these have them.
        self.edits.enclose(close.start..close.start, "", &rest);
    }

    /// Passes the lists that the declaration of such a macro takes.
    pub(super) fn call_rest(&mut self, call: &Call<'s>, end: usize) {
        let Expr::Var(variable) = &call.expr else {
            return;
        };
        let declared = self
            .open_macros
            .iter()
            .find(|open| open.name == variable.id);
        let splat = |argument: &CallArg<'_>| {
            matches!(argument, CallArg::PosSplat(_) | CallArg::KwargSplat(_))
        };
        let Some((declared, (open, close))) = declared.zip(self.tokens.brackets(end)) else {
            return;
        };
        if call.args.iter().any(splat) {
            return;
        }
        let parts = self.tokens.parts(&open, &close);
        let is_more = |(number, argument): (usize, &CallArg<'_>)| match argument {
            CallArg::Kwarg(name, _) => !declared.parameters.contains(name),
            _ => number >= declared.parameters.len(),
        };
        let more: Vec<bool> = call.args.iter().enumerate().map(is_more).collect();
        let last_known = more.iter().rposition(|more| !more);
        if more.iter().position(|more| *more) < last_known && last_known.is_some() {
            return; // what is beyond the parameters is not at the end
        }
        // Additional arguments are collected in one list and one map, in their places.
        let (mut listed, mut mapped) = (false, false);
        let (mut last_listed, mut last_mapped) = (None, None);
        for ((argument, part), more) in call.args.iter().zip(&parts).zip(more) {
            match argument {
                _ if !more => {}
                CallArg::Kwarg(name, _) => {
                    let name_range = self.tokens.range_of(name);
                    let equals = self.tokens.after(name_range.end);
                    let open = if mapped { "" } else { "kwargs={" };
                    self.edits
                        .replace(name_range.start..equals, format!("{open}\"{name}\":"));
                    (mapped, last_mapped) = (true, Some(part.end));
                }
                _ => {
                    if !listed {
                        self.edits.enclose(part.start..part.start, "", "varargs=[");
                    }
                    (listed, last_listed) = (true, Some(part.end));
                }
            }
        }
        for (end, close) in [(last_listed, "]"), (last_mapped, "}")] {
            if let Some(end) = end {
                self.edits.enclose(end..end, "", close);
            }
        }
    }
}
