//! Filters, tests and lookups that do not exist.

use super::checks::TESTS;
use super::code::Kind;
use super::extension::Extensions;
use super::filters::FILTERS;
use super::{lookups, parse, tree};
use crate::source::{Problem, did_you_mean};
use minijinja::machinery::ast::{CallArg, Expr};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// Calls `visit` with each use of an unknown filter, test or lookup, and the place of its name.
pub(super) fn find(
    text: &str,
    kind: Kind,
    syntax: &SyntaxConfig,
    extensions: &Extensions,
    visit: &mut dyn FnMut(Problem, Range<usize>),
) {
    let start = text.as_ptr() as usize;
    let mut look = |expression: &Expr<'_>| {
        if let Some((problem, name)) = unknown(expression, extensions) {
            let offset = (name.as_ptr() as usize).saturating_sub(start);
            visit(problem, offset..offset + name.len());
        }
    };
    if kind.is_expression() {
        if let Ok(expression) = parse::expression(text) {
            tree::every_expression(&expression, &mut look);
        }
    } else if let Ok(template) = parse::template(text, syntax) {
        tree::every_statement(&template, &mut |statement| {
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut look);
            });
        });
    }
}

fn unknown<'s>(expression: &Expr<'s>, extensions: &Extensions) -> Option<(Problem, &'s str)> {
    let (what, called, stands_at, known): (_, String, _, Vec<&str>) = match expression {
        Expr::Filter(filter) => {
            let own = extensions.filters.iter().map(|filter| filter.name.as_str());
            let known = FILTERS
                .iter()
                .map(|filter| filter.name)
                .chain(own)
                .collect();
            ("filter", filter.name.to_owned(), filter.name, known)
        }
        Expr::Test(test) => {
            let own = extensions.tests.iter().map(|test| test.name.as_str());
            let known = TESTS.iter().map(|test| test.name).chain(own).collect();
            ("test", test.name.to_owned(), test.name, known)
        }
        Expr::Call(call) => match (&call.expr, call.args.first()) {
            (Expr::Var(function), Some(CallArg::Pos(Expr::Const(name))))
                if matches!(function.id, "lookup" | "query" | "q") =>
            {
                let name = name.value.as_str()?.to_owned();
                ("lookup", name, function.id, lookups::names().collect())
            }
            _ => return None,
        },
        _ => return None,
    };
    let short = called.strip_prefix("ansible.builtin.").unwrap_or(&called);
    if known.contains(&short) {
        return None;
    }
    let problem = Problem::new(format!("there is no {what} \"{called}\""));
    Some((problem.help(did_you_mean(short, known)), stands_at))
}
