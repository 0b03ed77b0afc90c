//! Variables with the same origin.

use crate::value::{Fields, NotKnown, Value};
use crate::yaml::{Map, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// The value of a variable.
#[derive(Debug, Clone)]
pub enum Variable {
    /// What the user wrote: may contain templates, which are rendered on use.
    Template(Node),
    /// A final value, such as one from a host: never rendered.
    Data(Value),
}

/// Variables with the same origin.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The origin, for people: `group_vars/web.yml`, `role defaults of rocketmq`.
    pub origin: String,
    /// The variables.
    pub variables: IndexMap<Arc<str>, Variable>,
    /// Why any other variable may have a value here, in check mode.
    pub any_other: Option<NotKnown>,
}

impl Layer {
    /// Returns a layer of values written by the user.
    pub fn written(origin: impl Into<String>, entries: &Map) -> Arc<Self> {
        let variables = entries.iter().filter_map(|(key, value)| {
            Some((key.as_text()?.into(), Variable::Template(value.clone())))
        });
        Arc::new(Self {
            origin: origin.into(),
            variables: variables.collect(),
            any_other: None,
        })
    }

    /// Returns the layer of a file that check mode does not know: it may give any variable a value.
    pub fn unknown(origin: impl Into<String>, reason: NotKnown) -> Arc<Self> {
        Arc::new(Self {
            origin: origin.into(),
            variables: IndexMap::new(),
            any_other: Some(reason),
        })
    }

    /// Returns a layer of final values.
    pub fn data(origin: impl Into<String>, fields: Fields) -> Arc<Self> {
        let variables = fields
            .into_iter()
            .map(|(name, value)| (name.into(), Variable::Data(value)));
        Arc::new(Self {
            origin: origin.into(),
            variables: variables.collect(),
            any_other: None,
        })
    }
}
