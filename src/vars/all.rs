//! All variables of a host as one value: `hostvars[host]` and `vars`.
//!
//! Such a value creates its entries on access. None of its entries is or contains such a value, so
//! none can contain itself, and walking through one always ends.

use super::Scope;
use crate::source::{Problem, Problems};
use crate::template::TemplateError;
use crate::value::{self, MAX_DEPTH, Value};
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind};
use std::fmt;
use std::sync::Arc;

/// The names of variables that contain all variables.
const HOLD_ALL: [&str; 2] = ["hostvars", "vars"];

/// All variables of a scope except those that contain all variables themselves.
pub struct AllVariables(Arc<Scope>);

/// The hosts of a run, for `hostvars`.
pub trait Hosts: Send + Sync {
    /// Returns the names of all hosts.
    fn names(&self) -> Vec<Arc<str>>;
    /// Returns the variables of a host, if it exists.
    fn scope(&self, name: &str) -> Option<Result<Arc<Scope>, Problems>>;
}

/// `hostvars`: the variables of every host by its name.
pub struct HostVars(Box<dyn Hosts>);

impl AllVariables {
    /// Returns them as a value.
    pub fn of(scope: Arc<Scope>) -> Value {
        Value::from_object(Self(scope))
    }
}

impl HostVars {
    /// Returns the variables of these hosts as a value.
    pub fn of(hosts: impl Hosts + 'static) -> Value {
        Value::from_object(Self(Box::new(hosts)))
    }
}

impl fmt::Debug for AllVariables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("all variables")
    }
}

impl fmt::Debug for HostVars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("hostvars")
    }
}

impl Object for AllVariables {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str().filter(|name| !HOLD_ALL.contains(name))?;
        let value = self.0.get(name)?;
        if !holds_all(&value) {
            return Some(value);
        }
        let message = format!("the variable \"{name}\" contains all variables, including itself");
        let problem = match self.0.place(name) {
            Some(node) => Problem::at(&node.place, message),
            None => Problem::new(message),
        };
        Some(TemplateError::of(problem).into_value())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.names().into_iter();
        let names = names.filter(|name| !HOLD_ALL.contains(&&**name));
        Enumerator::Values(names.map(Value::from).collect())
    }
}

impl Object for HostVars {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.0.scope(key.as_str()?)? {
            Ok(scope) => Some(AllVariables::of(scope)),
            Err(problems) => {
                let kind = ErrorKind::InvalidOperation;
                Some(Error::new(kind, problems.to_string()).into())
            }
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.names().into_iter().map(Value::from).collect())
    }
}

/// Returns whether a value is or contains all variables of a host.
pub(super) fn holds_all(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Map if is_all(value) => true,
        ValueKind::Map => entries(value).any(|(_, item)| holds_all(&item)),
        ValueKind::Seq => items(value).any(|item| holds_all(&item)),
        _ => false,
    }
}

fn is_all(value: &Value) -> bool {
    value.downcast_object_ref::<AllVariables>().is_some()
        || value.downcast_object_ref::<HostVars>().is_some()
}

/// Returns the value in the form that arguments, results, facts and events can store: with the
/// current variables of hosts. Fails if it is nested more than [`MAX_DEPTH`] levels deep, or if any
/// part is an error, unless `errors` are allowed. Unknown values of check mode are always kept.
pub(super) fn kept(value: Value, errors: bool) -> Result<Value, Error> {
    let changed = changed(&value, MAX_DEPTH, errors)?;
    Ok(changed.unwrap_or(value))
}

/// Returns the replacement of the value, unless it stays unchanged.
fn changed(value: &Value, depth: usize, errors: bool) -> Result<Option<Value>, Error> {
    let is_map = match value.kind() {
        ValueKind::Map => true,
        ValueKind::Seq => false,
        ValueKind::Invalid if !errors && value::unknown_in(value).is_none() => {
            return value::error_of(value).map_or(Ok(None), Err);
        }
        _ => return Ok(None),
    };
    let Some(inner) = depth.checked_sub(1) else {
        return Err(Error::new(ErrorKind::InvalidOperation, value::too_deep()));
    };
    let mut any = is_all(value);
    let mut take = |item: Value| -> Result<Value, Error> {
        let changed = changed(&item, inner, errors)?;
        any |= changed.is_some();
        Ok(changed.unwrap_or(item))
    };
    let made: Value = if is_map {
        let taken = entries(value).map(|(key, item)| Ok((key, take(item)?)));
        Value::from_pairs(taken.collect::<Result<Vec<_>, Error>>()?)
    } else {
        let taken: Result<Vec<_>, Error> = items(value).map(take).collect();
        Value::from(taken?)
    };
    Ok(any.then_some(made))
}

fn items(value: &Value) -> impl Iterator<Item = Value> {
    value.try_iter().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (Value, Value)> {
    items(value).map(|key| {
        let item = value.get_item(&key).unwrap_or_else(Value::from);
        (key, item)
    })
}
