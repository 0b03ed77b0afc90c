//! Values prepared to be written as YAML.

use super::emitter::Options;
use super::scalar::reads_as_other;
use crate::template::compare::{compare, is_list};
use crate::template::filters::maps::pairs;
use crate::template::level::Level;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

/// A prepared value: its text, or its items and whether they are in brackets.
pub(super) enum Node {
    /// Text, or a scalar written as text. `tag` precedes it if it would be a different type when
    /// quoted.
    Scalar {
        text: String,
        style: Style,
        plain: bool,
        tag: &'static str,
    },
    List {
        items: Vec<Node>,
        flow: bool,
    },
    Map {
        entries: Vec<(Node, Node)>,
        flow: bool,
    },
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Prepares a value for writing.
pub(super) fn node(value: &Value, options: &Options) -> Result<Node, Error> {
    let _level = Level::enter()?;
    if value.kind() == ValueKind::Map {
        let mut entries = pairs(value)?;
        if options.sort_keys {
            sort(&mut entries);
        }
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            nodes.push((node(&key, options)?, node(&value, options)?));
        }
        let bare = nodes
            .iter()
            .all(|(key, value)| is_bare(key, options) && is_bare(value, options));
        return Ok(Node::Map {
            flow: options.flow.unwrap_or(bare),
            entries: nodes,
        });
    }
    if is_list(value) {
        let items = value
            .try_iter()?
            .checked()
            .map(|item| node(&item?, options));
        let items: Vec<Node> = items.collect::<Result<_, _>>()?;
        let bare = items.iter().all(|item| is_bare(item, options));
        return Ok(Node::List {
            flow: options.flow.unwrap_or(bare),
            items,
        });
    }
    scalar(value, options)
}

/// Sorts by key as Python does, or keeps the order if the keys cannot be compared.
fn sort(entries: &mut Vec<(Value, Value)>) {
    let mut sorted = entries.clone();
    let mut failed = false;
    sorted.sort_by(|(left, _), (right, _)| {
        compare(left, right).unwrap_or_else(|_| {
            failed = true;
            std::cmp::Ordering::Equal
        })
    });
    if !failed {
        *entries = sorted;
    }
}

/// Returns whether it is a scalar without a style of its own.
fn is_bare(node: &Node, options: &Options) -> bool {
    matches!(node, Node::Scalar { .. }) && options.style.is_none()
}

fn scalar(value: &Value, options: &Options) -> Result<Node, Error> {
    text::check(value)?;
    let (text, tag) = match value.as_str() {
        Some(text) => (text.to_owned(), ""),
        // A quoted scalar that is not text needs a tag, which libyaml shortens to this.
        None => (number_or_name(value)?, "!"),
    };
    let style = match options.style {
        Some('\'') => Style::Single,
        Some('"') => Style::Double,
        Some('|') => Style::Literal,
        Some('>') => Style::Folded,
        _ => Style::Plain,
    };
    let plain = !tag.is_empty() || !reads_as_other(&text)?;
    Ok(Node::Scalar {
        text,
        style,
        plain,
        tag,
    })
}

fn number_or_name(value: &Value) -> Result<String, Error> {
    if value.is_none() {
        return Ok("null".to_owned());
    }
    if value.kind() == ValueKind::Bool {
        return Ok(if value.is_true() { "true" } else { "false" }.to_owned());
    }
    let text = text::text(value)?;
    Ok(match text.as_str() {
        "nan" => ".nan".to_owned(),
        "inf" => ".inf".to_owned(),
        "-inf" => "-.inf".to_owned(),
        // YAML 1.1 requires a point before the exponent.
        number if value.kind() == ValueKind::Number && !number.contains('.') => {
            number.replacen('e', ".0e", 1)
        }
        _ => text,
    })
}
