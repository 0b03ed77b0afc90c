//! Filters that combine the items of lists, like Python's `itertools`.

use crate::template::call::Call;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::Tuple;

/// The maximum number of values in all results of one call: more is a mistake and would fill the
/// memory.
const MOST: usize = 4_000_000;

/// The maximum number of values in one result.
const LONGEST: usize = 1000;

/// Returns whether this many results of this many values are too many.
fn too_many(results: usize, size: usize) -> bool {
    results.saturating_mul(size.max(1)) > MOST
}

fn size(call: &Call<'_, '_, '_>, size: Option<i64>) -> Result<usize, Error> {
    let size = size.and_then(|size| usize::try_from(size).ok());
    size.filter(|size| *size <= LONGEST)
        .ok_or_else(|| call.wrong(&format!("r must be a number of items, at most {LONGEST}")))
}

fn tuples(call: &Call<'_, '_, '_>, rows: Vec<Vec<Value>>) -> Result<Value, Error> {
    if too_many(rows.len(), rows.first().map_or(0, Vec::len)) {
        return Err(call.wrong(&format!("the results hold more than {MOST} values")));
    }
    Ok(rows
        .into_iter()
        .map(|row| Value::from(Tuple::from(row)))
        .collect())
}

/// `product`: each item of the first list with each of the second, and so on.
pub(super) fn product(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut repeat = 1;
    for (name, value) in &call.more_named {
        match (name.as_str(), value.as_usize()) {
            ("repeat", Some(times)) => repeat = times.min(64),
            _ => {
                return Err(call.wrong(&format!(
                    "{name} is not an argument, or has an invalid value"
                )));
            }
        }
    }
    let lists = std::iter::once(call.value()?).chain(call.more.iter().cloned());
    let lists: Vec<Vec<Value>> = lists
        .map(|list| call.items_of(&list))
        .collect::<Result<_, _>>()?;
    let count = lists.len() * repeat;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists.iter().cycle().take(count) {
        if too_many(rows.len().saturating_mul(list.len()), count) {
            return Err(call.wrong(&format!("the results hold more than {MOST} values")));
        }
        let longer = rows.iter().flat_map(|row| {
            list.iter()
                .map(move |item| row.iter().cloned().chain([item.clone()]).collect())
        });
        rows = longer.collect();
    }
    tuples(call, rows)
}

/// `combinations`: all ways to choose a number of items, in their order.
pub(super) fn combinations(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let size = size(call, call.integer("r")?)?;
    let mut rows = Vec::new();
    take(&items, 0, size, &mut Vec::new(), &mut rows);
    tuples(call, rows)
}

fn take(
    items: &[Value],
    from: usize,
    size: usize,
    row: &mut Vec<Value>,
    rows: &mut Vec<Vec<Value>>,
) {
    if size == 0 {
        rows.push(row.clone());
        return;
    }
    for (index, item) in items.iter().enumerate().skip(from) {
        if too_many(rows.len(), row.len() + size) || items.len() - index < size {
            return;
        }
        row.push(item.clone());
        take(items, index + 1, size - 1, row, rows);
        row.pop();
    }
}

/// `permutations`: all ways to choose a number of items, in any order.
pub(super) fn permutations(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let items = call.items()?;
    let all = i64::try_from(items.len()).ok();
    let size = size(call, call.integer("r")?.or(all))?;
    let mut rows = Vec::new();
    order(&items, size, &mut Vec::new(), &mut Vec::new(), &mut rows);
    tuples(call, rows)
}

fn order(
    items: &[Value],
    size: usize,
    used: &mut Vec<usize>,
    row: &mut Vec<Value>,
    rows: &mut Vec<Vec<Value>>,
) {
    if size > items.len() || too_many(rows.len(), size) {
        return;
    }
    if used.len() == size {
        rows.push(row.clone());
        return;
    }
    for (index, item) in items.iter().enumerate() {
        if !used.contains(&index) {
            used.push(index);
            row.push(item.clone());
            order(items, size, used, row, rows);
            row.pop();
            used.pop();
        }
    }
}
