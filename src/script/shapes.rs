//! Calls in a role whose arguments cannot be right, whatever their values; they are found before a
//! run.

use super::engine::built_in_functions;
use super::functions::call_of;
use super::place::place;
use super::problem::in_order;
use super::program::Program;
use super::role::FUNCTIONS;
use crate::source::{Problem, Problems, did_you_mean};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeSet;

/// Returns the problems with the calls of a role's script.
pub(super) fn check(program: &Program) -> Problems {
    let mut problems = Problems::default();
    let variables = variables(program);
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some((call, position)) = path.last().and_then(call_of)
            && call.namespace.is_empty()
            && call.op_token.is_none()
            && !program.functions.contains_key(call.name.as_str())
            && !variables.contains(call.name.as_str())
            && let Some((position, message, help)) = mistake(call, position)
        {
            let at = place(&program.file, position);
            problems.push(Problem::at(&at, message).help(help));
        }
        true
    });
    in_order(problems)
}

/// Returns the names of all variables: `names` reports those that are called.
fn variables(program: &Program) -> BTreeSet<String> {
    let parameters = program
        .functions
        .values()
        .map(|function| &function.parameters);
    let mut names: BTreeSet<String> = parameters.flatten().cloned().collect();
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Var(parts, ..))) = path.last() {
            names.insert(parts.0.name.to_string());
        }
        true
    });
    names
}

type Mistake = (Position, String, String);

fn mistake(call: &FnCallExpr, position: Position) -> Option<Mistake> {
    let name = call.name.as_str();
    match name {
        "task" => task(&call.args, position),
        "block" => block(&call.args),
        "include_tasks" | "include_role" | "notify" => named(name, &call.args),
        _ if FUNCTIONS.contains(&name) || built_in_functions().contains(name) => None,
        _ => module(name, &call.args, position),
    }
}

/// `task(name, || …)` or `task(name, options, || …)`.
fn task(arguments: &[Expr], position: Position) -> Option<Mistake> {
    let form = "write task(\"name\", || …) or task(\"name\", #{…}, || …)".to_owned();
    let first = arguments.first();
    if let Some(first) = first.filter(|first| is_map(first) || is_function(first)) {
        let message = "task begins with the name of the task".to_owned();
        return Some((start(first, position), message, form));
    }
    let (message, at) = match arguments {
        [] | [_] => ("task needs a function", position),
        [_, second, third] if is_function(second) && is_map(third) => (
            "the keywords of a task come before its function",
            start(third, position),
        ),
        [_, _] | [_, _, _] => return None,
        [_, _, _, further, ..] => ("task takes three arguments", start(further, position)),
    };
    Some((at, message.to_owned(), form))
}

/// `block(|| …, |error| …, || …)`, perhaps with a map of keywords before them.
fn block(arguments: &[Expr]) -> Option<Mistake> {
    let late = arguments.iter().skip(1).find(|argument| is_map(argument))?;
    let message = "the keywords of a block come before its functions".to_owned();
    let help = "write block(#{…}, || …, |error| …, || …): what is done, what is done when that \
                failed, what is done in any case";
    Some((late.start_position(), message, help.to_owned()))
}

/// The first argument names what is included or notified.
fn named(function: &str, arguments: &[Expr]) -> Option<Mistake> {
    let first = arguments.first().filter(|first| is_map(first))?;
    let message = format!("{function} begins with a name");
    let help = match function {
        "include_role" => "write include_role(\"name\") or include_role(\"name\", #{vars: #{…}})",
        "include_tasks" => "write include_tasks(\"more.yml\") or include_tasks(\"more.yml\", #{…})",
        _ => "write notify(\"name of the handler\")",
    };
    Some((first.start_position(), message, help.to_owned()))
}

/// A function that is not defined is a module, and takes one map or one text.
fn module(name: &str, arguments: &[Expr], position: Position) -> Option<Mistake> {
    match arguments {
        [first, second, ..] if is_map(first) => Some((
            start(second, position),
            format!("{name} takes one map of arguments"),
            format!(
                "keywords of a task are options of task: task(\"name\", #{{…}}, || {name}(#{{…}}))"
            ),
        )),
        [_, second, ..] => Some((
            start(second, position),
            format!(
                "there is no function \"{name}\" with {} arguments",
                arguments.len()
            ),
            format!("a module takes a map: {name}(#{{…}})"),
        )),
        [Expr::Array(_, at)] => Some((
            *at,
            format!("{name} takes a map of arguments, not a list"),
            match name {
                "command" => "write command(#{argv: […]})".to_owned(),
                _ => format!("write {name}(#{{…}})"),
            },
        )),
        [
            number @ (Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::BoolConstant(..)),
        ] => Some((
            number.start_position(),
            format!("there is no function \"{name}\" for a number or a boolean"),
            did_you_mean(name, built_in_functions().iter().map(String::as_str))
                .unwrap_or_else(|| format!("a module takes a map: {name}(#{{…}})")),
        )),
        _ => None,
    }
}

fn start(expression: &Expr, otherwise: Position) -> Position {
    let position = expression.start_position();
    if position.is_none() {
        otherwise
    } else {
        position
    }
}

fn is_map(expression: &Expr) -> bool {
    matches!(expression, Expr::Map(..))
}

/// Whether it is `|| …`: a constant, or one that shares the variables around it.
fn is_function(expression: &Expr) -> bool {
    match expression {
        Expr::DynamicConstant(value, _) => value.is_fnptr(),
        Expr::Stmt(block) => matches!(block.statements(), [Stmt::Share(_), Stmt::Expr(_)]),
        _ => false,
    }
}
