//! Filters that convert between numbers of bytes and text such as `1.5 MB`.

use crate::template::call::Call;
use crate::template::numbers::{float, number};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

/// The units from the largest, each 1024 times the next.
const UNITS: [char; 9] = ['Y', 'Z', 'E', 'P', 'T', 'G', 'M', 'K', 'B'];

/// The names of the units, for bytes; `byte` is `bit` for bits.
const NAMES: [&str; 9] = [
    "yotta", "zeta", "exa", "peta", "tera", "giga", "mega", "kilo", "",
];

fn limit(index: usize) -> f64 {
    1024f64.powi(i32::try_from(8 - index.min(8)).unwrap_or(0))
}

/// `human_readable`: `1.00 MB`, in the unit that fits or the given one.
pub(super) fn human_readable(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    let size = float(&value).ok_or_else(|| call.wrong("failed on bad input"))?;
    let bits = call.flag("isbits", false)?;
    let unit = call.text("unit")?.map(|unit| unit.to_uppercase());
    let fits = |index: usize, letter: char| match &unit {
        Some(unit) => *unit == letter.to_string(),
        None => size >= limit(index),
    };
    let index = UNITS
        .iter()
        .enumerate()
        .position(|(index, letter)| fits(index, *letter));
    let index = index.unwrap_or(8);
    let base = if bits { "bits" } else { "Bytes" };
    let suffix = match (UNITS.get(index), base.get(..1)) {
        (Some(letter), Some(base)) if index < 8 => format!("{letter}{base}"),
        _ => base.to_owned(),
    };
    Ok(format!("{:.2} {suffix}", size / limit(index)).into())
}

/// `human_to_bytes`: the number of bytes in `1.5MB`, `10 M` or `2K`.
pub(super) fn human_to_bytes(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let bits = call.flag("isbits", false)?;
    let bad = || call.wrong(&format!("can't interpret '{text}'"));
    let trimmed = text.trim_end();
    let end = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(end);
    let size: f64 = digits.parse().map_err(|_| bad())?;
    let unit = unit.trim_start();
    if digits.ends_with('.') || !unit.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(bad());
    }
    let default = call.text("default_unit")?.unwrap_or_default();
    let unit = if unit.is_empty() {
        default.as_str()
    } else {
        unit
    };
    let Some(letter) = unit.chars().next() else {
        return Ok(rounded(size));
    };
    let letter = letter.to_ascii_uppercase();
    let index = UNITS
        .iter()
        .position(|known| *known == letter)
        .ok_or_else(bad)?;
    if unit.len() > 1 {
        let (short, long) = if bits { ('b', "bit") } else { ('B', "byte") };
        let name = NAMES.get(index).copied().unwrap_or_default();
        let short = if letter == 'B' {
            short.to_string()
        } else {
            format!("{letter}{short}")
        };
        if unit.to_lowercase() != format!("{name}{long}") && unit != short {
            return Err(call.wrong(&format!(
                "'{text}' is not a valid string (expect {short} or {letter})"
            )));
        }
    }
    Ok(rounded(size * limit(index)))
}

fn rounded(size: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sizes have no fraction here"
    )]
    let whole = size.round_ties_even() as i128;
    number(whole)
}

/// `filesizeformat`: `1.5 MB` in powers of 1000, or `1.5 MiB` in powers of 1024.
pub(super) fn filesizeformat(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    let size = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => float(&value),
    };
    let size: f64 = size.ok_or_else(|| {
        call.wrong(&format!(
            "{} is no size",
            text::repr(&value).unwrap_or_default()
        ))
    })?;
    let binary = call.flag("binary", false)?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if size < base {
        let whole = size.trunc();
        return Ok(if (1.0..=1.0).contains(&size) {
            "1 Byte".into()
        } else {
            format!("{whole} Bytes").into()
        });
    }
    let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = base;
    for (index, prefix) in prefixes.iter().enumerate() {
        unit *= base;
        if size < unit || index + 1 == prefixes.len() {
            let prefix = if binary {
                format!("{}i", prefix.to_uppercase())
            } else {
                (*prefix).to_owned()
            };
            return Ok(format!("{:.1} {prefix}B", base * size / unit).into());
        }
    }
    Ok(size.into())
}
