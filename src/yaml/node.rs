//! YAML nodes and their places.

use crate::source::{Place, Problem, undecrypted};
use crate::value::{self, Value};
use crate::vault;
use minijinja::value::ValueKind;
use std::borrow::Cow;
use std::sync::Arc;

/// A YAML node and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The content.
    pub data: Data,
    /// The place in the file.
    pub place: Place,
}

/// The entries of a mapping in order; each key is a node too, usually a `Data::Text`.
pub type Map = Vec<(Node, Node)>;

/// What a YAML node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// An integer in any of YAML 1.1's notations.
    Integer(i64),
    /// A float.
    Float(f64),
    /// Any other scalar; may hold templates.
    Text(Arc<str>),
    /// A scalar tagged `!unsafe`: never a template.
    Unsafe(Arc<str>),
    /// A scalar tagged `!vault`: encrypted text.
    Vault(Arc<str>),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
    /// A value computed by a script: data, never a template. Undefined until the script runs.
    Computed(Value),
}

impl Data {
    /// Returns a mapping with these entries, or encrypted text for `{"__ansible_vault": TEXT}`, the
    /// form that Ansible writes in JSON, which has no tags.
    pub(super) fn of_entries(entries: Map) -> Self {
        if let [(key, value)] = entries.as_slice()
            && let Some(text) = value.as_text()
        {
            match key.as_text() {
                Some("__ansible_vault") => return Self::Vault(text.into()),
                Some("__ansible_unsafe") => return Self::Unsafe(text.into()),
                _ => {}
            }
        }
        Self::Map(entries)
    }
}

impl Node {
    /// Converts a script's value to a node: texts in it are data, never templates, and unknown
    /// values stay unknown.
    pub fn of(value: &Value, place: &Place) -> Self {
        let text = |text: &str| Self {
            data: Data::Unsafe(text.into()),
            place: place.clone(),
        };
        let data = match value.kind() {
            ValueKind::Undefined | ValueKind::None => Data::Null,
            ValueKind::Bool => Data::Bool(value.is_true()),
            ValueKind::Number => match value.as_i64() {
                Some(whole) if value.is_integer() => Data::Integer(whole),
                _ => Data::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
            },
            ValueKind::String => return text(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter().into_iter().flatten();
                Data::List(items.map(|item| Self::of(&item, place)).collect())
            }
            ValueKind::Map => {
                let fields = value::fields(value).unwrap_or_default();
                let entries = fields.iter();
                let entries = entries.map(|(name, item)| (text(name), Self::of(item, place)));
                Data::of_entries(entries.collect())
            }
            _ => Data::Computed(value.clone()),
        };
        Self {
            data,
            place: place.clone(),
        }
    }

    /// Returns the text of a text scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) | Data::Unsafe(text) => Some(text),
            Data::Computed(value) => value.as_str(),
            _ => None,
        }
    }

    /// Returns the items of a sequence.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Data::List(items) = &self.data {
            Some(items)
        } else {
            None
        }
    }

    /// Returns the entries of a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        if let Data::Map(entries) = &self.data {
            Some(entries)
        } else {
            None
        }
    }

    /// Returns the value of a mapping's key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Returns the key and the value of a mapping's entry.
    pub fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        self.as_map()?
            .iter()
            .find(|(name, _)| name.as_text() == Some(key))
    }

    /// Returns whether the node, or any part of it, may be a template or is only known when the
    /// task runs.
    pub fn has_template(&self) -> bool {
        match &self.data {
            Data::Text(text) => ["{{", "{%", "{#"].iter().any(|open| text.contains(open)),
            Data::List(items) => items.iter().any(Node::has_template),
            Data::Map(entries) => entries
                .iter()
                .any(|(key, value)| key.has_template() || value.has_template()),
            Data::Computed(_) => true,
            _ => false,
        }
    }

    /// Returns whether any part of the node is encrypted text.
    pub fn has_encrypted(&self) -> bool {
        match &self.data {
            Data::Vault(_) => true,
            Data::List(items) => items.iter().any(Node::has_encrypted),
            Data::Map(entries) => entries.iter().any(|(_, value)| value.has_encrypted()),
            _ => false,
        }
    }

    /// Returns the problem of the first encrypted text in the node that cannot be decrypted. `what`
    /// describes that text.
    pub fn undecrypted(&self, what: &str) -> Option<Problem> {
        match &self.data {
            Data::Vault(text) => {
                let error = vault::decrypt_text(text).err()?;
                Some(undecrypted(&self.place, what, &error))
            }
            Data::List(items) => items.iter().find_map(|item| item.undecrypted(what)),
            Data::Map(entries) => entries
                .iter()
                .find_map(|(_, value)| value.undecrypted(what)),
            _ => None,
        }
    }

    /// Returns the node with decrypted text instead of encrypted text. `what` describes it.
    pub fn decrypted(&self, what: &str) -> Result<Cow<'_, Node>, Problem> {
        let Data::Vault(text) = &self.data else {
            return Ok(Cow::Borrowed(self));
        };
        let opened = vault::decrypt_text(text);
        let opened = opened.map_err(|error| undecrypted(&self.place, what, &error))?;
        Ok(Cow::Owned(Node {
            data: Data::Unsafe(opened),
            place: self.place.clone(),
        }))
    }

    /// Keeps outputs from showing the texts in the node, if its file is encrypted.
    pub fn reveal(&self) {
        match &self.data {
            Data::Text(text) | Data::Unsafe(text) if self.place.file.is_secret => {
                vault::reveal(text);
            }
            Data::List(items) => items.iter().for_each(Node::reveal),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| value.reveal()),
            _ => {}
        }
    }

    /// Returns whether it is an integer in octal notation, such as `0644`.
    pub fn is_octal(&self) -> bool {
        let written = self.place.text().trim();
        matches!(self.data, Data::Integer(number)
            if written.starts_with('0') && i64::from_str_radix(written, 8) == Ok(number))
    }

    /// Returns the kind of node for messages: `a list`, `text`.
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Integer(_) | Data::Float(_) => "a number",
            Data::Text(_) | Data::Unsafe(_) => "text",
            Data::Vault(_) => "encrypted text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
            Data::Computed(_) => "a computed value",
        }
    }

    /// Returns the problem for a node that is not what was expected.
    pub fn unexpected(&self, what: &str, expected: &str) -> Problem {
        Problem::at(
            &self.place,
            format!("{what} must be {expected}, not {}", self.kind()),
        )
        .label(format!("expected {expected}"))
    }

    /// Returns the value of encrypted text; if it cannot be decrypted, using it fails.
    fn opened(ciphertext: &str, place: &Place) -> Value {
        let error = match vault::decrypt_text(ciphertext) {
            Ok(text) => return Value::from(text),
            Err(error) => error,
        };
        let problem = undecrypted(place, "this value", &error);
        let kind = minijinja::ErrorKind::InvalidOperation;
        minijinja::Error::new(kind, problem.message.clone())
            .with_source(problem)
            .into()
    }

    /// Converts the node to a value, with templates as plain text. Using encrypted text in it
    /// that cannot be decrypted fails.
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::from(()),
            Data::Bool(value) => Value::from(*value),
            Data::Integer(value) => Value::from(*value),
            Data::Float(value) => Value::from(*value),
            Data::Text(text) | Data::Unsafe(text) => Value::from(text.clone()),
            Data::Vault(text) => Self::opened(text, &self.place),
            Data::List(items) => items.iter().map(Node::to_value).collect(),
            Data::Map(entries) => Value::from_pairs(
                entries
                    .iter()
                    .map(|(key, value)| (key.to_value(), value.to_value())),
            ),
            Data::Computed(value) => value.clone(),
        }
    }
}
