//! Conditions: `when`, `until`, `that` and the like.

use super::code::Kind;
use super::engine::Engine;
use super::error::TemplateError;
use super::site::Site;
use super::text;
use crate::source::Problem;
use crate::value::Value;
use crate::yaml::{Data, Node};
use minijinja::value::ValueKind;

impl Engine {
    /// Returns whether a condition is true. A boolean is used as it is; text is an expression whose
    /// result must be a boolean. Anything else is an error; if `site.lenient`, the expression may be
    /// written with `{{ }}`.
    pub fn condition(
        &self,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<bool, TemplateError> {
        let text = match &node.data {
            Data::Bool(value) => return Ok(*value),
            Data::Text(text) => text,
            Data::Computed(value) => return truth(value, node, site),
            Data::Unsafe(_) => return Err(TemplateError::of(untrusted(node, site))),
            Data::Null if site.lenient => return Err(TemplateError::of(empty(node, site))),
            _ => return Err(TemplateError::of(not_an_expression(node))),
        };
        let value = if is_delimited(text) {
            if !site.lenient {
                return Err(TemplateError::of(with_delimiters(node)));
            }
            let value = self.run(text, Kind::Text, node, context, site)?;
            return delimited_truth(&value, node, site);
        } else if text.trim().is_empty() {
            return Err(TemplateError::of(empty(node, site)));
        } else {
            match self.run(text, Kind::Condition, node, context, site) {
                Err(error) if error.not_known.is_some() => {
                    return self
                        .decided(text, node, context, site)
                        .unwrap_or(Err(error));
                }
                value => value?,
            }
        };
        truth(&value, node, site)
    }

    /// Returns the first false condition. A condition that is certainly false decides, even if
    /// others are unknown in check mode; otherwise an unknown one is the error.
    pub fn first_false<'n>(
        &self,
        nodes: impl IntoIterator<Item = &'n Node>,
        context: &Value,
        site: &Site,
    ) -> Result<Option<&'n Node>, TemplateError> {
        let mut unknown = None;
        for node in nodes {
            match self.condition(node, context, site) {
                Ok(true) => {}
                Ok(false) => return Ok(Some(node)),
                Err(error) if error.not_known.is_some() => {
                    unknown.get_or_insert(error);
                }
                // The run may never reach a condition behind an unknown one.
                Err(_) if unknown.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        unknown.map_or(Ok(None), Err)
    }
}

/// A condition must be a boolean: text such as "false" is true in Python.
fn truth(value: &Value, node: &Node, site: &Site) -> Result<bool, TemplateError> {
    if value.kind() == ValueKind::Bool {
        return Ok(value.is_true());
    }
    text::check(value).map_err(|error| TemplateError::of_value(&error, node))?;
    let message = if site.lenient {
        let (truth, kind) = (value.is_true(), text::type_name(value));
        let truth = text::repr(&truth.into()).unwrap_or_default();
        format!(
            "Conditional result ({truth}) was derived from value of type '{kind}' at '{}'. \
             Conditionals must have a boolean result.",
            node.place.path_and_line(),
        )
    } else {
        let shown = text::repr(value).unwrap_or_default();
        format!("the condition evaluates to {shown}, which is neither true nor false")
    };
    let help =
        "compare it (x == \"y\"), check its length (x | length > 0), or convert it (x | bool)";
    Err(TemplateError::of(
        Problem::at(&node.place, message).help(help.to_owned()),
    ))
}

/// The value of a condition that is a template counts. Ansible evaluates text as an expression if it
/// comes from a file of the user; here it is not evaluated, since it may come from a host.
fn delimited_truth(value: &Value, node: &Node, site: &Site) -> Result<bool, TemplateError> {
    match value.as_str().map(str::trim) {
        None => truth(value, node, site),
        Some("true" | "True") => Ok(true),
        Some("false" | "False") => Ok(false),
        Some("") => Err(TemplateError::of(empty(node, site))),
        Some(_) if site.lenient => Err(TemplateError::of(untrusted(node, site))),
        Some(text) => {
            let message =
                format!("the template in this condition evaluates to the text \"{text}\"");
            let problem = Problem::at(&node.place, message);
            let help = "write the expression itself, without {{ }}".to_owned();
            Err(TemplateError::of(problem.help(help)))
        }
    }
}

fn empty(node: &Node, site: &Site) -> Problem {
    let message = if site.lenient {
        "Empty conditional expressions are not allowed."
    } else {
        "a condition must not be empty"
    };
    Problem::at(&node.place, message)
}

/// Returns the problem of an expression whose text may come from a host or is marked as data.
pub(super) fn untrusted(node: &Node, site: &Site) -> Problem {
    let message = if site.lenient {
        "Encountered untrusted template or expression."
    } else {
        "text that is marked as data is not evaluated"
    };
    let help = "write the expression itself, without {{ }} and `!unsafe`".to_owned();
    Problem::at(&node.place, message).help(help)
}

/// Returns whether a condition is written as a template.
pub(super) fn is_delimited(text: &str) -> bool {
    text.trim_start().starts_with("{{") || text.contains("{%")
}

fn not_an_expression(node: &Node) -> Problem {
    node.unexpected("a condition", "an expression or a boolean")
}

/// Returns the problem of a condition written with `{{ }}`.
pub(super) fn with_delimiters(node: &Node) -> Problem {
    Problem::at(&node.place, "a condition is already an expression")
        .help("write it without {{ }}".to_owned())
}
