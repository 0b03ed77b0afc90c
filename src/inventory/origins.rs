//! The origin of each variable of a host, and what it overrides.

use super::{Inventory, connection_variables, list::to_json};
use crate::host::MASK;
use crate::source::{Place, Result};
use crate::yaml::{Data, Node};
use std::path::Path;
use std::sync::Arc;

/// How many letters of a value the table shows.
const WIDTH: usize = 60;

/// A place where a variable of a host is set.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The variable.
    pub variable: Arc<str>,
    /// Its value there.
    pub value: Node,
    /// What sets it: `group web`, `host web1`, or a file of variables.
    pub origin: String,
    /// Whether this one wins; all others of the variable are overridden.
    pub counts: bool,
}

/// Returns where the variables of a host are set, by name, the winning place first.
pub fn origins(
    inventory: &Inventory,
    host: &str,
    playbook_folder: Option<&Path>,
) -> Result<Vec<Definition>> {
    let mut definitions = Vec::new();
    for layer in inventory
        .host_variables(host, playbook_folder)?
        .iter()
        .rev()
    {
        for (name, value) in layer.variables.iter() {
            definitions.push(Definition {
                variable: name.clone(),
                value: value.clone(),
                origin: layer.origin.clone(),
                counts: false,
            });
        }
    }
    definitions.sort_by(|one, other| one.variable.cmp(&other.variable));
    let mut before: Option<Arc<str>> = None;
    for definition in &mut definitions {
        definition.counts = before.as_ref() != Some(&definition.variable);
        before = Some(definition.variable.clone());
    }
    Ok(definitions)
}

/// Up to which width the columns of the table are aligned.
const WIDEST: usize = 200;

/// Formats them as a table: variable, value, file and line. Passwords are not shown.
pub fn origins_table(definitions: &[Definition]) -> String {
    let rows: Vec<[String; 3]> = std::iter::once(["VARIABLE", "VALUE", "ORIGIN"].map(String::from))
        .chain(definitions.iter().map(row))
        .collect();
    let width = |column: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or_default()
            .min(WIDEST)
    };
    let (names, values) = (width(|row| &row[0]), width(|row| &row[1]));
    let lines: Vec<String> = rows
        .iter()
        .map(|[name, value, origin]| format!("{name:names$}  {value:values$}  {origin}\n"))
        .collect();
    lines.concat()
}

fn row(definition: &Definition) -> [String; 3] {
    let name = if definition.counts {
        definition.variable.to_string()
    } else {
        String::new()
    };
    let overridden = if definition.counts {
        ""
    } else {
        ", overridden"
    };
    let place = definition.value.place.path_and_line();
    let origin = if in_file(&definition.value.place, &definition.origin) {
        String::new()
    } else {
        format!(" ({})", definition.origin)
    };
    [
        name,
        value_text(definition),
        format!("{place}{origin}{overridden}"),
    ]
}

fn in_file(place: &Place, origin: &str) -> bool {
    place.file.shown().to_string() == origin
}

fn value_text(definition: &Definition) -> String {
    if connection_variables::is_secret(&definition.variable) {
        return MASK.to_owned();
    }
    if matches!(definition.value.data, Data::Vault(_)) {
        return "!vault".to_owned();
    }
    let text = to_json(&definition.value).to_string();
    if text.chars().count() <= WIDTH {
        return text;
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}
