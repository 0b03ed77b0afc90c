//! The functions `cycler` and `joiner`: values that change with each use.

use super::call::Call;
use crate::value::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Values that repeat in order.
#[derive(Debug)]
struct Cycler {
    values: Vec<Value>,
    position: AtomicUsize,
}

/// Nothing at the first use, a text afterwards.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: AtomicBool,
}

/// `cycler`: an object with `next()`, `current` and `reset()`.
pub(super) fn cycler(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.more.is_empty() {
        return Err(call.wrong("at least one item has to be provided"));
    }
    Ok(Value::from_object(Cycler {
        values: call.more.clone(),
        position: AtomicUsize::new(0),
    }))
}

/// `joiner`: a function that returns a separator at each call except the first.
pub(super) fn joiner(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    Ok(Value::from_object(Joiner {
        separator: call.get("sep").unwrap_or_else(|| Value::from(", ")),
        used: AtomicBool::new(false),
    }))
}

impl Cycler {
    fn at(&self, position: usize) -> Value {
        let index = position.checked_rem(self.values.len());
        index
            .and_then(|index| self.values.get(index))
            .cloned()
            .unwrap_or_default()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("current")).then(|| self.at(self.position.load(Ordering::Relaxed)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "next" => Ok(self.at(self.position.fetch_add(1, Ordering::Relaxed))),
            "reset" => {
                self.position.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(if self.used.swap(true, Ordering::Relaxed) {
            self.separator.clone()
        } else {
            Value::from("")
        })
    }
}
