//! Filters with random numbers.

use crate::template::call::Call;
use crate::template::numbers::{number, whole};
use crate::template::random::Random;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

/// `random`: a number below the value, or one of its items; always the same for a seed.
pub(super) fn random(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let end = call.value()?;
    let mut random = Random::new(call.some("seed").as_ref())?;
    if let Some(end) = whole(&end) {
        let start = call.integer("start")?.map_or(0, i128::from);
        let step = call
            .integer("step")?
            .filter(|step| *step != 0)
            .map_or(1, i128::from);
        let width = end - start;
        let count = (width + step - step.signum()).div_euclid(step);
        let count = u64::try_from(count).ok().filter(|count| *count > 0);
        let count =
            count.ok_or_else(|| call.wrong(&format!("empty range ({start}, {end}, {step})")))?;
        return Ok(number(start + step * i128::from(random.below(count)?)));
    }
    if call.flag("start", false)? || call.flag("step", false)? {
        return Err(call.wrong("start and step can only be used with integer values"));
    }
    if crate::template::numbers::float(&end).is_some() || end.is_none() {
        let kind = text::type_name(&end);
        return Err(call.wrong(&format!(
            "random can only be used on sequences and integers, not {kind}"
        )));
    }
    let items = call.items()?;
    let chosen = random.choose(&items)?.cloned();
    chosen.ok_or_else(|| call.wrong("cannot choose from an empty sequence"))
}

/// `shuffle`: the items in a random order; always the same for a seed.
pub(super) fn shuffle(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut items = call.items()?;
    let seed = call.some("seed").filter(Value::is_true);
    Random::new(seed.as_ref())?.shuffle(&mut items)?;
    Ok(items.into())
}
