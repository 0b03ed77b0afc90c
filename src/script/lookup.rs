//! A mapping whose entries are looked up one by one: variables, facts, other hosts' variables.

use super::Called;
use super::raised::Raised;
use super::value::to_dynamic;
use crate::source::did_you_mean;
use crate::value::Value;
use minijinja::value::ValueKind;
use rhai::{Array, Dynamic, Engine, ImmutableString, NativeCallContext, Position};

/// A mapping whose entries are looked up one by one: to make a map of all variables of a host, or
/// of all its facts, would cost a millisecond each time.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The mapping.
    pub value: Value,
    /// What an entry is called: `variable`, `fact`, `host`.
    pub what: &'static str,
    /// What an entry of an entry is called, where entries are looked into in the same way.
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
        engine.register_indexer_set(
            |lookup: &mut Lookup, name: ImmutableString, _: Dynamic| -> Called<()> {
                let message = format!("a {} cannot be set here", lookup.what);
                let help = format!("use set_fact(#{{{name}: …}})");
                Err(Raised::new(message).help(help).at(Position::NONE))
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
