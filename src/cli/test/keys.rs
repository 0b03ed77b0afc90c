//! Mappings of a case file: every key must be known, and every value of the right kind.

use crate::source::{Problem, Problems, did_you_mean};
use crate::yaml::{Data, Node};
use camino::Utf8PathBuf;

/// Returns the entries of a mapping; a key that is not among `known` is a problem.
pub(super) fn entries<'n>(
    node: &'n Node,
    what: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Vec<(&'n str, &'n Node)> {
    let mut entries = Vec::new();
    for (key, value) in named(node, what, problems) {
        let Some(name) = key.as_text() else { continue };
        if known.contains(&name) {
            entries.push((name, value));
            continue;
        }
        let advice = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("there are {}", known.join(", ")));
        let message = format!("{what} has no key \"{name}\"");
        problems.push(
            Problem::at(&key.place, message)
                .label("unknown key")
                .help(advice),
        );
    }
    entries
}

/// Returns the entries of a mapping whose keys are names or paths.
pub(super) fn named<'n>(
    node: &'n Node,
    what: &str,
    problems: &mut Problems,
) -> Vec<&'n (Node, Node)> {
    let Some(map) = node.as_map() else {
        if !matches!(node.data, Data::Null) {
            problems.push(node.unexpected(what, "a mapping"));
        }
        return Vec::new();
    };
    let mut entries = Vec::new();
    for entry in map {
        if entry.0.as_text().is_some() {
            entries.push(entry);
        } else {
            problems.push(entry.0.unexpected(&format!("a key of {what}"), "text"));
        }
    }
    entries
}

/// Returns the items of a list.
pub(super) fn items<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> &'n [Node] {
    if let Data::Null = node.data {
        return &[];
    }
    node.as_list().unwrap_or_else(|| {
        problems.push(node.unexpected(what, "a list"));
        &[]
    })
}

/// Returns a text.
pub(super) fn text(node: &Node, what: &str, problems: &mut Problems) -> Option<String> {
    let text = node.as_text().map(str::to_owned);
    if text.is_none() {
        let advice = matches!(node.data, Data::Integer(_) | Data::Bool(_) | Data::Float(_))
            .then(|| format!("quote it: \"{}\"", node.place.text()));
        problems.push(node.unexpected(what, "text").help(advice));
    }
    text
}

/// Returns whether it is true.
pub(super) fn flag(node: &Node, what: &str, problems: &mut Problems) -> Option<bool> {
    if let Data::Bool(flag) = node.data {
        return Some(flag);
    }
    problems.push(node.unexpected(what, "true or false"));
    None
}

/// Returns a number that is not negative.
pub(super) fn number(node: &Node, what: &str, problems: &mut Problems) -> Option<i32> {
    let number = match node.data {
        Data::Integer(number) => i32::try_from(number).ok().filter(|number| *number >= 0),
        _ => None,
    };
    if number.is_none() {
        problems.push(node.unexpected(what, "a whole number of at least 0"));
    }
    number
}

/// Returns an absolute path.
pub(super) fn path(node: &Node, what: &str, problems: &mut Problems) -> Option<Utf8PathBuf> {
    let path = Utf8PathBuf::from(text(node, what, problems)?);
    if path.is_absolute() {
        return Some(path);
    }
    let message = format!("{what} must be an absolute path, not \"{path}\"");
    problems.push(Problem::at(&node.place, message));
    None
}

/// Returns permission bits, written as `"0644"`.
pub(super) fn mode(node: &Node, problems: &mut Problems) -> Option<u32> {
    let text = text(node, "mode", problems)?;
    let mode = u32::from_str_radix(&text, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777);
    if mode.is_none() {
        let message = format!("\"{text}\" is no mode");
        let advice = "a mode is octal, such as \"0644\"".to_owned();
        problems.push(Problem::at(&node.place, message).help(advice));
    }
    mode
}
