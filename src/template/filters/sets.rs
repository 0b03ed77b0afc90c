//! Filters that take lists for sets.

use super::lists::Seen;
use super::set_order::SetOrder;
use crate::template::call::Call;
use crate::template::numbers::{number, whole};
use crate::value::Value;
use minijinja::Error;

/// Which items of the two lists stay.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Those of either.
    Union,
    /// Those of both.
    Intersect,
    /// Those of the first that the second has not.
    Difference,
    /// Those of only one of them.
    Symmetric,
}

/// `union`: the items of both lists, each once.
pub(super) fn union(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Union)
}

/// `intersect`: the items that both lists have.
pub(super) fn intersect(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Intersect)
}

/// `difference`: the items of the first list that the second has not.
pub(super) fn difference(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Difference)
}

/// `symmetric_difference`: the items that only one of the lists has.
pub(super) fn symmetric_difference(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Symmetric)
}

fn combined(call: &Call<'_, '_, '_>, operation: Operation) -> Result<Value, Error> {
    let left = call.items()?;
    let right = call.items_of(&call.required("b")?)?;
    // Whole numbers come in the order that Python's sets have; text has there another order at
    // each run, and keeps its own here.
    if let (Some(left), Some(right)) = (numbers(&left), numbers(&right)) {
        let (left, right) = (SetOrder::of(&left), SetOrder::of(&right));
        let result = left.combined(&right, operation);
        return Ok(result.into_iter().map(number).collect());
    }
    let has = |items: &[Value]| {
        let mut seen = Seen::default();
        for item in items {
            seen.insert(item.clone());
        }
        seen
    };
    let (in_left, in_right) = (has(&left), has(&right));
    let mut met = Seen::default();
    let kept = left.into_iter().filter(|item| match operation {
        Operation::Union => true,
        Operation::Intersect => in_right.contains(item),
        Operation::Difference | Operation::Symmetric => !in_right.contains(item),
    });
    let added = right.into_iter().filter(|item| match operation {
        Operation::Union => true,
        Operation::Symmetric => !in_left.contains(item),
        _ => false,
    });
    Ok(kept
        .chain(added)
        .filter(|item| met.insert(item.clone()))
        .collect())
}

fn numbers(items: &[Value]) -> Option<Vec<i128>> {
    let small = |number: &i128| number.unsigned_abs() < (1 << 60);
    items
        .iter()
        .map(|item| whole(item).filter(|_| item.is_integer()).filter(small))
        .collect()
}
