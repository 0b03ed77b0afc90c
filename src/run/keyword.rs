//! The values of keywords.

use super::frame::Frame;
use super::outcome::Outcome;
use super::session::Omit;
use super::task::Fallible;
use crate::playbook::Keywords;
use crate::source::{Place, Problem, Problems};
use crate::value::{self, Value};
use crate::vars::Scope;
use crate::yaml::Node;
use std::sync::Arc;

/// Returns the value of a boolean keyword from the nearest frame that sets it; `omit` does not set
/// it.
pub(super) fn flag<'a>(
    frame: &'a Frame<'a>,
    keyword: impl Fn(&'a Keywords) -> Option<&'a Node>,
    scope: &Arc<Scope>,
) -> Fallible<Option<bool>> {
    let mut given = frame
        .outwards()
        .filter_map(|frame| frame.keywords.and_then(&keyword));
    given
        .find_map(|node| truth(node, scope).transpose())
        .transpose()
}

/// Returns the boolean of a node, or `None` for `omit`.
pub(super) fn truth(node: &Node, scope: &Arc<Scope>) -> Fallible<Option<bool>> {
    let value = render(scope, node)?;
    if value.downcast_object_ref::<Omit>().is_some() {
        return Ok(None);
    }
    boolean(&value, Some(&node.place)).map(Some)
}

/// Returns the boolean of a value written at `place`; null is false.
pub(super) fn boolean(value: &Value, place: Option<&Place>) -> Fallible<bool> {
    if let Some(reason) = value::unknown_in(value) {
        return Err(Box::new(Outcome::not_predicted(&reason)));
    }
    if value.is_none() {
        return Ok(false);
    }
    value::boolean(value).ok_or_else(|| {
        let message = format!("expected a boolean, found {}", shown(value));
        let problem = match place {
            Some(place) => Problem::at(place, message),
            None => Problem::new(message),
        };
        let help = "true, yes, on, y, t and 1 are true; false, no, off, n, f and 0 are false";
        Box::new(problem.help(help.to_owned()).into())
    })
}

fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("\"{text}\""),
        None => value.to_string(),
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

/// Returns the failure for problems in a file of the user.
pub(super) fn first_problem(problems: Problems) -> Outcome {
    match problems.0.into_iter().next() {
        Some(problem) => problem.into(),
        None => Outcome::failed("a file of the user's is wrong"),
    }
}
