//! Tests for what a list holds.

use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

type Result = std::result::Result<Value, Error>;

/// `all`: whether all items are true.
pub(super) fn all(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.iter().all(Value::is_true).into())
}

/// `any`: whether one item is true.
pub(super) fn any(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.iter().any(Value::is_true).into())
}

/// `contains`: whether the list, the keys or the text hold something.
pub(super) fn contains(call: &mut Call<'_, '_, '_>) -> Result {
    holds(call, &call.value()?, &call.required("item")?)
}

/// `in`: whether it is in a list, the keys of a map or a text.
pub(super) fn within(call: &mut Call<'_, '_, '_>) -> Result {
    holds(call, &call.required("seq")?, &call.value()?)
}

fn holds(call: &Call<'_, '_, '_>, container: &Value, item: &Value) -> Result {
    if let Some(text) = container.as_str() {
        let Some(part) = item.as_str() else {
            let kind = text::type_name(item);
            return Err(call.wrong(&format!(
                "'in <string>' requires string as left operand, not {kind}"
            )));
        };
        return Ok(text.contains(part).into());
    }
    if container.kind() == ValueKind::Map {
        return Ok((!container.get_item(item)?.is_undefined()).into());
    }
    Ok(call.items_of(container)?.contains(item).into())
}

/// `subset`: whether another list holds all items.
pub(super) fn subset(call: &mut Call<'_, '_, '_>) -> Result {
    let other = call.items_of(&call.required("other")?)?;
    Ok(call.items()?.iter().all(|item| other.contains(item)).into())
}

/// `superset`: whether all items of another list are there.
pub(super) fn superset(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.items()?;
    let other = call.items_of(&call.required("other")?)?;
    Ok(other.iter().all(|item| items.contains(item)).into())
}
