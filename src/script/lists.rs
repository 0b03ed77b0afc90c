//! Functions of lists: those that take a sort function, whose errors must not be ignored, and those
//! that Rhai lacks.

use super::Called;
use super::raised::Raised;
use crate::template::{compare_versions, order_by_version};
use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext, Position};
use std::cmp::Ordering;

pub(super) fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(
            name,
            |context: NativeCallContext, list: &mut Array, order: FnPtr| -> Called<Array> {
                *list = in_order(&context, list.clone(), &order)?;
                Ok(list.clone())
            },
        );
    }
    for name in ["order", "order_by"] {
        engine.register_fn(
            name,
            |context: NativeCallContext, list: Array, order: FnPtr| {
                in_order(&context, list, &order)
            },
        );
    }
    engine.register_fn(
        "dedup",
        |context: NativeCallContext, list: &mut Array, same: FnPtr| -> Called<Array> {
            *list = without_repeated(&context, list.clone(), &same)?;
            Ok(list.clone())
        },
    );
    engine.register_fn("join", |context: NativeCallContext, list: Array| {
        join(&context, list, &ImmutableString::new())
    });
    engine.register_fn(
        "join",
        |context: NativeCallContext, list: Array, between: ImmutableString| {
            join(&context, list, &between)
        },
    );
    engine.register_fn(
        "compare_versions",
        |context: NativeCallContext, left: &str, right: &str| -> Called<i64> {
            match compare_versions(left, right) {
                Some(order) => Ok(order as i64),
                None => not_comparable(left, right, context.call_position()),
            }
        },
    );
    engine.register_fn(
        "order_by_version",
        |context: NativeCallContext, list: Array| -> Called<Array> {
            let position = context.call_position();
            let texts = list.into_iter().map(Dynamic::into_string);
            let texts: Result<Vec<String>, _> = texts.collect();
            let texts = texts.map_err(|found| {
                let found = super::place::article(found);
                Raised::new(format!("a version is a text, not {found}")).at(position)
            })?;
            match order_by_version(texts) {
                Ok(texts) => Ok(texts.into_iter().map(Dynamic::from).collect()),
                Err((left, right)) => not_comparable(&left, &right, position),
            }
        },
    );
}

fn not_comparable<T>(left: &str, right: &str, position: Position) -> Called<T> {
    let raised = Raised::new(format!(
        "\"{left}\" and \"{right}\" cannot be compared as versions"
    ));
    Err(raised.at(position))
}

/// Sorts the items stably with a function.
fn in_order(context: &NativeCallContext, mut left: Array, order: &FnPtr) -> Called<Array> {
    if left.len() < 2 {
        return Ok(left);
    }
    let right = left.split_off(left.len() / 2);
    let left = in_order(context, left, order)?;
    let right = in_order(context, right, order)?;
    let mut merged = Array::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let given = (first.clone(), second.clone());
        let next = match ordering(context, order, given)? {
            Ordering::Greater => right.next(),
            _ => left.next(),
        };
        merged.extend(next);
    }
    merged.extend(left.chain(right));
    Ok(merged)
}

/// A sort function returns a number, like left minus right, or whether the left item comes first.
fn ordering(
    context: &NativeCallContext,
    order: &FnPtr,
    given: (Dynamic, Dynamic),
) -> Called<Ordering> {
    let said: Dynamic = order.call_within_context(context, given)?;
    if let Ok(number) = said.as_int() {
        return Ok(number.cmp(&0));
    }
    match said.as_bool() {
        Ok(true) => Ok(Ordering::Less),
        Ok(false) => Ok(Ordering::Greater),
        Err(found) => {
            let found = super::place::article(found);
            let message = format!("the function that sorts must return a number, not {found}");
            Err(Raised::new(message).at(context.call_position()))
        }
    }
}

fn without_repeated(context: &NativeCallContext, list: Array, same: &FnPtr) -> Called<Array> {
    let mut kept = Array::new();
    for item in list {
        let repeated = match kept.last() {
            Some(last) => same.call_within_context(context, (last.clone(), item.clone()))?,
            None => false,
        };
        if !repeated {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// Joins the items to one text.
fn join(
    context: &NativeCallContext,
    list: Array,
    between: &ImmutableString,
) -> Called<ImmutableString> {
    let mut text = String::new();
    for (index, item) in list.into_iter().enumerate() {
        if index > 0 {
            text += between;
        }
        if item.is_unit() {
            let message = format!("item {index} of the list is nothing, `()`, not a text");
            return Err(Raised::new(message).at(context.call_position()));
        }
        text += &context.call_native_fn::<ImmutableString>("to_string", (item,))?;
    }
    Ok(text.into())
}
