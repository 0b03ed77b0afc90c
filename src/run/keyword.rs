//! The values of keywords.

use super::outcome::Outcome;
use super::task::Fallible;
use crate::source::{Problem, Problems};
use crate::value::Value;
use crate::vars::Scope;
use crate::yaml::Node;
use std::sync::Arc;

/// Returns the value of a keyword that is true or false; false where it is not given.
pub(super) fn flag(keyword: Option<&Node>, scope: &Arc<Scope>) -> Fallible<bool> {
    let Some(node) = keyword else {
        return Ok(false);
    };
    let value = render(scope, node)?;
    match value.to_string().to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" | "none" | "" => Ok(false),
        _ => Err(Box::new(
            node.unexpected("this keyword", "true or false").into(),
        )),
    }
}

/// Returns the value of a keyword that is a whole number.
pub(super) fn number(node: Option<&Node>, scope: &Arc<Scope>, default: u32) -> Fallible<u32> {
    let Some(node) = node else { return Ok(default) };
    let value = render(scope, node)?;
    value.to_string().parse().map_err(|_| {
        let message = format!("expected a whole number, found {value}");
        Box::new(Problem::at(&node.place, message).into())
    })
}

/// Returns the value of a node.
pub(super) fn render(scope: &Arc<Scope>, node: &Node) -> Fallible<Value> {
    scope.render(node).map_err(|error| Box::new(error.into()))
}

/// Returns the failure that problems in a file of the user's are.
pub(super) fn first_problem(problems: Problems) -> Outcome {
    match problems.0.into_iter().next() {
        Some(problem) => problem.into(),
        None => Outcome::failed("a file of the user's is wrong"),
    }
}
