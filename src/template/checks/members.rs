//! Tests for the contents of a list.

use crate::template::call::Call;
use crate::template::operators::within;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `all`: whether all items are true.
pub(super) fn all(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.iter().all(Value::is_true).into())
}

/// `any`: whether any item is true.
pub(super) fn any(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.iter().any(Value::is_true).into())
}

/// `contains`: whether the list, the keys or the text contain something.
pub(super) fn contains(call: &mut Call<'_, '_, '_>) -> Result {
    within(call.required("item")?, call.value()?).map(Value::from)
}

/// `in`: whether it is in a list, the keys of a map or a text.
pub(super) fn is_in(call: &mut Call<'_, '_, '_>) -> Result {
    within(call.value()?, call.required("seq")?).map(Value::from)
}

/// `subset`: whether another list contains all items.
pub(super) fn subset(call: &mut Call<'_, '_, '_>) -> Result {
    let other = call.items_of(&call.required("other")?)?;
    Ok(call.items()?.iter().all(|item| other.contains(item)).into())
}

/// `superset`: whether it contains all items of another list.
pub(super) fn superset(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.items()?;
    let other = call.items_of(&call.required("other")?)?;
    Ok(other.iter().all(|item| items.contains(item)).into())
}
