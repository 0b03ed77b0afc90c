//! Filters for maps.

use super::lists::flat;
use crate::template::call::Call;
use crate::template::compare::{is_list, sort, without_case};
use crate::template::guarded::is_undefined;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::{Tuple, ValueKind};

type Result = std::result::Result<Value, Error>;
type Pairs = Vec<(Value, Value)>;

/// Returns the entries of a map.
pub(in crate::template) fn pairs(map: &Value) -> std::result::Result<Pairs, Error> {
    let keys = map.try_iter()?.checked();
    keys.map(|key| {
        let key = key?;
        let value = map.get_item(&key)?;
        Ok((key, value))
    })
    .collect()
}

fn map_of(call: &Call<'_, '_, '_>, value: &Value) -> std::result::Result<Pairs, Error> {
    if value.kind() == ValueKind::Map {
        pairs(value)
    } else {
        let kind = text::type_name(value);
        Err(call.says(&format!("requires a dictionary, not '{kind}'")))
    }
}

/// `dict2items`: the entries as maps with `key` and `value`.
pub(super) fn dict2items(call: &mut Call<'_, '_, '_>) -> Result {
    let key_name = call.get("key_name").unwrap_or_else(|| "key".into());
    let value_name = call.get("value_name").unwrap_or_else(|| "value".into());
    let entries = map_of(call, &call.value()?)?.into_iter();
    let item =
        |(key, value)| Value::from_pairs([(key_name.clone(), key), (value_name.clone(), value)]);
    Ok(entries.map(item).collect())
}

/// `items2dict`: a map of maps with `key` and `value`.
pub(super) fn items2dict(call: &mut Call<'_, '_, '_>) -> Result {
    let key_name = call.get("key_name").unwrap_or_else(|| "key".into());
    let value_name = call.get("value_name").unwrap_or_else(|| "value".into());
    let mut out = Pairs::new();
    if !is_list(&call.value()?) {
        let kind = text::type_name(&call.value()?);
        return Err(call.says(&format!("requires a list, not '{kind}'")));
    }
    for item in call.items()? {
        let get = |name: &Value| {
            if item.kind() != ValueKind::Map {
                let kind = text::type_name(&item);
                return Err(call.says(&format!("requires a list of dictionaries, not of '{kind}'")));
            }
            let found = item.get_item(name)?;
            if is_undefined(&found)? {
                let item = text::repr(&item)?;
                return Err(call.says(&format!(
                    "requires each dictionary in the list to contain the keys '{key_name}' and \
                     '{value_name}', got {item} instead"
                )));
            }
            Ok(found)
        };
        out.push((get(&key_name)?, get(&value_name)?));
    }
    Ok(Value::from_pairs(out))
}

/// `items`: the entries as pairs.
pub(super) fn items(call: &mut Call<'_, '_, '_>) -> Result {
    if is_undefined(&call.value()?)? {
        return Ok(Vec::<Value>::new().into());
    }
    Ok(as_tuples(map_of(call, &call.value()?)?))
}

/// Returns entries as a list of pairs.
pub(in crate::template) fn as_tuples(pairs: Pairs) -> Value {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| Value::from(Tuple::from(vec![key, value])))
        .collect()
}

/// `dictsort`: the entries as pairs, sorted by key or by value.
pub(super) fn dictsort(call: &mut Call<'_, '_, '_>) -> Result {
    let cased = call.flag("case_sensitive", false)?;
    let by = call.text("by")?.unwrap_or_else(|| "key".to_owned());
    let entries = map_of(call, &call.value()?)?.into_iter();
    let by_value = match by.as_str() {
        "key" => false,
        "value" => true,
        _ => return Err(call.wrong("by must be key or value")),
    };
    let mut keyed: Vec<(Value, (Value, Value))> = entries
        .map(|(key, value)| {
            let by = if by_value { &value } else { &key }.clone();
            (if cased { by } else { without_case(by) }, (key, value))
        })
        .collect();
    sort(&mut keyed, call.flag("reverse", false)?)?;
    Ok(as_tuples(
        keyed.into_iter().map(|(_, entry)| entry).collect(),
    ))
}

/// How `combine` joins lists under the same key.
#[derive(Clone, Copy)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

/// `combine`: merges maps; later ones take precedence.
pub(super) fn combine(call: &mut Call<'_, '_, '_>) -> Result {
    let (mut recursive, mut lists) = (false, Lists::Replace);
    for (name, value) in &call.more_named {
        match (name.as_str(), value.as_str()) {
            ("recursive", _) => recursive = value.is_true(),
            ("list_merge", Some("replace")) => lists = Lists::Replace,
            ("list_merge", Some("keep")) => lists = Lists::Keep,
            ("list_merge", Some("append")) => lists = Lists::Append,
            ("list_merge", Some("prepend")) => lists = Lists::Prepend,
            ("list_merge", Some("append_rp")) => lists = Lists::AppendNew,
            ("list_merge", Some("prepend_rp")) => lists = Lists::PrependNew,
            ("list_merge", _) => {
                return Err(call.wrong(
                    "list_merge must be replace, keep, append, prepend, append_rp or prepend_rp",
                ));
            }
            _ => {
                return Err(
                    call.wrong("'recursive' and 'list_merge' are the only valid keyword arguments")
                );
            }
        }
    }
    let given = std::iter::once(call.value()?).chain(call.more.iter().cloned());
    let mut maps = Vec::new();
    flat(given.collect(), Some(1), true, &mut maps)?;
    let mut maps = maps.iter();
    let Some(first) = maps.next() else {
        return Ok(Value::from_pairs(Pairs::new()));
    };
    let map = |value: &Value| match value.kind() {
        ValueKind::Map => pairs(value),
        _ => {
            text::check(value)?;
            let kind = text::type_name(value);
            let message = "failed to combine variables, expected dicts but got";
            Err(call.wrong(&format!("{message} a '{kind}'")))
        }
    };
    let mut out = map(first)?;
    for next in maps {
        out = merged(out, map(next)?, recursive, lists)?;
    }
    Ok(Value::from_pairs(out))
}

fn merged(
    mut low: Pairs,
    high: Pairs,
    recursive: bool,
    lists: Lists,
) -> std::result::Result<Pairs, Error> {
    if low.is_empty() {
        return Ok(high);
    }
    let mut places: std::collections::HashMap<Value, usize> = low
        .iter()
        .enumerate()
        .map(|(place, (key, _))| (key.clone(), place))
        .collect();
    for (key, value) in high {
        let known = places.get(&key).and_then(|place| low.get_mut(*place));
        match known {
            Some((_, old)) => *old = joined(old, value, recursive, lists)?,
            None => {
                places.insert(key.clone(), low.len());
                low.push((key, value));
            }
        }
    }
    Ok(low)
}

fn joined(low: &Value, high: Value, recursive: bool, lists: Lists) -> Result {
    if low.kind() == ValueKind::Map && high.kind() == ValueKind::Map {
        return if recursive {
            Ok(Value::from_pairs(merged(
                pairs(low)?,
                pairs(&high)?,
                recursive,
                lists,
            )?))
        } else {
            Ok(high)
        };
    }
    if !is_list(low) || !is_list(&high) {
        return Ok(high);
    }
    let items = |list: &Value| list.try_iter().map(Iterator::collect::<Vec<Value>>);
    let (old, new) = (items(low)?, items(&high)?);
    let without = |items: Vec<Value>, others: &[Value]| -> Vec<Value> {
        items
            .into_iter()
            .filter(|item| !others.contains(item))
            .collect()
    };
    Ok(match lists {
        Lists::Replace => high,
        Lists::Keep => low.clone(),
        Lists::Append => [old, new].concat().into(),
        Lists::Prepend => [new, old].concat().into(),
        Lists::AppendNew => [without(old, &new), new].concat().into(),
        Lists::PrependNew => {
            let old = without(old, &new);
            [new, old].concat().into()
        }
    })
}

/// `rekey_on_member`: a map of maps, keyed by the value of one of their keys.
pub(super) fn rekey_on_member(call: &mut Call<'_, '_, '_>) -> Result {
    let key = call.required("key")?;
    let duplicates = call
        .text("duplicates")?
        .unwrap_or_else(|| "error".to_owned());
    if !matches!(duplicates.as_str(), "error" | "overwrite") {
        return Err(call.wrong(
            "duplicates parameter to rekey_on_member has unknown value: it must be error or overwrite",
        ));
    }
    let value = call.value()?;
    let items = if value.kind() == ValueKind::Map {
        pairs(&value)?.into_iter().map(|(_, value)| value).collect()
    } else {
        call.items()?
    };
    let mut out: indexmap::IndexMap<Value, Value> = indexmap::IndexMap::new();
    for item in items {
        if item.kind() != ValueKind::Map {
            return Err(call.wrong("each item must be a dictionary"));
        }
        let name = item.get_item(&key)?;
        if is_undefined(&name)? {
            return Err(call.wrong(&format!("Key '{key}' was not found")));
        }
        if out.contains_key(&name) && duplicates == "error" {
            return Err(call.wrong(&format!(
                "Key {} is not unique, cannot convert to dict",
                text::repr(&name)?
            )));
        }
        out.insert(name, item);
    }
    Ok(Value::from_pairs(out))
}

/// `extract`: the item of a container at the key given by the value, optionally deeper.
pub(super) fn extract(call: &mut Call<'_, '_, '_>) -> Result {
    let mut keys = vec![call.value()?];
    match call.some("morekeys") {
        Some(more) if is_list(&more) => keys.extend(call.items_of(&more)?),
        Some(more) => keys.push(more),
        None => {}
    }
    let mut value = call.required("container")?;
    for key in keys {
        if is_undefined(&value)? {
            break;
        }
        value = value.get_item(&key)?;
    }
    Ok(value)
}

/// `attr`: an attribute of the value, never a key of a map.
pub(super) fn attr(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    if value.kind() == ValueKind::Plain {
        return value.get_item(&call.required("name")?);
    }
    Ok(Value::UNDEFINED)
}
