//! The kinds of values that keywords take.

use crate::source::Problem;
use crate::value;
use crate::yaml::{Data, Node};
use Kind::{
    Any, Arguments, Boolean, Conditions, Environment, Items, List, Mapping, Mappings, Number,
    Percent, Text, Texts, Whole,
};
use std::borrow::Cow;

/// The kind of value that a keyword takes; a template can replace any kind except lists of tasks
/// and mappings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any value; its reader checks it.
    Any,
    /// A scalar.
    Text,
    /// A boolean, or text that Ansible accepts as one (`"yes"`, `"1"`).
    Boolean,
    /// A whole number, or text that is one.
    Whole,
    /// A number, or text that is one.
    Number,
    /// A number with or without `%`.
    Percent,
    /// Text, or a list of texts.
    Texts,
    /// An expression, or a list of expressions that must all be true.
    Conditions,
    /// A mapping, or a template that evaluates to one.
    Arguments,
    /// A mapping.
    Mapping,
    /// A mapping, or a list of mappings.
    Mappings,
    /// A mapping, a template that evaluates to one, or a list of these.
    Environment,
    /// A list of tasks.
    Items,
    /// A list.
    List,
}

impl Kind {
    /// Returns what is expected, for messages: `a boolean`.
    pub fn expected(self) -> &'static str {
        match self {
            Any => "a value",
            Text => "text",
            Boolean => "a boolean",
            Whole => "a whole number",
            Number => "a number",
            Percent => "a percentage",
            Texts => "text or a list of texts",
            Conditions => "an expression or a list of expressions",
            Mapping | Arguments => "a mapping",
            Mappings => "a mapping or a list of mappings",
            Environment => "a mapping or a template that gives one",
            Items => "a list of tasks",
            List => "a list",
        }
    }

    /// Returns whether a value of this kind is used as a whole, whatever happens to the task.
    fn needs_all(self) -> bool {
        matches!(
            self,
            Text | Boolean | Whole | Number | Percent | Texts | Conditions
        )
    }

    /// Returns the problem if `value`, given to `keyword`, is of a different kind.
    ///
    /// Null is valid for every kind that can be empty: lists, mappings and conditions.
    pub fn check(self, keyword: &str, value: &Node) -> Option<Problem> {
        // Computed values of a script are checked when it runs.
        if matches!(value.data, Data::Computed(_)) {
            return None;
        }
        if self.needs_all() && value.has_encrypted() {
            let what = format!("this value of {keyword}");
            return match value.decrypted(&what) {
                Err(problem) => Some(problem),
                Ok(Cow::Owned(opened)) => self.check(keyword, &opened),
                Ok(Cow::Borrowed(_)) => value.undecrypted(&what),
            };
        }
        let template = value.as_text().is_some() && value.has_template();
        let fits = match self {
            Any => true,
            // A name may be empty.
            Text => template || is_scalar(value) || (keyword == "name" && is_empty(value)),
            Boolean => template || boolean(value).is_some(),
            Whole => template || whole(value).is_some(),
            Number => template || number(value).is_some(),
            Percent => template || percent(value).is_some(),
            Texts | Conditions => {
                is_empty(value)
                    || is_scalar(value)
                    || value
                        .as_list()
                        .is_some_and(|items| items.iter().all(is_scalar))
            }
            Arguments => template || is_empty(value) || value.as_map().is_some(),
            Mapping => is_empty(value) || value.as_map().is_some(),
            Mappings => is_empty(value) || all(value, |item| item.as_map().is_some()),
            Environment => {
                let one = |item: &Node| {
                    item.as_map().is_some() || item.as_text().is_some_and(|_| item.has_template())
                };
                is_empty(value) || all(value, one)
            }
            Items | List => is_empty(value) || value.as_list().is_some(),
        };
        if fits {
            return None;
        }
        // The invalid item is a better place than the whole list.
        let wrong = match (self, value.as_list()) {
            (Texts | Conditions, Some(items)) => items.iter().find(|item| !is_scalar(item)),
            (Mappings, Some(items)) => items.iter().find(|item| item.as_map().is_none()),
            _ => None,
        };
        let what = if wrong.is_some() { "an item of " } else { "" };
        let expected = match (self, wrong) {
            (Mappings, Some(_)) => "a mapping",
            (_, Some(_)) => "text",
            _ => self.expected(),
        };
        let wrong = wrong.unwrap_or(value);
        if let (Boolean, Data::Text(text)) = (self, &wrong.data) {
            let message = format!("{keyword} must be a boolean, not \"{text}\"");
            return Some(Problem::at(&wrong.place, message).label("expected a boolean"));
        }
        Some(wrong.unexpected(&format!("{what}{keyword}"), expected))
    }
}

fn is_empty(value: &Node) -> bool {
    matches!(value.data, Data::Null)
}

fn is_scalar(value: &Node) -> bool {
    !matches!(value.data, Data::Null | Data::List(_) | Data::Map(_))
}

/// Whether `fits` is true for the value, or for every item if it is a list.
fn all(value: &Node, fits: impl Fn(&Node) -> bool) -> bool {
    match value.as_list() {
        Some(items) => items.iter().all(fits),
        None => fits(value),
    }
}

/// Returns the value as a boolean, or `None` for a template.
pub fn boolean(value: &Node) -> Option<bool> {
    value::boolean(&value.to_value())
}

fn whole(value: &Node) -> Option<i64> {
    match &value.data {
        Data::Integer(number) => Some(*number),
        Data::Text(text) | Data::Unsafe(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Node) -> Option<f64> {
    match &value.data {
        Data::Float(number) => Some(*number),
        Data::Text(text) | Data::Unsafe(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_precision_loss, reason = "only its being a number counts")]
        Data::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

fn percent(value: &Node) -> Option<f64> {
    match value.as_text() {
        Some(text) => text.trim().trim_end_matches('%').trim().parse().ok(),
        None => number(value),
    }
}
