//! `--extra-vars`: key=value, YAML or JSON, or a file.

use crate::playbook::load::key_values;
use crate::source::{Place, Problem, Result, SourceFile};
use crate::yaml::{self, Data, Map, Node};
use std::collections::HashSet;
use std::path::Path;

/// Adds the variables of one `-e`, replacing earlier values.
pub(super) fn add(variables: &mut Map, text: &str) -> Result<()> {
    let new = match text.strip_prefix('@') {
        Some(path) => document(&yaml::read(&SourceFile::read(Path::new(path))?)?)?,
        None if text.trim_start().starts_with(['{', '[', '-']) || text.contains(": ") => {
            document(&yaml::read(&SourceFile::new("<extra vars>", text))?)?
        }
        None => pairs(text)?,
    };
    let named: HashSet<_> = new.iter().filter_map(|(key, _)| key.as_text()).collect();
    variables.retain(|(known, _)| known.as_text().is_none_or(|known| !named.contains(known)));
    variables.extend(new.iter().cloned());
    Ok(())
}

/// Sets a variable to a text, for an option that implies it.
pub(super) fn set(variables: &mut Map, name: &str, value: &str) {
    let file = SourceFile::new(format!("<--{}>", name.replace('_', "-")), value);
    let place = Place::new(&file, 0..value.len());
    // A name that looks like a template is still only a name.
    let node = |data| Node {
        data,
        place: place.clone(),
    };
    replace(
        variables,
        (
            node(Data::Text(name.into())),
            node(Data::Unsafe(value.into())),
        ),
    );
}

fn replace(variables: &mut Map, (key, value): (Node, Node)) {
    variables.retain(|(known, _)| known.as_text() != key.as_text());
    variables.push((key, value));
}

fn document(node: &Node) -> Result<Map> {
    match &node.data {
        Data::Map(entries) => Ok(entries.clone()),
        Data::Null => Ok(Map::new()),
        _ => Err(node.unexpected("extra variables", "a mapping").into()),
    }
}

/// The values of `key=value` are always text, as in Ansible.
fn pairs(text: &str) -> Result<Map> {
    let file = SourceFile::new("<extra vars>", text);
    let place = Place::new(&file, 0..text.len());
    let wrong = || {
        Problem::at(&place, "extra variables are key=value, YAML or @FILE")
            .help("such as -e version=3.2.6 or -e '{\"version\": \"3.2.6\"}'".to_owned())
    };
    let found = key_values(text).ok_or_else(wrong)?;
    if found.is_empty() {
        return Err(wrong().into());
    }
    let node = |text: String| Node {
        data: Data::Text(text.into()),
        place: place.clone(),
    };
    let mut variables = Map::new();
    for (key, value) in found {
        replace(&mut variables, (node(key), node(value)));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Vec<(String, String)>> {
        let mut variables = Map::new();
        for text in texts {
            add(&mut variables, text)?;
        }
        let text = |node: &Node| node.to_value().to_string();
        Ok(variables
            .iter()
            .map(|(key, value)| (text(key), text(value)))
            .collect())
    }

    #[test]
    fn later_ones_replace_earlier_ones() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read(&["a=1 b='x y'", "{\"a\": 2}"]).unwrap(),
            [pair("b", "x y"), pair("a", "2")]
        );
        assert_eq!(read(&["a: 1"]).unwrap(), [pair("a", "1")]);
        assert!(
            read(&["nonsense"])
                .unwrap_err()
                .to_string()
                .contains("key=value")
        );
    }
}
