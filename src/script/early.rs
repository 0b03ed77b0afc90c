//! Calls that run where a function was meant: `task("a", command(…))` and `task("a", { command(…) })`
//! run the command before `task`.

use super::engine::built_in_functions;
use super::functions::call_of;
use super::place::place;
use super::problem::in_order;
use super::program::Program;
use super::written::last_method;
use crate::source::{Problem, Problems};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeMap;

/// Functions whose arguments are functions.
const TAKE_FUNCTIONS: &[&str] = &[
    "all", "filter", "find", "find_map", "for_each", "map", "reduce", "retain", "some",
];

/// Functions that make a function.
const MAKE_FUNCTIONS: &[&str] = &["Fn", "curry"];

/// Returns the problems with the functions that a script hands on.
pub(super) fn check(program: &Program) -> Problems {
    let mut checker = Checker {
        program,
        results: results(program),
        problems: Problems::default(),
    };
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::MethodCall(call, position))) = path.last() {
            checker.call(call, &call.args, *position);
        } else if let Some((call, position)) = path.last().and_then(call_of) {
            let takes = TAKE_FUNCTIONS.contains(&call.name.as_str());
            let object = usize::from(takes && call.args.len() > 1);
            checker.call(call, call.args.get(object..).unwrap_or_default(), position);
        }
        true
    });
    in_order(checker.problems)
}

/// Returns the variables that are nothing but the result of a call, with the name of its function.
fn results(program: &Program) -> BTreeMap<String, String> {
    let mut results: BTreeMap<String, Option<String>> = BTreeMap::new();
    for function in program.functions.values() {
        let parameters = function.parameters.iter().cloned();
        results.extend(parameters.map(|name| (name, None)));
    }
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        let Some(ASTNode::Stmt(statement)) = path.last() else {
            return true;
        };
        match statement {
            Stmt::Var(parts, ..) => {
                let called = called_at_once(&parts.1);
                let called = called.filter(|name| acts(program, name)).map(str::to_owned);
                let known = results.entry(parts.0.name.to_string());
                known
                    .and_modify(|known| *known = None)
                    .or_insert_with(|| called);
            }
            Stmt::Assignment(parts) => {
                if let Expr::Variable(variable, ..) = &parts.1.lhs {
                    results.insert(variable.1.to_string(), None);
                }
            }
            Stmt::For(parts, _) => {
                results.insert(parts.0.name.to_string(), None);
            }
            _ => {}
        }
        true
    });
    let known = results.into_iter();
    known
        .filter_map(|(name, called)| Some((name, called?)))
        .collect()
}

/// Returns whether a call of this name is that of a module, or of a function of roles.
fn acts(program: &Program, name: &str) -> bool {
    name == "debug"
        || !(program.functions.contains_key(name)
            || built_in_functions().contains(name)
            || MAKE_FUNCTIONS.contains(&name))
}

struct Checker<'p> {
    program: &'p Program,
    results: BTreeMap<String, String>,
    problems: Problems,
}

impl Checker<'_> {
    /// Checks the arguments of a call that should be functions.
    fn call(&mut self, call: &FnCallExpr, arguments: &[Expr], position: Position) {
        let name = call.name.as_str();
        if self.program.functions.contains_key(name) {
            return;
        }
        let functions = match name {
            "task" => arguments.last().map_or(&[][..], std::slice::from_ref),
            "block" => match arguments.split_first() {
                Some((Expr::Map(..), rest)) => rest,
                _ => arguments,
            },
            // What follows its function is a value.
            "reduce" => arguments.get(..1).unwrap_or_default(),
            name if TAKE_FUNCTIONS.contains(&name) => arguments,
            _ => return,
        };
        for function in functions {
            self.function(name, function, position);
        }
    }

    fn function(&mut self, of: &str, argument: &Expr, position: Position) {
        let of_roles = matches!(of, "task" | "block");
        let strict = |called: &&str| of_roles || !self.program.functions.contains_key(*called);
        let at = argument.start_position();
        let at = if at.is_none() { position } else { at };
        let at_once = called_at_once(argument)
            .filter(strict)
            .map(|called| (called.to_owned(), at));
        let early = at_once.or_else(|| self.within(argument));
        if let Some((called, at)) = early {
            let message = format!("{called}(…) runs before {of} does");
            self.report(at, message, of, &called);
        } else if let Expr::Variable(variable, _, at) = argument
            && let Some(called) = self.results.get(variable.1.as_str()).cloned()
        {
            let message = format!(
                "\"{}\" is the result of {called}(…), which runs before {of} does",
                variable.1
            );
            self.report(*at, message, of, &called);
        }
    }

    fn report(&mut self, at: Position, message: String, of: &str, called: &str) {
        let help = format!("hand on a function: {of}(…, || {called}(…))");
        let at = place(&self.program.file, at);
        self.problems.push(Problem::at(&at, message).help(help));
    }

    /// Returns the first call within an expression, such as a block in braces, that does something.
    fn within(&self, expression: &Expr) -> Option<(String, Position)> {
        let mut found = None;
        expression.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            if let Some((call, position)) = path.last().and_then(call_of)
                && call.op_token.is_none()
                && call.namespace.is_empty()
                && acts(self.program, &call.name)
            {
                found = Some((call.name.to_string(), position));
            }
            found.is_none()
        });
        found
    }
}

/// Returns the name of the function that an expression calls, unless the call returns a function.
fn called_at_once(expression: &Expr) -> Option<&str> {
    let call = match expression {
        Expr::FnCall(call, _) if call.op_token.is_none() => call,
        Expr::Dot(..) => last_method(expression)?.0,
        _ => return None,
    };
    let name = call.name.as_str();
    (!MAKE_FUNCTIONS.contains(&name)).then_some(name)
}
