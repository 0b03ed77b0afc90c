//! How a function of a template accesses what is outside of its variables.

use super::engine::Engine;
use super::site::Site;
use crate::value::Value;
use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, State};
use std::sync::Arc;

/// The name it is stored under; no variable can have this name.
const NAME: &str = " reach";

/// The variables of a template, and what is outside of them.
#[derive(Clone)]
pub(super) struct Reach {
    /// The engine that renders the template.
    pub(super) engine: Engine,
    /// Where it searches for files.
    pub(super) site: Site,
    /// The variables.
    pub(super) context: Value,
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the variables")
    }
}

impl Reach {
    /// Returns the reach of the template that is being rendered.
    pub(super) fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        let found = state.lookup(NAME).and_then(|value| value.downcast_object());
        found.ok_or_else(|| {
            let message = "lookups cannot be used here";
            Error::new(ErrorKind::InvalidOperation, message)
        })
    }
}

impl Object for Reach {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if key.as_str() == Some(NAME) {
            return Some(Value::from_dyn_object(self.clone()));
        }
        self.context.as_object()?.get_value(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.context.as_object().map_or(
            Enumerator::NonEnumerable,
            minijinja::value::DynObject::enumerate,
        )
    }
}

/// Variables on top of others.
#[derive(Debug)]
pub(super) struct Overlay {
    /// Looked up first.
    pub(super) over: Value,
    /// Looked up for what is missing in `over`.
    pub(super) under: Value,
}

impl Object for Overlay {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let get = |value: &Value| value.as_object()?.get_value(key);
        get(&self.over).or_else(|| get(&self.under))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = [&self.over, &self.under]
            .into_iter()
            .filter_map(|value| value.try_iter().ok());
        Enumerator::Values(keys.flatten().collect())
    }
}
