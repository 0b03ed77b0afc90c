//! Lookups that create lists of lists.

use super::{Lookup, as_list, wrong};
use crate::template::compare::is_list;
use crate::template::filters::maps::pairs;
use crate::template::filters::rows::rows;
use crate::template::guarded::is_undefined;
use crate::template::random::Random;
use crate::template::text;
use crate::value::{Value, boolean};
use minijinja::Error;
use minijinja::value::{Tuple, ValueKind};

/// Returns the terms, with lists replaced by their items.
fn flat(terms: &[Value]) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in terms {
        out.extend(as_list(term)?);
    }
    Ok(out)
}

/// `items`: the terms, with lists replaced by their items.
pub(super) fn items(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    flat(lookup.terms)
}

/// `list`: the terms as they are.
pub(super) fn list(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    Ok(lookup.terms.to_vec())
}

/// `dict`: the entries of maps as maps with `key` and `value`.
pub(super) fn dict(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in flat(lookup.terms)? {
        if term.kind() != ValueKind::Map {
            let kind = text::type_name(&term);
            return Err(wrong(format!(
                "the 'dict' lookup expects a dictionary, not '{kind}'"
            )));
        }
        let entries = pairs(&term)?.into_iter();
        out.extend(entries.map(|(key, value)| Value::from_pairs([("key", key), ("value", value)])));
    }
    Ok(out)
}

/// `indexed_items`: pairs of a number and an item.
pub(super) fn indexed_items(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let items = flat(lookup.terms)?.into_iter().enumerate();
    Ok(items
        .map(|(index, item)| tuple(vec![index.into(), item]))
        .collect())
}

/// `nested`: each item of the first list with each of the second, and so on.
pub(super) fn nested(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut lists = lookup.terms.iter().map(as_list);
    let first = lists.next();
    let first =
        first.ok_or_else(|| wrong("nested requires at least one element in the nested list"))?;
    let mut out: Vec<Vec<Value>> = first?.into_iter().map(|item| vec![item]).collect();
    for list in lists {
        let list = list?;
        if out.len().saturating_mul(list.len()) > 1_000_000 {
            return Err(wrong("there are more than 1000000 combinations"));
        }
        let longer = out.iter().flat_map(|row| {
            list.iter()
                .map(move |item| [row.as_slice(), std::slice::from_ref(item)].concat())
        });
        out = longer.collect();
    }
    out.iter().map(|row| flat(row).map(Value::from)).collect()
}

/// `together`: lists of the first items, of the second items, and so on.
pub(super) fn together(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    if lookup.terms.is_empty() {
        return Err(wrong("together requires at least one element in each list"));
    }
    let columns: Vec<Vec<Value>> = lookup.terms.iter().map(as_list).collect::<Result<_, _>>()?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let rows = rows(&columns, length, &Value::from(()));
    let rows = rows
        .try_iter()?
        .map(|row| flat(&as_list(&row)?).map(Value::from));
    rows.collect()
}

/// `random_choice`: one of the terms.
pub(super) fn random_choice(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let chosen = Random::new(None)?.choose(lookup.terms)?.cloned();
    Ok(chosen.into_iter().collect())
}

/// `subelements`: pairs of each map and each item of a list in it.
pub(super) fn subelements(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let (items, path, flags) = match lookup.terms {
        [items, path] => (items, path, None),
        [items, path, flags] => (items, path, Some(flags)),
        _ => return Err(wrong("subelements expects a list of two or three items")),
    };
    let path = path.as_str();
    let path =
        path.ok_or_else(|| wrong("subelements expects a string that points to the subkey"))?;
    let path: Vec<&str> = path.split('.').collect();
    let skip = match flags {
        Some(flags) => boolean(&flags.get_attr("skip_missing")?) == Some(true),
        None => false,
    };
    let items = match items.kind() {
        ValueKind::Map => pairs(items)?.into_iter().map(|(_, value)| value).collect(),
        _ => as_list(items)?,
    };
    let mut out = Vec::new();
    for item in items {
        if item.kind() != ValueKind::Map {
            let shown = text::repr(&item)?;
            return Err(wrong(format!(
                "subelements lookup expects a dictionary, got '{shown}'"
            )));
        }
        if boolean(&item.get_attr("skipped")?) == Some(true) {
            continue;
        }
        if let Some((rest, inner)) = without(&item, &path, skip)? {
            out.extend(
                inner
                    .into_iter()
                    .map(|inner| tuple(vec![rest.clone(), inner])),
            );
        }
    }
    Ok(out)
}

/// Returns the map without the list at a path, and the items of that list.
fn without(map: &Value, path: &[&str], skip: bool) -> Result<Option<(Value, Vec<Value>)>, Error> {
    let Some((key, path)) = path.split_first() else {
        return Ok(None);
    };
    let inner = map.get_attr(key)?;
    if is_undefined(&inner)? {
        if skip {
            return Ok(None);
        }
        let shown = text::repr(map)?;
        return Err(wrong(format!(
            "could not find '{key}' key in iterated item '{shown}'"
        )));
    }
    let entries = pairs(map)?.into_iter();
    if path.is_empty() {
        if !is_list(&inner) {
            let shown = text::repr(&inner)?;
            return Err(wrong(format!(
                "the key {key} should point to a list, got '{shown}'"
            )));
        }
        let rest = entries.filter(|(name, _)| name.as_str() != Some(key));
        return Ok(Some((Value::from_pairs(rest), as_list(&inner)?)));
    }
    if inner.kind() != ValueKind::Map {
        if skip {
            return Ok(None);
        }
        let shown = text::repr(&inner)?;
        return Err(wrong(format!(
            "the key {key} should point to a dictionary, got '{shown}'"
        )));
    }
    let found = without(&inner, path, skip)?;
    Ok(found.map(|(rest, items)| {
        let entries = entries.map(|(name, value)| {
            let value = if name.as_str() == Some(key) {
                rest.clone()
            } else {
                value
            };
            (name, value)
        });
        (Value::from_pairs(entries), items)
    }))
}

fn tuple(values: Vec<Value>) -> Value {
    Tuple::from(values).into()
}
