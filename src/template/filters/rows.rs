//! Filters that create lists of lists.

use crate::template::call::Call;
use crate::template::compare::is_list;
use crate::template::guarded::is_undefined;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::{Tuple, ValueKind};

type Result = std::result::Result<Value, Error>;

/// `batch`: lists of a number of items, the last one optionally filled up.
pub(super) fn batch(call: &mut Call<'_, '_, '_>) -> Result {
    let size = usize::try_from(call.integer("linecount")?.unwrap_or(0)).unwrap_or(0);
    if size == 0 {
        return Err(call.wrong("the number of items must be greater than 0"));
    }
    let fill = call.some("fill_with");
    if fill.is_some() {
        call.fits_items(size)?;
    }
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

/// `slice`: a number of lists of about the same length.
pub(super) fn slice(call: &mut Call<'_, '_, '_>) -> Result {
    let slices = usize::try_from(call.integer("slices")?.unwrap_or(0)).unwrap_or(0);
    if slices == 0 {
        return Err(call.wrong("the number of lists must be greater than 0"));
    }
    call.fits_items(slices)?;
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

/// `zip`: lists of the first items, of the second items, and so on.
pub(super) fn zip(call: &mut Call<'_, '_, '_>) -> Result {
    let columns = columns(call)?;
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    Ok(rows(&columns, length, &Value::UNDEFINED))
}

/// `zip_longest`: the same, up to the length of the longest list.
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

/// Returns the rows of columns, each as a tuple, with `fill` if a column is too short.
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
    let skip = call.flag("skip_missing", false)?;
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
