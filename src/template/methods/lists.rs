//! Python's methods of lists and tuples.

use crate::template::call::{Call, Callable, callable};
use crate::template::changeable::{List, not_in_itself};
use crate::template::compare::sort as sort_by;
use crate::value::Value;
use minijinja::Error;
use std::sync::Arc;

type Result = std::result::Result<Value, Error>;

/// All methods, sorted by name.
pub(super) const METHODS: &[Callable] = &[
    callable("append", "value item", append),
    callable("clear", "value", clear),
    callable("copy", "value", copy),
    callable("count", "value item", count),
    callable("extend", "value items", extend),
    callable("index", "value item start stop", index),
    callable("insert", "value index item", insert),
    callable("pop", "value index", pop),
    callable("remove", "value item", remove),
    callable("reverse", "value", reverse),
    callable("sort", "value reverse", sort),
];

fn none() -> Value {
    Value::from(())
}

fn list(call: &Call<'_, '_, '_>) -> std::result::Result<Arc<List>, Error> {
    let list = call.value()?.downcast_object::<List>();
    list.ok_or_else(|| call.wrong("only a list created by this template can be changed"))
}

/// Returns the position of an index in a list of a length; negative ones count from the end.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

fn append(call: &mut Call<'_, '_, '_>) -> Result {
    let item = call.required("item")?;
    not_in_itself(&call.value()?, &item)?;
    let list = list(call)?;
    let mut items = list.items();
    call.fits_items(items.len() + 1)?;
    items.push(item);
    drop(items);
    Ok(none())
}

fn extend(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.required("items")?;
    let items = call.items_of(&items)?;
    for item in &items {
        not_in_itself(&call.value()?, item)?;
    }
    let list = list(call)?;
    let mut all = list.items();
    call.fits_items(all.len() + items.len())?;
    all.extend(items);
    drop(all);
    Ok(none())
}

fn insert(call: &mut Call<'_, '_, '_>) -> Result {
    let item = call.required("item")?;
    not_in_itself(&call.value()?, &item)?;
    let index = call.integer("index")?.unwrap_or(0);
    let list = list(call)?;
    let mut items = list.items();
    let length = items.len();
    call.fits_items(length + 1)?;
    let at = place(index, length).unwrap_or(if index < 0 { 0 } else { length });
    items.insert(at, item);
    Ok(none())
}

fn pop(call: &mut Call<'_, '_, '_>) -> Result {
    let index = call.integer("index")?.unwrap_or(-1);
    let list = list(call)?;
    let mut items = list.items();
    match place(index, items.len()) {
        Some(at) => Ok(items.remove(at)),
        None => Err(call.wrong("pop index out of range")),
    }
}

fn remove(call: &mut Call<'_, '_, '_>) -> Result {
    let item = call.required("item")?;
    let list = list(call)?;
    let mut items = list.items();
    match items.iter().position(|other| *other == item) {
        Some(at) => {
            items.remove(at);
            Ok(none())
        }
        None => Err(call.wrong("the item is not in the list")),
    }
}

fn clear(call: &mut Call<'_, '_, '_>) -> Result {
    list(call)?.items().clear();
    Ok(none())
}

fn reverse(call: &mut Call<'_, '_, '_>) -> Result {
    list(call)?.items().reverse();
    Ok(none())
}

fn sort(call: &mut Call<'_, '_, '_>) -> Result {
    let list = list(call)?;
    let items = list.items().clone();
    let mut keyed: Vec<(Value, ())> = items.into_iter().map(|item| (item, ())).collect();
    sort_by(&mut keyed, call.flag("reverse", false)?)?;
    *list.items() = keyed.into_iter().map(|(item, ())| item).collect();
    Ok(none())
}

fn copy(call: &mut Call<'_, '_, '_>) -> Result {
    crate::template::changeable::changeable(call.items()?.into())
}

fn count(call: &mut Call<'_, '_, '_>) -> Result {
    let item = call.required("item")?;
    Ok(call
        .items()?
        .iter()
        .filter(|other| **other == item)
        .count()
        .into())
}

fn index(call: &mut Call<'_, '_, '_>) -> Result {
    let item = call.required("item")?;
    let items = call.items()?;
    let bound =
        |index: i64| place(index, items.len()).unwrap_or(if index < 0 { 0 } else { items.len() });
    let start = call.integer("start")?.map_or(0, bound);
    let stop = call.integer("stop")?.map_or(items.len(), bound);
    let mut found = items.iter().enumerate().take(stop).skip(start);
    found
        .find(|(_, other)| **other == item)
        .map(|(index, _)| index.into())
        .ok_or_else(|| call.wrong("the item is not in the list"))
}
