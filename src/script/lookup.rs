//! A mapping whose entries are looked up one by one: variables, facts, other hosts' variables.

use super::Called;
use super::raised::Raised;
use super::value::{to_dynamic, to_value};
use crate::source::did_you_mean;
use crate::value::Value;
use minijinja::value::ValueKind;
use rhai::{
    Array, Dynamic, Engine, FuncRegistration, ImmutableString, NativeCallContext, Position,
};

/// A mapping whose entries are looked up one by one: converting all variables or facts of a host to
/// a map would cost a millisecond each time.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The mapping.
    pub value: Value,
    /// The word for an entry: `variable`, `fact`, `host`.
    pub what: &'static str,
    /// The word for an entry of an entry, if entries are lookups too.
    pub inner: Option<&'static str>,
}

impl Lookup {
    fn get(&self, name: &str) -> Called<Option<Dynamic>> {
        let found = self.value.get_item(&Value::from(name)).unwrap_or_default();
        match (found.kind(), self.inner) {
            (ValueKind::Undefined, _) => Ok(None),
            (ValueKind::Map, Some(what)) => Ok(Some(Dynamic::from(Lookup {
                value: found,
                what,
                inner: None,
            }))),
            _ => to_dynamic(&found).map(Some),
        }
    }

    fn needed(&self, context: &NativeCallContext, name: &str) -> Called<Dynamic> {
        let position = context.call_position();
        let found = self.get(name).map_err(|mut error| {
            error.set_position(position);
            error
        })?;
        found.ok_or_else(|| {
            let names = self.names();
            let near = did_you_mean(name, names.iter().map(String::as_str));
            Raised::new(format!("there is no {} \"{name}\"", self.what))
                .help(near)
                .at(position)
        })
    }

    /// Rejects everything but the entry's unchanged value.
    fn written_back(&self, name: &str, value: &Dynamic) -> Called<()> {
        let found = self.value.get_item(&Value::from(name)).unwrap_or_default();
        if value.is::<Lookup>() || to_value(value).is_ok_and(|value| value == found) {
            return Ok(());
        }
        let message = format!("a {} cannot be set here", self.what);
        let help = format!("use set_fact(#{{{name}: …}})");
        Err(Raised::new(message).help(help).at(Position::NONE))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let keys = self.value.try_iter().into_iter().flatten();
        keys.map(|key| key.to_string()).collect()
    }

    pub(super) fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Lookup>("lookup");
        engine.register_indexer_get(
            |context: NativeCallContext, lookup: &mut Lookup, name: ImmutableString| {
                lookup.needed(&context, &name)
            },
        );
        // Rhai writes an entry back after every method call on it, even if it did not change:
        // `vars.hosts.map(|host| …)` must work although `vars` is constant, so this is pure.
        FuncRegistration::new_index_setter()
            .with_purity(true)
            .register_into_engine(
                engine,
                |lookup: &mut Lookup, name: ImmutableString, value: Dynamic| {
                    lookup.written_back(&name, &value)
                },
            );
        engine.register_fn("contains", |lookup: &mut Lookup, name: &str| {
            lookup.get(name).map(|found| found.is_some())
        });
        engine.register_fn("get", |lookup: &mut Lookup, name: &str, other: Dynamic| {
            lookup.get(name).map(|found| found.unwrap_or(other))
        });
        engine.register_fn("keys", |lookup: &mut Lookup| -> Array {
            lookup.names().into_iter().map(Dynamic::from).collect()
        });
    }
}
