//! The filter `pprint`: as Python's `pprint.pformat` lays out values.

use crate::template::call::Call;
use crate::template::compare::{compare, is_list};
use crate::template::filters::maps::pairs;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

/// The longest line.
const WIDTH: usize = 80;

/// `pprint`: on one line, or with a line for each item.
pub(super) fn pprint(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut out = String::new();
    write(&mut out, &call.value()?, 0, 0)?;
    Ok(out.into())
}

/// Returns the entries sorted by key, as `pprint` shows them.
fn sorted(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let mut entries = pairs(value)?;
    entries.sort_by(|(left, _), (right, _)| compare(left, right).unwrap_or(left.cmp(right)));
    Ok(entries)
}

fn on_one_line(value: &Value) -> Result<String, Error> {
    if value.kind() == ValueKind::Map {
        let entry = |(key, value): &(Value, Value)| {
            Ok::<_, Error>(format!("{}: {}", text::repr(key)?, on_one_line(value)?))
        };
        let entries: Vec<String> = sorted(value)?.iter().map(entry).collect::<Result<_, _>>()?;
        return Ok(format!("{{{}}}", entries.join(", ")));
    }
    if is_list(value) {
        let items = value.try_iter()?.map(|item| on_one_line(&item));
        let items: Vec<String> = items.collect::<Result<_, _>>()?;
        let (open, close) = brackets(value);
        let comma = if value.is_tuple() && items.len() == 1 {
            ","
        } else {
            ""
        };
        return Ok(format!("{open}{}{comma}{close}", items.join(", ")));
    }
    text::repr(value)
}

fn brackets(value: &Value) -> (char, char) {
    if value.is_tuple() {
        ('(', ')')
    } else {
        ('[', ']')
    }
}

/// Writes a value that starts at column `indent`, with `after` characters to follow it.
fn write(out: &mut String, value: &Value, indent: usize, after: usize) -> Result<(), Error> {
    let line = on_one_line(value)?;
    let fits = line.chars().count() <= WIDTH.saturating_sub(indent + after);
    let container = value.kind() == ValueKind::Map || is_list(value);
    if fits || !container {
        out.push_str(&line);
        return Ok(());
    }
    let separator = format!(",\n{}", " ".repeat(indent + 1));
    if value.kind() == ValueKind::Map {
        let entries = sorted(value)?;
        out.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                out.push_str(&separator);
            }
            let key = text::repr(key)?;
            let last = if index + 1 == entries.len() {
                after + 1
            } else {
                1
            };
            out.push_str(&key);
            out.push_str(": ");
            write(out, value, indent + key.chars().count() + 3, last)?;
        }
        out.push('}');
        return Ok(());
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let (open, close) = brackets(value);
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(&separator);
        }
        let last = if index + 1 == items.len() {
            after + 1
        } else {
            1
        };
        write(out, item, indent + 1, last)?;
    }
    out.push(close);
    Ok(())
}
