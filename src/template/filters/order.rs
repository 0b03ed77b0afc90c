//! Filters that sort items.

use super::group::Group;
use crate::template::attribute;
use crate::template::call::Call;
use crate::template::compare::{compare, sort as sort_by, without_case};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use std::cmp::Ordering;

type Result = std::result::Result<Value, Error>;

/// `sort`: sorted, by attributes if given; ignoring case unless `case_sensitive`.
pub(super) fn sort(call: &mut Call<'_, '_, '_>) -> Result {
    let mut keyed = keyed(call, call.items()?)?;
    sort_by(&mut keyed, call.flag("reverse", false)?)?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// Returns the items with their sort keys.
fn keyed(
    call: &Call<'_, '_, '_>,
    items: Vec<Value>,
) -> std::result::Result<Vec<(Value, Value)>, Error> {
    let cased = call.flag("case_sensitive", false)?;
    let path = call.some("attribute");
    let fold = |value: Value| if cased { value } else { without_case(value) };
    let key = |item: &Value| match &path {
        None => Ok::<_, Error>(fold(item.clone())),
        Some(path) => {
            let keys = attribute::all(item, path)?;
            for key in &keys {
                text::check(key)?;
            }
            Ok(keys.into_iter().map(fold).collect::<Vec<_>>().into())
        }
    };
    items
        .into_iter()
        .map(|item| Ok((key(&item)?, item)))
        .collect()
}

/// `min`: the smallest item; undefined if there is none.
pub(super) fn min(call: &mut Call<'_, '_, '_>) -> Result {
    extreme(call, Ordering::Less)
}

/// `max`: the largest item; undefined if there is none.
pub(super) fn max(call: &mut Call<'_, '_, '_>) -> Result {
    extreme(call, Ordering::Greater)
}

fn extreme(call: &Call<'_, '_, '_>, wanted: Ordering) -> Result {
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed(call, call.items()?)? {
        let better = match &best {
            None => true,
            Some((other, _)) => compare(&key, other)? == wanted,
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map(|(_, item)| item).unwrap_or_default())
}

/// `groupby`: pairs of an attribute's value and the items with that value, sorted by the value.
pub(super) fn groupby(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.required("attribute")?;
    let default = call.get("default");
    let cased = call.flag("case_sensitive", false)?;
    let mut keyed = Vec::new();
    for item in call.items()? {
        let key = attribute::at_or(&item, &path, default.as_ref())?;
        text::check(&key)?;
        let folded = if cased {
            key.clone()
        } else {
            without_case(key.clone())
        };
        keyed.push((folded, (key, item)));
    }
    sort_by(&mut keyed, false)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (folded, (key, item)) in keyed {
        match groups.last_mut() {
            Some((last, _, items)) if *last == folded => items.push(item),
            _ => groups.push((folded, key, vec![item])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(_, key, items)| Group::value(key, items));
    Ok(groups.collect())
}
