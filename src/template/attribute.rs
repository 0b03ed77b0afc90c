//! The `attribute` arguments of filters: `"a.b.0"`, `"a,b"`, `0`.

use super::guarded::is_undefined;
use crate::value::Value;
use minijinja::Error;

/// Returns the value at a path of names and numbers; undefined if a step is missing.
pub(super) fn at(value: &Value, path: &Value) -> Result<Value, Error> {
    let Some(text) = path.as_str() else {
        return step(value, path);
    };
    let mut value = value.clone();
    for part in text.split('.') {
        let key = part
            .parse::<i64>()
            .map_or_else(|_| Value::from(part), Value::from);
        value = step(&value, &key)?;
    }
    Ok(value)
}

/// Returns the value at a path, or `default` if it is undefined and a default is given.
pub(super) fn at_or(value: &Value, path: &Value, default: Option<&Value>) -> Result<Value, Error> {
    let found = at(value, path)?;
    match default {
        Some(default) if is_undefined(&found)? => Ok(default.clone()),
        _ => Ok(found),
    }
}

/// Returns the values at several paths, separated by commas, for sorting by all of them.
pub(super) fn all(value: &Value, paths: &Value) -> Result<Vec<Value>, Error> {
    match paths.as_str() {
        Some(text) => text
            .split(',')
            .map(|path| at(value, &Value::from(path)))
            .collect(),
        None => Ok(vec![step(value, paths)?]),
    }
}

fn step(value: &Value, key: &Value) -> Result<Value, Error> {
    if is_undefined(value)? {
        return Ok(value.clone());
    }
    value.get_item(key)
}
