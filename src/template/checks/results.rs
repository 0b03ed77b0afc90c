//! Tests for the results of tasks.

use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

type Result = std::result::Result<Value, Error>;

/// Returns a key of the result after checking that it is known; `None` if it is missing.
fn key(
    call: &Call<'_, '_, '_>,
    name: &str,
    key: &str,
) -> std::result::Result<Option<Value>, Error> {
    let result = call.value()?;
    if result.kind() != ValueKind::Map {
        return Err(call.wrong(&format!("The '{name}' test expects a dictionary")));
    }
    let value = result.get_attr(key)?;
    if value.is_undefined() {
        return Ok(None);
    }
    text::check(&value)?;
    Ok(Some(value))
}

fn truth(call: &Call<'_, '_, '_>, name: &str, wanted: &str) -> std::result::Result<bool, Error> {
    Ok(key(call, name, wanted)?.is_some_and(|value| value.is_true()))
}

/// `failed`: whether the task failed.
pub(super) fn failed(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(truth(call, "failed", "failed")?.into())
}

/// `succeeded`: whether the task did not fail.
pub(super) fn succeeded(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((!truth(call, "failed", "failed")?).into())
}

/// `changed`: whether the task, or any round of its loop, changed something.
pub(super) fn changed(call: &mut Call<'_, '_, '_>) -> Result {
    if let Some(changed) = key(call, "changed", "changed")? {
        return Ok(changed.is_true().into());
    }
    let rounds = key(call, "changed", "results")?;
    let Some(rounds) = rounds.filter(crate::template::compare::is_list) else {
        return Ok(false.into());
    };
    for round in call.items_of(&rounds)? {
        if round.kind() == ValueKind::Map && round.get_attr("changed")?.is_true() {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

/// `skipped`: whether the task was skipped.
pub(super) fn skipped(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(truth(call, "skipped", "skipped")?.into())
}

/// `unreachable`: whether the host could not be reached.
pub(super) fn unreachable(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(truth(call, "unreachable", "unreachable")?.into())
}

/// `reachable`: whether the host could be reached.
pub(super) fn reachable(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((!truth(call, "unreachable", "unreachable")?).into())
}

/// `started`: whether an asynchronous task has started.
pub(super) fn started(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(key(call, "started", "started")?
        .is_none_or(|value| value.is_true())
        .into())
}

/// `finished`: whether an asynchronous task has ended.
pub(super) fn finished(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(key(call, "finished", "finished")?
        .is_none_or(|value| value.is_true())
        .into())
}

/// `timedout`: whether the task ran out of time.
pub(super) fn timedout(call: &mut Call<'_, '_, '_>) -> Result {
    let timed = key(call, "timedout", "timedout")?.filter(Value::is_true);
    Ok(match timed {
        Some(timed) => timed.get_attr("period")?.is_true(),
        None => false,
    }
    .into())
}
