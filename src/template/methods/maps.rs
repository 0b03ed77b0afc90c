//! Python's methods of maps.

use crate::template::call::{Call, Callable, callable};
use crate::template::changeable::{Map, changeable, not_in_itself};
use crate::template::filters::maps::{as_tuples, pairs};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::{Tuple, ValueKind};
use std::sync::Arc;

type Result = std::result::Result<Value, Error>;

/// All methods, sorted by name.
pub(super) const METHODS: &[Callable] = &[
    callable("clear", "value", clear),
    callable("copy", "value", copy),
    callable("get", "value key default", get),
    callable("items", "value", items),
    callable("keys", "value", keys),
    callable("pop", "value key default", pop),
    callable("popitem", "value", popitem),
    callable("setdefault", "value key default", setdefault),
    callable("update", "value other **", update),
    callable("values", "value", values),
];

fn none() -> Value {
    Value::from(())
}

fn map(call: &Call<'_, '_, '_>) -> std::result::Result<Arc<Map>, Error> {
    let map = call.value()?.downcast_object::<Map>();
    map.ok_or_else(|| call.wrong("only a map created by this template can be changed"))
}

fn get(call: &mut Call<'_, '_, '_>) -> Result {
    let found = call.value()?.get_item(&call.required("key")?)?;
    if found.is_undefined() {
        return Ok(call.get("default").unwrap_or_else(none));
    }
    text::check(&found)?;
    Ok(found)
}

fn keys(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.into())
}

fn values(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(pairs(&call.value()?)?
        .into_iter()
        .map(|(_, value)| value)
        .collect())
}

fn items(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(as_tuples(pairs(&call.value()?)?))
}

fn copy(call: &mut Call<'_, '_, '_>) -> Result {
    changeable(call.value()?)
}

fn update(call: &mut Call<'_, '_, '_>) -> Result {
    let map = map(call)?;
    let mut entries = match call.some("other") {
        Some(other) if other.kind() == ValueKind::Map => pairs(&other)?,
        Some(other) => {
            let pair = |pair: Value| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?));
            let pairs = call.items_of(&other)?.into_iter().map(pair);
            pairs.collect::<std::result::Result<_, Error>>()?
        }
        None => Vec::new(),
    };
    let named = call.more_named.iter().cloned();
    entries.extend(named.map(|(key, value)| (Value::from(key), value)));
    for (_, value) in &entries {
        not_in_itself(&call.value()?, value)?;
    }
    map.entries().extend(entries);
    Ok(none())
}

fn setdefault(call: &mut Call<'_, '_, '_>) -> Result {
    let default = call.get("default").unwrap_or_else(none);
    not_in_itself(&call.value()?, &default)?;
    let key = call.required("key")?;
    let map = map(call)?;
    let value = map.entries().entry(key).or_insert(default).clone();
    Ok(value)
}

fn pop(call: &mut Call<'_, '_, '_>) -> Result {
    let key = call.required("key")?;
    let removed = map(call)?.entries().shift_remove(&key);
    removed
        .or_else(|| call.get("default"))
        .ok_or_else(|| call.wrong(&format!("there is no key '{key}'")))
}

fn popitem(call: &mut Call<'_, '_, '_>) -> Result {
    let last = map(call)?.entries().pop();
    let (key, value) = last.ok_or_else(|| call.wrong("the map is empty"))?;
    Ok(Tuple::from(vec![key, value]).into())
}

fn clear(call: &mut Call<'_, '_, '_>) -> Result {
    map(call)?.entries().clear();
    Ok(none())
}
