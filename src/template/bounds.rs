//! How long a template may compute, and how much it may make.
//!
//! minijinja's fuel ends every template by itself. It knows no clock, so whatever a template calls
//! (filters, tests, functions, methods, operators), each item of a loop and each value put out
//! looks here whether the task's time is over or the run was called off.

use super::compare::is_list;
use super::site::Site;
use crate::host::{Limits, Reached};
use crate::value::Value;
use minijinja::{Error, ErrorKind};
use std::time::Instant;

/// Steps that one template may take; one is an instruction, an item or 64 bytes that it makes. It
/// ends loops that do not end, and keeps all that a template makes under 1.3 GB.
pub(super) const FUEL: u64 = 20_000_000;

/// Bytes of a text, or of the references of a list, that a template makes of smaller ones.
const LONGEST: usize = 64 << 20;

/// Bytes of a text that is read as YAML or JSON: each may become a value of a hundred bytes.
const LARGEST_READ: usize = 16 << 20;

/// Bytes of a text that are read in a moment.
const READ_AT_ONCE: usize = 64 << 10;

/// Items of a list of which a loop over it is not watched: the loop within it is.
const SHORT: usize = 100;

/// Fails, with the reason, for a result of so many bytes that is too long.
pub(super) fn fits(bytes: usize) -> Result<(), String> {
    if bytes > LONGEST {
        return Err(format!("the result has more than {LONGEST} bytes"));
    }
    Ok(())
}

/// Fails, with the reason, for a list of so many items that is too long.
pub(super) fn fits_items(items: usize) -> Result<(), String> {
    fits(items.saturating_mul(size_of::<Value>()))
}

/// Does `work`, which renders something: within a task it has the task's time, else the time that
/// the site gives.
pub(super) fn within<T>(site: &Site, work: impl FnOnce() -> T) -> T {
    if Limits::held().is_some() {
        return work();
    }
    let limits = Limits {
        deadline: site.programs.timeout.map(|time| Instant::now() + time),
        cancel: site.programs.cancel.clone(),
    };
    limits.hold(work)
}

/// Fails if the time is over or the run was called off.
pub(super) fn look() -> Result<(), Error> {
    Limits::look().map_err(reached)
}

/// The same, for each step of a loop whose steps are short.
pub(super) fn tick() -> Result<(), Error> {
    Limits::tick().map_err(reached)
}

/// Returns the error that a limit was reached.
pub(super) fn reached(limit: Reached) -> Error {
    Error::new(ErrorKind::InvalidOperation, limit.to_string()).with_source(limit)
}

/// Returns what a loop goes through: a long list as one that looks at the clock for its items.
pub(super) fn watched(value: Value) -> Result<Value, Error> {
    look()?;
    if !is_list(&value) || value.len().is_some_and(|length| length <= SHORT) {
        return Ok(value);
    }
    Ok(Value::make_object_iterable(value, |list| {
        let items = list.try_iter().into_iter().flatten();
        Box::new(items.map(|item| match tick() {
            Ok(()) => item,
            Err(error) => error.into(),
        }))
    }))
}

/// Returns the sum or product that an operator made. minijinja adds lists by reference, which may
/// be of any length and any depth: those become lists of their own.
pub(super) fn whole(value: Value) -> Result<Value, Error> {
    tick()?;
    if let Some(made) = value.as_str() {
        fits(made.len()).map_err(failed)?;
        return Ok(value);
    }
    if !is_list(&value) || value.is_tuple() {
        return Ok(value);
    }
    fits_items(value.len().unwrap_or(0)).map_err(failed)?;
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        tick()?;
        fits_items(items.len()).map_err(failed)?;
        items.push(item?);
    }
    Ok(items.into())
}

/// Fails if a text that two others make would be too long.
pub(super) fn joined(left: String, right: &str) -> Result<String, Error> {
    tick()?;
    fits(left.len().saturating_add(right.len())).map_err(failed)?;
    Ok(left + right)
}

/// Has `work` read a text. A reader knows no clock: for a long text it runs on a thread of its own,
/// which is left when the time is over, and what it could make of one that is too long is bounded.
pub(super) fn read<T: Send + 'static>(
    text: String,
    work: impl FnOnce(String) -> T + Send + 'static,
) -> Result<T, Error> {
    if text.len() > LARGEST_READ {
        let message = format!("the text has more than {LARGEST_READ} bytes");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    match Limits::held() {
        Some(limits) if text.len() > READ_AT_ONCE => {
            let read = limits.aside(move || work(text));
            read.map_err(|error| look().err().unwrap_or_else(|| failed(error.to_string())))
        }
        _ => Ok(work(text)),
    }
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
