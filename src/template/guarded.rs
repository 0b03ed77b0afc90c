//! The steps of an expression that may fail because `default` or `is defined` follows: each passes
//! on undefined and failed values.

use super::bounds;
use super::call::Callable;
use super::changeable::{bounded, changeable};
use super::{operators, text};
use crate::value::{NotKnown, Value};
use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};

/// Adds the guarded steps to an environment that has these filters.
pub(super) fn add(environment: &mut Environment<'static>, filters: &'static [Callable]) {
    environment.add_function("guarded_name", |state: &mut State<'_, '_>, name: &str| {
        state.lookup(name).unwrap_or_default()
    });
    environment.add_function("guarded_call", call);
    environment.add_filter("guarded.attribute", |value: Value, name: &str| {
        step(&value, |value| value.get_attr(name))
    });
    environment.add_filter("guarded.item", |value: Value, key: Value| {
        step(&value, |value| value.get_item(&key))
    });
    environment.add_filter("guarded.method", method);
    environment.add_filter("guarded.modulo", operators::modulo);
    environment.add_filter("guarded.minus", operators::minus);
    environment.add_filter("guarded.concatenate", operators::concatenate);
    environment.add_filter("guarded.less", operators::less);
    environment.add_filter("guarded.not_greater", operators::not_greater);
    environment.add_filter("guarded.greater", operators::greater);
    environment.add_filter("guarded.not_less", operators::not_less);
    environment.add_filter("guarded.within", operators::within);
    environment.add_filter("guarded.not_within", operators::not_within);
    environment.add_filter("guarded.changeable", changeable);
    environment.add_filter("guarded.bounded", bounded);
    environment.add_filter("guarded.watched", bounds::watched);
    environment.add_filter("guarded.whole", bounds::whole);
    for filter in filters {
        for prefix in ["", "ansible.builtin."] {
            environment.add_filter(
                format!("guarded.{prefix}{}", filter.name),
                |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| {
                    let values = values.into_values();
                    match values.first() {
                        Some(value) if handed_on(value) => value.clone(),
                        _ => state
                            .apply_filter(filter.name, &values)
                            .unwrap_or_else(Value::from),
                    }
                },
            );
        }
    }
}

/// Returns whether a step passes the value on unchanged.
pub(super) fn handed_on(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Undefined | ValueKind::Invalid)
}

/// Returns whether the value is missing; a value unknown in check mode may still exist.
pub(super) fn is_missing(value: &Value) -> Result<bool, Error> {
    match not_known(value) {
        Some(reason) if !reason.may_be_missing => Ok(false),
        _ => is_undefined(value),
    }
}

fn not_known(value: &Value) -> Option<NotKnown> {
    if value.kind() != ValueKind::Invalid {
        return None;
    }
    NotKnown::cause_of(&text::failure(value)).cloned()
}

/// Returns the value passed on by a step into it: a part of an unknown value may be missing.
fn within(value: &Value) -> Value {
    not_known(value).map_or_else(|| value.clone(), |reason| reason.perhaps_missing().value())
}

/// Returns whether a guarded value counts as undefined; fails if it failed for another reason, such
/// as being unknown in check mode.
pub(super) fn is_undefined(value: &Value) -> Result<bool, Error> {
    match value.kind() {
        ValueKind::Undefined => Ok(true),
        ValueKind::Invalid => {
            let error = text::failure(value);
            if error.kind() == ErrorKind::UndefinedError {
                Ok(true)
            } else {
                Err(error)
            }
        }
        _ => Ok(false),
    }
}

fn step(value: &Value, get: impl Fn(&Value) -> Result<Value, Error>) -> Value {
    if handed_on(value) {
        within(value)
    } else {
        get(value).unwrap_or_else(Value::from)
    }
}

fn call(state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>) -> Value {
    let values = values.into_values();
    let Some((name, arguments)) = values.split_first() else {
        return Value::UNDEFINED;
    };
    let function = state.lookup(name.as_str().unwrap_or_default());
    match function {
        None => Value::UNDEFINED,
        Some(function) if handed_on(&function) => function,
        Some(function) => function.call(state, arguments).unwrap_or_else(Value::from),
    }
}

fn method(state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>) -> Value {
    let values = values.into_values();
    match values.as_slice() {
        [value, name, arguments @ ..] if !handed_on(value) => value
            .call_method(state, name.as_str().unwrap_or_default(), arguments)
            .unwrap_or_else(Value::from),
        [value, ..] => within(value),
        [] => Value::UNDEFINED,
    }
}
