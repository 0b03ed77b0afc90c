//! Variables that come from one place.

use crate::value::{Fields, Value};
use crate::yaml::{Map, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// What a variable holds.
#[derive(Debug, Clone)]
pub enum Variable {
    /// What the user wrote: may hold templates, which are rendered when the variable is used.
    Template(Node),
    /// A final value, such as what came from a host: never rendered.
    Data(Value),
}

/// Variables that come from one place.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The place, for people: `group_vars/web.yml`, `role defaults of rocketmq`.
    pub origin: String,
    /// The variables.
    pub variables: IndexMap<Arc<str>, Variable>,
}

impl Layer {
    /// Returns a layer of what the user wrote.
    pub fn written(origin: impl Into<String>, entries: &Map) -> Arc<Self> {
        let variables = entries.iter().filter_map(|(key, value)| {
            Some((key.as_text()?.into(), Variable::Template(value.clone())))
        });
        Arc::new(Self {
            origin: origin.into(),
            variables: variables.collect(),
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
        })
    }
}
