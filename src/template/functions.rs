//! The functions that templates can call.

use super::call::{Call, Callable, add_functions, callable};
use super::cycle;
use super::filters::maps::pairs;
use super::lookups;
use super::time::{self, Moment, now};
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind};

/// All functions, sorted by name, except `range` and minijinja's own `namespace`.
const FUNCTIONS: &[Callable] = &[
    callable("cycler", "*", cycle::cycler),
    callable("dict", "value **", dict),
    callable("joiner", "sep", cycle::joiner),
    callable("lookup", "name * **", lookups::lookup),
    callable("now", "utc fmt", current_time),
    callable("q", "name * **", lookups::query),
    callable("query", "name * **", lookups::query),
    callable("undef", "hint", undef),
];

/// Returns whether templates can call a function of this name.
pub(super) fn has(name: &str) -> bool {
    let others = ["range", "namespace", "guarded_name", "guarded_call"];
    FUNCTIONS.iter().any(|function| function.name == name) || others.contains(&name)
}

/// Adds all functions to an environment.
pub(super) fn add(environment: &mut Environment<'static>) {
    add_functions(environment, FUNCTIONS);
    environment.add_function("range", range);
    environment.add_function("namespace", minijinja::functions::namespace);
}

/// How many numbers `range` makes at most.
const LONGEST_RANGE: u128 = 100_000;

/// `range`: whole numbers from 0 or `lower` to before `upper`.
fn range(lower: i64, upper: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let wrong = |message| Error::new(ErrorKind::InvalidOperation, message);
    let (start, end) = upper.map_or((0, lower), |upper| (lower, upper));
    let (start, end, step) = (
        i128::from(start),
        i128::from(end),
        i128::from(step.unwrap_or(1)),
    );
    if step == 0 {
        return Err(wrong("cannot create range with step of 0"));
    }
    let leads_there = (start < end) == (step > 0) && start != end;
    let count = if leads_there {
        start.abs_diff(end).div_ceil(step.unsigned_abs())
    } else {
        0
    };
    if count > LONGEST_RANGE {
        return Err(wrong("range has too many elements"));
    }
    let count = usize::try_from(count).unwrap_or(0);
    Ok(Value::make_iterable(move || {
        let numbers = std::iter::successors(Some(start), move |number| Some(number + step));
        let numbers = numbers
            .take(count)
            .filter_map(|number| i64::try_from(number).ok());
        let numbers: Vec<_> = numbers.map(Value::from).collect();
        numbers.into_iter()
    }))
}

/// `dict`: a map from another one, from pairs, or from named values.
fn dict(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut entries = match call.get("value") {
        None => Vec::new(),
        Some(map) if map.kind() == ValueKind::Map => pairs(&map)?,
        Some(list) => {
            let mut entries = Vec::new();
            for pair in call.items_of(&list)? {
                match call.items_of(&pair)?.as_slice() {
                    [key, value] => entries.push((key.clone(), value.clone())),
                    _ => return Err(call.wrong("each item must be a pair")),
                }
            }
            entries
        }
    };
    let named = call.more_named.iter().cloned();
    entries.extend(named.map(|(key, value)| (Value::from(key), value)));
    super::changeable::changeable(Value::from_pairs(entries))
}

/// `now`: the current time, formatted if a format is given.
fn current_time(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let time = now(call.flag("utc", false)?);
    match call.text("fmt")?.filter(|format| !format.is_empty()) {
        Some(format) => Ok(time::format(&time, &format)?.into()),
        None => Ok(Value::from_object(Moment(time.datetime()))),
    }
}

/// `undef`: a value that must be overridden.
fn undef(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let hint = call.text("hint")?.filter(|hint| !hint.is_empty());
    let hint = hint.unwrap_or_else(|| "Mandatory variable has not been overridden".to_owned());
    Ok(Error::new(ErrorKind::UndefinedError, hint).into())
}
