//! The list of all lookups; each theme has its own file.

mod arguments;
mod commands;
mod csv;
mod files;
mod hosts;
mod ini;
mod lists;
mod password;
mod sequence;
mod variables;

use super::call::Call;
use super::compare::is_list;
use super::reach::Reach;
use super::text;
use crate::source::did_you_mean;
use crate::value::{Fields, Value, boolean};
use minijinja::{Error, ErrorKind};

/// One call of a lookup.
pub(super) struct Lookup<'l> {
    /// The terms to look up.
    pub(super) terms: &'l [Value],
    /// The named arguments.
    pub(super) options: &'l Fields,
    /// What it can reach.
    pub(super) reach: &'l Reach,
}

type Run = fn(&Lookup<'_>) -> Result<Vec<Value>, Error>;

/// All lookups, sorted by name.
const LOOKUPS: &[(&str, Run)] = &[
    ("csvfile", csv::csvfile),
    ("dict", lists::dict),
    ("env", variables::env),
    ("file", files::file),
    ("fileglob", files::fileglob),
    ("first_found", files::first_found),
    ("indexed_items", lists::indexed_items),
    ("ini", ini::ini),
    ("inventory_hostnames", hosts::inventory_hostnames),
    ("items", lists::items),
    ("lines", commands::lines),
    ("list", lists::list),
    ("nested", lists::nested),
    ("password", password::password),
    ("pipe", commands::pipe),
    ("random_choice", lists::random_choice),
    ("sequence", sequence::sequence),
    ("subelements", lists::subelements),
    ("template", files::template),
    ("together", lists::together),
    ("unvault", files::unvault),
    ("varnames", variables::varnames),
    ("vars", variables::vars),
];

/// Returns the names of all lookups.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    LOOKUPS.iter().map(|(name, _)| *name)
}

/// Runs a lookup and returns everything it found.
pub(super) fn run(name: &str, lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
    let found = LOOKUPS.iter().find(|(known, _)| *known == short);
    let Some((_, run)) = found else {
        let advice = did_you_mean(short, names()).map(|advice| format!("; {advice}"));
        let message = format!("there is no lookup {name}{}", advice.unwrap_or_default());
        return Err(Error::new(ErrorKind::UnknownFunction, message));
    };
    run(lookup)
}

/// `lookup`: the single value found, or the values as text joined by commas.
pub(super) fn lookup(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    call_lookup(call, false)
}

/// `query` and `q`: everything found, as a list.
pub(super) fn query(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    call_lookup(call, true)
}

fn call_lookup(call: &Call<'_, '_, '_>, list: bool) -> Result<Value, Error> {
    let name = call.value_text()?;
    let mut options: Fields = call.more_named.iter().cloned().collect();
    let wanted = options.shift_remove("wantlist");
    let list = list || wanted.is_some_and(|wanted| wanted.is_true());
    let errors = options.shift_remove("errors");
    let reach = Reach::of(call.state)?;
    let found = run(
        &name,
        &Lookup {
            terms: &call.more,
            options: &options,
            reach: &reach,
        },
    );
    match found {
        Ok(found) if list => Ok(found.into()),
        Ok(found) => joined(found),
        Err(_)
            if errors.is_some_and(|errors| matches!(errors.as_str(), Some("ignore" | "warn"))) =>
        {
            Ok(if list {
                Vec::<Value>::new().into()
            } else {
                Value::from(())
            })
        }
        Err(error) => Err(error),
    }
}

fn joined(mut found: Vec<Value>) -> Result<Value, Error> {
    if found.len() == 1 {
        return Ok(found.pop().unwrap_or_default());
    }
    let texts: Option<Vec<&str>> = found.iter().map(Value::as_str).collect();
    match texts {
        Some(texts) if !texts.is_empty() => Ok(texts.join(",").into()),
        _ => Ok(found.into()),
    }
}

impl Lookup<'_> {
    /// Returns an option that is set and not null.
    fn option(&self, name: &str) -> Option<&Value> {
        self.options.get(name).filter(|value| !value.is_none())
    }

    /// Returns the text of an option.
    fn text_option(&self, name: &str) -> Result<Option<String>, Error> {
        self.option(name).map(text::text).transpose()
    }

    /// Returns a boolean option; a value that is neither true nor false counts as false.
    fn flag(&self, name: &str, default: bool) -> bool {
        let given = self.option(name);
        given.map_or(default, |value| boolean(value) == Some(true))
    }

    /// Returns the texts of the terms.
    fn texts(&self) -> Result<Vec<String>, Error> {
        self.terms.iter().map(text::text).collect()
    }
}

/// Returns the items of a list, or the value itself as the only item.
fn as_list(value: &Value) -> Result<Vec<Value>, Error> {
    if is_list(value) {
        value.try_iter()?.checked().collect()
    } else {
        Ok(vec![value.clone()])
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}
