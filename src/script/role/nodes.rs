//! Converts a script's values to the nodes that the same task would have in YAML, with their
//! places.

use super::link;
use crate::script::{Called, Raised, to_value};
use crate::source::{Place, Problem};
use crate::yaml::{Data, Map, Node};
use rhai::Position;

/// Keywords whose text is an expression. Any other text of a script is data.
const EXPRESSIONS: &[&str] = &["changed_when", "failed_when", "until", "when"];

/// Returns a text that is data.
pub(super) fn text(text: &str, place: &Place) -> Node {
    Node {
        data: Data::Unsafe(text.into()),
        place: place.clone(),
    }
}

/// Returns the entries of a script's map, given to the call at `site`.
pub(super) fn entries(
    map: &rhai::Map,
    place: &Place,
    site: usize,
    position: Position,
) -> Called<Map> {
    map.iter()
        .map(|(name, item)| {
            let known = link::about(position, |link| {
                let here = link.program.file == place.file;
                let found = here.then(|| link.outline.argument(site, name)).flatten();
                found.cloned()
            })?;
            let (key, at) = known.unwrap_or_else(|| (place.clone(), place.clone()));
            let key = Node {
                data: Data::Text(name.as_str().into()),
                place: key,
            };
            let value = to_value(item)
                .map_err(|message| Raised::new(format!("{name}: {message}")).at(position))?;
            let mut node = Node::of(&value, &at);
            if EXPRESSIONS.contains(&name.as_str()) {
                expressions(&mut node, position)?;
            }
            Ok((key, node))
        })
        .collect()
}

/// Returns the entries of a map of options, or of variables, of the function `of`: nothing, `()`, is
/// neither, and a condition that is an empty list would always be true.
pub(super) fn given(
    map: &rhai::Map,
    (of, what): (&str, &str),
    place: &Place,
    site: usize,
    position: Position,
) -> Called<Map> {
    let entries = entries(map, place, site, position)?;
    for (key, value) in &entries {
        let name = key.as_text().unwrap_or_default();
        let (found, help) = match &value.data {
            Data::Null => (
                "is nothing, `()`",
                format!(
                    "omit the key if there is no value: if value != () {{ map.{name} = value }}"
                ),
            ),
            Data::List(items) if EXPRESSIONS.contains(&name) && holds_nothing(items) => (
                "has no condition",
                "write true, false, or an expression in quotes".to_owned(),
            ),
            _ => continue,
        };
        let message = format!("the {what} \"{name}\" of {of} {found}");
        let problem = Problem::at(&value.place, message.clone()).help(help);
        let mut raised = Raised::new(message);
        raised.problem = Some(Box::new(problem));
        return Err(raised.at(position));
    }
    Ok(entries)
}

/// Returns whether a list of conditions is empty, or holds nothing, `()`.
fn holds_nothing(conditions: &[Node]) -> bool {
    conditions.is_empty()
        || conditions
            .iter()
            .any(|condition| matches!(condition.data, Data::Null))
}

/// Turns texts into expressions. Only literals of the script can be expressions: text from a host
/// is never evaluated.
fn expressions(node: &mut Node, position: Position) -> Called<()> {
    match &mut node.data {
        Data::Unsafe(text) => {
            written_here(text, position)?;
            node.data = Data::Text(text.clone());
        }
        Data::List(items) => {
            for item in items {
                expressions(item, position)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Returns an error unless the text is a literal of the script.
pub(super) fn written_here(text: &str, position: Position) -> Called<()> {
    if link::about(position, |link| link.outline.holds_text(text))? {
        return Ok(());
    }
    let message = "a template or an expression must be a literal in the script";
    let help = "pass values by name: render(\"{{ name }}\", #{name: value})".to_owned();
    Err(Raised::new(message).help(help).at(position))
}
