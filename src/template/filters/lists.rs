//! Filters that take lists.

use crate::template::attribute;
use crate::template::call::Call;
use crate::template::compare::{compare, is_list, sort as sort_by, without_case};
use crate::template::guarded::is_undefined;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::{Tuple, ValueKind};
use std::cmp::Ordering;
use std::collections::HashSet;

type Result = std::result::Result<Value, Error>;

/// `first`: the first item; undefined where there is none.
pub(super) fn first(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.items()?;
    Ok(items.into_iter().next().unwrap_or_default())
}

/// `last`: the last item; undefined where there is none.
pub(super) fn last(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.pop().unwrap_or_default())
}

/// `length`: how many items, keys or characters there are.
pub(super) fn length(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    match value.len() {
        Some(length) => Ok(length.into()),
        None => Ok(call.items()?.len().into()),
    }
}

/// `list`: the items, keys or characters.
pub(super) fn list(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.into())
}

/// `reverse`: the items, or the characters, from the last to the first.
pub(super) fn reverse(call: &mut Call<'_, '_, '_>) -> Result {
    if let Some(text) = call.value()?.as_str() {
        return Ok(text.chars().rev().collect::<String>().into());
    }
    let mut items = call.items()?;
    items.reverse();
    Ok(items.into())
}

/// `join`: the texts of the items, or of an attribute of them, with something between.
pub(super) fn join(call: &mut Call<'_, '_, '_>) -> Result {
    let between = call.text("d")?.unwrap_or_default();
    let path = call.some("attribute");
    let mut out = String::new();
    for (index, item) in call.items()?.into_iter().enumerate() {
        if index > 0 {
            out.push_str(&between);
        }
        let item = match &path {
            Some(path) => attribute::at(&item, path)?,
            None => item,
        };
        text::check(&item)?;
        out.push_str(&text::text(&item)?);
    }
    Ok(out.into())
}

/// `sort`: in order, by attributes if given; without case unless `case_sensitive`.
pub(super) fn sort(call: &mut Call<'_, '_, '_>) -> Result {
    let mut keyed = keyed(call, call.items()?)?;
    sort_by(&mut keyed, call.flag("reverse", false))?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// Returns the items with what they are compared by.
fn keyed(
    call: &Call<'_, '_, '_>,
    items: Vec<Value>,
) -> std::result::Result<Vec<(Value, Value)>, Error> {
    let cased = call.flag("case_sensitive", false);
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

/// `min`: the least item; undefined where there is none.
pub(super) fn min(call: &mut Call<'_, '_, '_>) -> Result {
    extreme(call, Ordering::Less)
}

/// `max`: the greatest item; undefined where there is none.
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

/// `unique`: the items without those that were there before.
pub(super) fn unique(call: &mut Call<'_, '_, '_>) -> Result {
    let cased = call.flag("case_sensitive", false);
    let path = call.some("attribute");
    let mut seen = Seen::default();
    let mut out = Vec::new();
    for item in call.items()? {
        let key = match &path {
            Some(path) => attribute::at(&item, path)?,
            None => item.clone(),
        };
        if seen.insert(if cased { key } else { without_case(key) }) {
            out.push(item);
        }
    }
    Ok(out.into())
}

/// The values met so far.
#[derive(Default)]
pub(super) struct Seen {
    scalars: HashSet<Value>,
    others: Vec<Value>,
}

impl Seen {
    /// Adds a value; returns whether it is new.
    pub(super) fn insert(&mut self, value: Value) -> bool {
        // Maps that are equal may have their keys in another order, and so another hash.
        if is_list(&value) || value.kind() == ValueKind::Map {
            let new = !self.others.contains(&value);
            if new {
                self.others.push(value);
            }
            return new;
        }
        self.scalars.insert(value)
    }

    /// Returns whether the value was met.
    pub(super) fn contains(&self, value: &Value) -> bool {
        self.scalars.contains(value) || self.others.contains(value)
    }
}

/// `batch`: lists of so many items, the last filled up.
pub(super) fn batch(call: &mut Call<'_, '_, '_>) -> Result {
    let size = usize::try_from(call.integer("linecount")?.unwrap_or(0)).unwrap_or(0);
    if size == 0 {
        return Err(call.wrong("the number of items must be greater than 0"));
    }
    let fill = call.some("fill_with");
    let items = call.items()?;
    let batches = items.chunks(size).map(|items| {
        let mut items = items.to_vec();
        if let Some(fill) = &fill {
            items.resize(size, fill.clone());
        }
        Value::from(items)
    });
    Ok(batches.collect())
}

/// `slice`: so many lists of about the same length.
pub(super) fn slice(call: &mut Call<'_, '_, '_>) -> Result {
    let slices = usize::try_from(call.integer("slices")?.unwrap_or(0)).unwrap_or(0);
    if slices == 0 {
        return Err(call.wrong("the number of lists must be greater than 0"));
    }
    let fill = call.some("fill_with");
    let items = call.items()?;
    let (size, longer) = (items.len() / slices, items.len() % slices);
    let mut items = items.into_iter();
    let mut out = Vec::new();
    for slice in 0..slices {
        let extra = usize::from(slice < longer);
        let mut part: Vec<Value> = items.by_ref().take(size + extra).collect();
        if extra == 0 {
            part.extend(fill.clone());
        }
        out.push(Value::from(part));
    }
    Ok(out.into())
}

/// `flatten`: the items of lists in the list in their place.
pub(super) fn flatten(call: &mut Call<'_, '_, '_>) -> Result {
    let levels = call.integer("levels")?;
    let skip = call.flag("skip_nulls", true);
    let mut out = Vec::new();
    flat(call.items()?, levels, skip, &mut out)?;
    Ok(out.into())
}

/// Writes the items to `out`, those of lists in them in their place, `levels` deep.
pub(in crate::template) fn flat(
    items: Vec<Value>,
    levels: Option<i64>,
    skip_nulls: bool,
    out: &mut Vec<Value>,
) -> std::result::Result<(), Error> {
    for item in items {
        if skip_nulls && (item.is_none() || matches!(item.as_str(), Some("None" | "null"))) {
            continue;
        }
        if is_list(&item) && levels.is_none_or(|levels| levels >= 1) {
            let inner = item
                .try_iter()?
                .checked()
                .collect::<std::result::Result<_, _>>()?;
            flat(inner, levels.map(|levels| levels - 1), skip_nulls, out)?;
        } else {
            out.push(item);
        }
    }
    Ok(())
}

/// `groupby`: pairs of an attribute's value and the items that have it, in the value's order.
pub(super) fn groupby(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.required("attribute")?;
    let default = call.get("default");
    let cased = call.flag("case_sensitive", false);
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
        .map(|(_, key, items)| super::group::Group::value(key, items));
    Ok(groups.collect())
}

/// `zip`: lists of the first items, of the second items, and so on.
pub(super) fn zip(call: &mut Call<'_, '_, '_>) -> Result {
    let columns = columns(call)?;
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    Ok(rows(&columns, length, &Value::UNDEFINED))
}

/// `zip_longest`: the same up to the longest list.
pub(super) fn zip_longest(call: &mut Call<'_, '_, '_>) -> Result {
    let mut fill = Value::from(());
    for (name, value) in &call.more_named {
        if name != "fillvalue" {
            return Err(call.wrong(&format!("no argument {name}")));
        }
        fill = value.clone();
    }
    let columns = columns(call)?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    Ok(rows(&columns, length, &fill))
}

fn columns(call: &Call<'_, '_, '_>) -> std::result::Result<Vec<Vec<Value>>, Error> {
    let lists = std::iter::once(call.value()?).chain(call.more.iter().cloned());
    lists.map(|list| call.items_of(&list)).collect()
}

/// Returns the rows of columns, each a tuple, with `fill` where a column is too short.
pub(in crate::template) fn rows(columns: &[Vec<Value>], length: usize, fill: &Value) -> Value {
    let row = |index: usize| {
        let cells = columns
            .iter()
            .map(|column| column.get(index).unwrap_or(fill).clone());
        Value::from(Tuple::from(cells.collect::<Vec<_>>()))
    };
    (0..length).map(row).collect()
}

/// `subelements`: pairs of each map and each item of a list in it.
pub(super) fn subelements(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    let path = call.required("subelements")?;
    let skip = call.flag("skip_missing", false);
    let path: Vec<Value> = match path.as_str() {
        Some(text) => text.split('.').map(Value::from).collect(),
        None => call.items_of(&path)?,
    };
    let items = if value.kind() == ValueKind::Map {
        let keys = call.items()?;
        keys.iter()
            .map(|key| value.get_item(key))
            .collect::<std::result::Result<_, _>>()?
    } else {
        call.items()?
    };
    let mut out = Vec::new();
    for item in items {
        if let Some(inner) = subelement(call, &item, &path, skip)? {
            for inner in call.items_of(&inner)? {
                out.push(Value::from(Tuple::from(vec![item.clone(), inner])));
            }
        }
    }
    Ok(out.into())
}

fn subelement(
    call: &Call<'_, '_, '_>,
    item: &Value,
    path: &[Value],
    skip: bool,
) -> std::result::Result<Option<Value>, Error> {
    let mut value = item.clone();
    for key in path {
        let inner = value.get_item(key)?;
        if is_undefined(&inner)? {
            if skip {
                return Ok(None);
            }
            let why = format!(
                "could not find '{key}' key in iterated item {}",
                text::repr(&value)?
            );
            return Err(call.wrong(&why));
        }
        value = inner;
    }
    if is_list(&value) {
        Ok(Some(value))
    } else {
        let key = path.last().map(ToString::to_string).unwrap_or_default();
        Err(call.wrong(&format!(
            "the key '{key}' should point to a list, got {}",
            text::repr(&value)?
        )))
    }
}
