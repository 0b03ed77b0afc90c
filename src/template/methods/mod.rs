//! Python's methods of texts, lists and maps.

mod classes;
mod lists;
mod maps;
mod search;
mod strings;

use super::call::Methods;
use super::compare::is_list;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State};

/// The methods of all types.
pub(super) struct All {
    strings: Methods,
    lists: Methods,
    maps: Methods,
}

impl Default for All {
    fn default() -> Self {
        Self {
            strings: Methods::of(strings::METHODS),
            lists: Methods::of(lists::METHODS),
            maps: Methods::of(maps::METHODS),
        }
    }
}

impl All {
    /// Calls a method of a value.
    pub(super) fn call(
        &self,
        state: &mut State<'_, '_>,
        value: &Value,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let methods = match value.kind() {
            ValueKind::String => &self.strings,
            ValueKind::Map => &self.maps,
            _ if is_list(value) => &self.lists,
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        };
        methods
            .call(state, value, name, arguments)
            .unwrap_or_else(|| Err(Error::from(ErrorKind::UnknownMethod)))
    }
}
