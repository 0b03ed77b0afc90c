//! How long a template may compute, and how much it may create.
//!
//! minijinja's fuel ends every template eventually, but has no clock. So everything a template
//! calls (filters, tests, functions, methods, operators), each item of a loop and each output value
//! checks here whether the task's time is over or the run was cancelled.

use super::compare::is_list;
use super::site::Site;
use crate::host::{Limits, Reached};
use crate::value::Value;
use minijinja::{Error, ErrorKind};
use std::time::Instant;

/// Steps that one template may take; one step is an instruction, an item or 64 bytes of output. It
/// ends infinite loops, and keeps everything a template creates under 1.3 GB.
pub(super) const FUEL: u64 = 20_000_000;

/// The maximum size in bytes of a text, or of the references of a list, that a template builds from
/// smaller ones.
const LONGEST: usize = 64 << 20;

/// The maximum size in bytes of a text parsed as YAML or JSON: each byte may become a value of a
/// hundred bytes.
const LARGEST_READ: usize = 16 << 20;

/// The size in bytes of a text that is parsed in an instant.
const READ_AT_ONCE: usize = 64 << 10;

/// Loops over lists of up to this many items are not watched: loops inside of them are.
const SHORT: usize = 100;

/// Fails with a reason if a result of this many bytes is too long.
pub(super) fn fits(bytes: usize) -> Result<(), String> {
    if bytes > LONGEST {
        return Err(format!("the result has more than {LONGEST} bytes"));
    }
    Ok(())
}

/// Fails with a reason if a list of this many items is too long.
pub(super) fn fits_items(items: usize) -> Result<(), String> {
    fits(items.saturating_mul(size_of::<Value>()))
}

/// Runs `work`, which renders something: within a task it has the time of the task, otherwise that
/// of the site.
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

/// Fails if the time is over or the run was cancelled.
pub(super) fn look() -> Result<(), Error> {
    Limits::look().map_err(reached)
}

/// The same, for each step of a loop with short steps.
pub(super) fn tick() -> Result<(), Error> {
    Limits::tick().map_err(reached)
}

/// Returns the error for a reached limit.
pub(super) fn reached(limit: Reached) -> Error {
    Error::new(ErrorKind::InvalidOperation, limit.to_string()).with_source(limit)
}

/// Returns the items of a loop: a long list becomes one that checks the clock at its items.
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

/// Returns the sum or product of an operator. minijinja adds lists by reference, which may be of
/// any length and depth: those become plain lists.
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

/// Fails if the text joined from two others would be too long.
pub(super) fn joined(left: String, right: &str) -> Result<String, Error> {
    tick()?;
    fits(left.len().saturating_add(right.len())).map_err(failed)?;
    Ok(left + right)
}

/// Lets `work` parse a text. A parser has no clock: a long text is parsed on a thread of its own,
/// which is abandoned when the time is over; the size limit bounds what it may still create.
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
