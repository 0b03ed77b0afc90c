//! Filters that treat lists as sets.

use super::lists::Seen;
use super::set_order::SetOrder;
use crate::template::call::Call;
use crate::template::numbers::{number, whole};
use crate::value::Value;
use minijinja::Error;

/// Which items of the two lists are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Items of either list.
    Union,
    /// Items of both lists.
    Intersect,
    /// Items of only the first list.
    Difference,
    /// Items of exactly one list.
    Symmetric,
}

/// `union`: the items of both lists, each once.
pub(super) fn union(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Union)
}

/// `intersect`: the items that are in both lists.
pub(super) fn intersect(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Intersect)
}

/// `difference`: the items of the first list that are not in the second.
pub(super) fn difference(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Difference)
}

/// `symmetric_difference`: the items that are in exactly one of the lists.
pub(super) fn symmetric_difference(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    combined(call, Operation::Symmetric)
}

fn combined(call: &Call<'_, '_, '_>, operation: Operation) -> Result<Value, Error> {
    let left = call.items()?;
    let right = call.items_of(&call.required("b")?)?;
    // Whole numbers are in the order of Python's sets; Python orders text differently at each run,
    // and here it keeps its order.
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
