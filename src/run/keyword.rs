//! The values of keywords.

use super::frame::Frame;
use super::outcome::Outcome;
use super::session::is_omitted;
use super::task::Fallible;
use crate::playbook::Keywords;
use crate::source::{Place, Problem, Problems};
use crate::value::{self, Value};
use crate::vars::Scope;
use crate::yaml::Node;
use std::sync::Arc;
use std::time::Duration;

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

/// Returns the text of a keyword from the nearest frame that sets it; `omit` does not set it.
pub(super) fn text<'a>(
    frame: &'a Frame<'a>,
    keyword: impl Fn(&'a Keywords) -> Option<&'a Node>,
    scope: &Arc<Scope>,
) -> Fallible<Option<String>> {
    let given = frame.outwards().filter_map(|frame| frame.keywords);
    for node in given.filter_map(keyword) {
        let value = render(scope, node)?;
        if let Some(reason) = value::unknown_in(&value) {
            return Err(Box::new(Outcome::not_predicted(&reason)));
        }
        if !is_omitted(&value) {
            return Ok(Some(value.to_string()));
        }
    }
    Ok(None)
}

/// Returns the boolean of a node, or `None` for `omit`.
pub(super) fn truth(node: &Node, scope: &Arc<Scope>) -> Fallible<Option<bool>> {
    let value = render(scope, node)?;
    if is_omitted(&value) {
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
    Ok(whole(node, scope)?.unwrap_or(default))
}

/// Returns the whole number of a keyword, or `None` without one and for `omit`.
pub(super) fn whole(node: Option<&Node>, scope: &Arc<Scope>) -> Fallible<Option<u32>> {
    parsed(node, scope, "a whole number", |text| text.parse().ok())
}

/// Returns the value of a keyword in seconds, which may have a fraction.
pub(super) fn seconds(
    node: Option<&Node>,
    scope: &Arc<Scope>,
    default: Duration,
) -> Fallible<Duration> {
    let seconds = parsed(node, scope, "a number of seconds", |text| {
        Duration::try_from_secs_f64(text.parse().ok()?).ok()
    })?;
    Ok(seconds.unwrap_or(default))
}

/// Returns what the text of a keyword means, or `None` without one and for `omit`.
fn parsed<T>(
    node: Option<&Node>,
    scope: &Arc<Scope>,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Fallible<Option<T>> {
    let Some(node) = node else { return Ok(None) };
    let value = render(scope, node)?;
    if is_omitted(&value) {
        return Ok(None);
    }
    parse(&value.to_string()).map(Some).ok_or_else(|| {
        let message = format!("expected {expected}, found {value}");
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
