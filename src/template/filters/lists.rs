//! Filters for lists.

use crate::template::attribute;
use crate::template::call::Call;
use crate::template::compare::{is_list, without_case};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;
use std::collections::HashSet;

type Result = std::result::Result<Value, Error>;

/// `first`: the first item; undefined if there is none.
pub(super) fn first(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.items()?;
    Ok(items.into_iter().next().unwrap_or_default())
}

/// `last`: the last item; undefined if there is none.
pub(super) fn last(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call.items()?.pop().unwrap_or_default())
}

/// `length`: the number of items, keys or characters.
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

/// `join`: the texts of the items, or of an attribute of them, with a separator.
pub(super) fn join(call: &mut Call<'_, '_, '_>) -> Result {
    let between = call.text("d")?.unwrap_or_default();
    let path = call.some("attribute");
    let mut texts = Vec::new();
    let mut size = 0;
    for item in call.items()? {
        let item = match &path {
            Some(path) => attribute::at(&item, path)?,
            None => item,
        };
        text::check(&item)?;
        let text = text::text(&item)?;
        size += text.len();
        call.fits(size)?;
        texts.push(text);
    }
    Ok(call.joined(&texts, &between)?.into())
}

/// `unique`: the items without duplicates.
pub(super) fn unique(call: &mut Call<'_, '_, '_>) -> Result {
    let cased = call.flag("case_sensitive", false)?;
    let path = call.some("attribute");
    // As in Ansible, which then has only Jinja's own filter.
    let is_given = call.some("case_sensitive").is_some() && !cased || path.is_some();
    let mut seen = Seen::default();
    let mut out = Vec::new();
    for item in call.items()? {
        let key = match &path {
            Some(path) => attribute::at(&item, path)?,
            None => item.clone(),
        };
        if is_given && (is_list(&key) || key.kind() == ValueKind::Map) {
            return Err(call.wrong(
                "lists and dictionaries cannot be compared with case_sensitive=false or attribute",
            ));
        }
        if seen.insert(if cased { key } else { without_case(key) }) {
            out.push(item);
        }
    }
    Ok(out.into())
}

/// The values seen so far.
#[derive(Default)]
pub(super) struct Seen {
    scalars: HashSet<Value>,
    others: Vec<Value>,
}

impl Seen {
    /// Adds a value; returns whether it is new.
    pub(super) fn insert(&mut self, value: Value) -> bool {
        // Equal maps may have different key orders, and therefore different hashes.
        if is_list(&value) || value.kind() == ValueKind::Map {
            let new = !self.others.contains(&value);
            if new {
                self.others.push(value);
            }
            return new;
        }
        self.scalars.insert(value)
    }

    /// Returns whether the value has been seen.
    pub(super) fn contains(&self, value: &Value) -> bool {
        self.scalars.contains(value) || self.others.contains(value)
    }
}

/// `flatten`: replaces lists in the list by their items.
pub(super) fn flatten(call: &mut Call<'_, '_, '_>) -> Result {
    let levels = call.integer("levels")?;
    let skip = call.flag("skip_nulls", true)?;
    let mut out = Vec::new();
    flat(call.items()?, levels, skip, &mut out)?;
    Ok(out.into())
}

/// Appends the items to `out`, replacing lists by their items up to `levels` deep.
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
