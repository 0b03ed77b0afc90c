//! The documentation of a module, from its argument struct.

use super::Entry;
use serde_json::Value;
use std::fmt::Write;

impl Entry {
    /// Returns what the module does, in one line.
    pub fn summary(&self) -> String {
        let text = described(self.schema.as_value());
        let first = text.split("\n\n").next().unwrap_or_default();
        first.replace('\n', " ")
    }

    /// Returns the page that shows how the module is used.
    pub fn page(&self) -> String {
        let schema = self.schema.as_value();
        let mut page = format!("{}\n\n{}\n", self.names.join(", "), described(schema));
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let arguments = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        if !arguments.is_empty() {
            page.push_str("\nArguments:\n");
        }
        for (name, argument) in &arguments {
            let needed = required.iter().any(|required| required == name);
            self.argument(&mut page, name, argument, needed);
        }
        if !self.returns.is_empty() {
            page.push_str("\nReturns:\n");
        }
        for (name, meaning) in self.returns {
            let _ = writeln!(page, "  {name}\n      {meaning}");
        }
        let _ = write!(page, "\nExample:\n{}", indented(self.example, "  "));
        page
    }

    fn argument(&self, page: &mut String, name: &str, argument: &Value, needed: bool) {
        let aliases: Vec<_> = self
            .aliases
            .iter()
            .filter(|(_, own)| *own == name)
            .collect();
        let _ = write!(page, "  {name}");
        if let Some(kind) = kind(argument) {
            let _ = write!(page, " ({kind})");
        }
        if needed {
            page.push_str(", required");
        }
        match &argument["default"] {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            default => {
                let _ = write!(page, ", default {default}");
            }
        }
        if !aliases.is_empty() {
            let names: Vec<_> = aliases.iter().map(|(alias, _)| *alias).collect();
            let _ = write!(page, ", also {}", names.join(", "));
        }
        page.push('\n');
        page.push_str(&indented(&described(argument), "      "));
    }
}

fn described(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn kind(argument: &Value) -> Option<String> {
    match &argument["type"] {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => {
            let named = kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null");
            Some(named.collect::<Vec<_>>().join(" or "))
        }
        _ => None,
    }
}

fn indented(text: &str, by: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("{by}{line}\n")
        }
    });
    lines.collect()
}
