//! The documentation of a module, from its argument struct.

use super::Entry;
use serde_json::Value;
use std::fmt::Write;

/// Columns of a page.
const WIDTH: usize = 80;

impl Entry {
    /// Returns the first sentence of what the module does.
    pub fn summary(&self) -> String {
        let description = text(self.schema.get("description"));
        let first = description.lines().next().unwrap_or_default();
        let end = first.find(". ").map_or(first.len(), |end| end + 1);
        first.get(..end).unwrap_or(first).to_owned()
    }

    /// Returns the page that shows how the module is used.
    pub fn page(&self) -> String {
        let mut page = self.names.join(", ") + "\n";
        for paragraph in text(self.schema.get("description")).lines() {
            page.push('\n');
            wrap(&mut page, paragraph, 2);
        }
        let arguments = arguments(self);
        if !arguments.is_empty() {
            page.push_str("\nArguments:\n");
        }
        for argument in &arguments {
            argument.write(&mut page);
        }
        if self.any_argument {
            page.push('\n');
            wrap(&mut page, "Takes any other argument too.", 2);
        }
        if !self.returns.is_empty() {
            page.push_str("\nReturns:\n");
        }
        for (name, meaning) in &self.returns {
            let _ = writeln!(page, "\n  {name}");
            wrap(&mut page, meaning, 6);
        }
        if !self.example.is_empty() {
            page.push_str("\nExample:\n\n");
        }
        for line in self.example.lines() {
            let _ = writeln!(page, "{}", format!("  {line}").trim_end());
        }
        page
    }
}

/// One argument as it is shown.
struct Argument<'a> {
    name: &'a str,
    aliases: Vec<&'a str>,
    required: bool,
    free_form: bool,
    kind: String,
    default: Option<String>,
    description: String,
}

impl Argument<'_> {
    fn write(&self, page: &mut String) {
        let mut facts = vec![self.kind.clone()];
        if self.required {
            facts.push("must be given".to_owned());
        }
        if let Some(default) = &self.default {
            facts.push(format!("default {default}"));
        }
        if !self.aliases.is_empty() {
            facts.push(format!("also {}", self.aliases.join(", ")));
        }
        if self.free_form {
            facts.push("also the text after the module's name".to_owned());
        }
        let _ = writeln!(page, "\n  {} ({})", self.name, facts.join("; "));
        for paragraph in self.description.lines() {
            wrap(page, paragraph, 6);
        }
    }
}

/// Returns the arguments, those that must be given first, in the order of the struct else.
fn arguments(entry: &Entry) -> Vec<Argument<'_>> {
    let Some(properties) = entry.schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let required = entry.schema.get("required").and_then(Value::as_array);
    let must = |name: &str| {
        required.is_some_and(|required| required.iter().any(|item| item.as_str() == Some(name)))
    };
    let aliases = |name: &str| {
        let of = entry
            .aliases
            .iter()
            .filter(|(_, argument)| *argument == name);
        of.map(|(alias, _)| alias.as_str()).collect()
    };
    let mut arguments: Vec<_> = properties
        .iter()
        .map(|(name, schema)| Argument {
            name,
            aliases: aliases(name),
            required: must(name),
            free_form: entry.free_form == Some(name.as_str()),
            kind: kind(schema, entry),
            default: schema.get("default").and_then(default),
            description: text(schema.get("description")),
        })
        .collect();
    arguments.sort_by_key(|argument| !argument.required);
    arguments
}

/// Returns the words for what an argument takes.
fn kind(schema: &Value, entry: &Entry) -> String {
    if let Some(choices) = choices(schema) {
        return format!("one of {}", choices.join(", "));
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        let definitions = entry.schema.get("$defs");
        return match definitions.and_then(|definitions| definitions.get(name)) {
            Some(schema) => kind(schema, entry),
            None => "any value".to_owned(),
        };
    }
    for several in ["anyOf", "allOf"] {
        let schemas = schema.get(several).and_then(Value::as_array);
        let first = schemas
            .into_iter()
            .flatten()
            .find(|schema| schema.get("type").and_then(Value::as_str) != Some("null"));
        if let Some(first) = first {
            return kind(first, entry);
        }
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    match types.into_iter().find(|name| *name != "null") {
        Some("string") => "text".to_owned(),
        Some("boolean") => "boolean".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("object") => "mapping".to_owned(),
        Some("array") => match schema.get("items") {
            Some(items) => format!("list of {}", kind(items, entry)),
            None => "list".to_owned(),
        },
        _ => "any value".to_owned(),
    }
}

fn choices(schema: &Value) -> Option<Vec<String>> {
    let constants = |schemas: &Vec<Value>| {
        let mut choices = Vec::new();
        for schema in schemas {
            match (schema.get("const"), schema.get("enum")) {
                (Some(Value::String(choice)), _) => choices.push(choice.clone()),
                (_, Some(Value::Array(several))) => {
                    choices.extend(
                        several
                            .iter()
                            .filter_map(|one| Some(one.as_str()?.to_owned())),
                    );
                }
                _ => return None,
            }
        }
        Some(choices)
    };
    if let Some(Value::Array(choices)) = schema.get("enum") {
        let names = choices.iter().filter_map(Value::as_str);
        return Some(names.map(str::to_owned).collect());
    }
    schema
        .get("oneOf")
        .and_then(Value::as_array)
        .and_then(constants)
}

/// Returns a default as it would be written; nothing where it only means that nothing is given.
fn default(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Returns a doc comment with each paragraph on one line.
fn text(value: Option<&Value>) -> String {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let words: Vec<_> = paragraph.split_whitespace().collect();
        words.join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// Adds a paragraph in lines of at most [`WIDTH`] columns, each after `indent` blanks.
fn wrap(page: &mut String, paragraph: &str, indent: usize) {
    let mut line = String::new();
    for word in paragraph.split(' ') {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(page, "{:indent$}{line}", "");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(page, "{:indent$}{line}", "");
}
