//! Lists and maps that a template creates and may change with methods such as `append`.

use super::bounds;
use super::compare::is_list;
use super::filters::maps::pairs;
use super::level::Level;
use crate::value::Value;
use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A list that a template may change.
#[derive(Debug)]
pub(super) struct List(Mutex<Vec<Value>>);

/// A map that a template may change.
#[derive(Debug)]
pub(super) struct Map(Mutex<IndexMap<Value, Value>>);

/// The maximum number of values within one that a template creates. Parts may be shared, as in
/// `[x, x]`, so that a few steps create more of them than any loop over them ends.
const MOST_PARTS: usize = 1_000_000;

/// Returns a list or map as a mutable one; other values as they are.
pub(super) fn changeable(value: Value) -> Result<Value, Error> {
    check_size(&value)?;
    if value.kind() == ValueKind::Map {
        return Ok(Value::from_object(Map(Mutex::new(
            pairs(&value)?.into_iter().collect(),
        ))));
    }
    if is_list(&value) && !value.is_tuple() {
        return Ok(Value::from_object(List(Mutex::new(
            value.try_iter()?.collect(),
        ))));
    }
    Ok(value)
}

impl List {
    /// Returns the items for changing them.
    pub(super) fn items(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    /// Returns the entries for changing them.
    pub(super) fn entries(&self) -> MutexGuard<'_, IndexMap<Value, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a list or a map that a template creates for a namespace; fails if it is too deep or has
/// too many parts, so that a loop cannot make it grow endlessly.
pub(super) fn bounded(value: Value) -> Result<Value, Error> {
    check_size(&value)?;
    Ok(value)
}

fn check_size(value: &Value) -> Result<(), Error> {
    count(value, &mut 0)
}

fn count(value: &Value, parts: &mut usize) -> Result<(), Error> {
    bounds::tick()?;
    *parts += 1;
    if *parts > MOST_PARTS {
        let message = format!("the value has more than {MOST_PARTS} parts");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let is_map = value.kind() == ValueKind::Map;
    // Values created elsewhere, such as the variables of a host, are not searched: they are never
    // deeper.
    if !(is_map || is_list(value)) || (is_foreign(value) && address(value).is_none()) {
        return Ok(());
    }
    let _level = Level::enter()?;
    for item in value.try_iter()? {
        count(&if is_map { value.get_item(&item)? } else { item }, parts)?;
    }
    Ok(())
}

/// Returns whether a value is an object of this program, such as the variables of a host.
pub(super) fn is_foreign(value: &Value) -> bool {
    let object = value.as_object();
    object.is_some_and(|object| object.type_name().starts_with(env!("CARGO_PKG_NAME")))
}

/// Fails if `value` contains `container`, which would then contain itself.
pub(super) fn not_in_itself(container: &Value, value: &Value) -> Result<(), Error> {
    check_size(value)?;
    let place = address(container);
    if place.is_some() && holds(value, place) {
        let message = "a list or a map cannot contain itself";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(())
}

fn address(value: &Value) -> Option<*const ()> {
    let list = value
        .downcast_object_ref::<List>()
        .map(|list| std::ptr::from_ref(list).cast());
    list.or_else(|| {
        value
            .downcast_object_ref::<Map>()
            .map(|map| std::ptr::from_ref(map).cast())
    })
}

/// Searches only what can be changed: nothing else can contain it.
fn holds(value: &Value, place: Option<*const ()>) -> bool {
    if address(value) == place {
        return true;
    }
    let inner: Vec<Value> = if let Some(list) = value.downcast_object_ref::<List>() {
        list.items().clone()
    } else if let Some(map) = value.downcast_object_ref::<Map>() {
        map.entries().values().cloned().collect()
    } else if is_list(value) || value.kind() == ValueKind::Map {
        let items = value.try_iter().into_iter().flatten();
        if value.kind() == ValueKind::Map {
            items.filter_map(|key| value.get_item(&key).ok()).collect()
        } else {
            items.collect()
        }
    } else {
        return false;
    };
    inner.iter().any(|inner| holds(inner, place))
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.items().get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items().clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items().len())
    }
}

impl Object for Map {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.entries().get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries().keys().cloned().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.entries().len())
    }
}
