//! Lookups of variables.

use super::{Lookup, wrong};
use crate::template::guarded::is_undefined;
use crate::template::regex::{Flags, compile, search};
use crate::template::text;
use crate::value::Value;
use minijinja::{Error, ErrorKind};

/// `env`: variables of this process's environment.
pub(super) fn env(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let default = lookup.options.get("default").cloned();
    let default = default.unwrap_or_else(|| Value::from(""));
    let value = |name: &String| {
        let name = name.split_whitespace().next().unwrap_or_default();
        let found = if name.contains('=') {
            None
        } else {
            std::env::var(name).ok()
        };
        found.map_or_else(|| default.clone(), Value::from)
    };
    Ok(lookup.texts()?.iter().map(value).collect())
}

/// `vars`: variables by their name.
pub(super) fn vars(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let context = &lookup.reach.context;
    let find = |term: &Value| {
        let name = term.as_str().ok_or_else(|| {
            wrong(format!(
                "a variable's name must be text, not {}",
                text::type_name(term)
            ))
        })?;
        let value = context.get_attr(name)?;
        if is_undefined(&value)? {
            let missing = || {
                Error::new(
                    ErrorKind::UndefinedError,
                    format!("No variable named '{name}' was found"),
                )
            };
            return lookup.option("default").cloned().ok_or_else(missing);
        }
        Ok(value)
    };
    lookup.terms.iter().map(find).collect()
}

/// `varnames`: the names of the variables that match regular expressions.
pub(super) fn varnames(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let names: Vec<Value> = lookup.reach.context.try_iter()?.collect();
    let mut out = Vec::new();
    for pattern in lookup.texts()? {
        let regex = compile(&pattern, Flags::default())?;
        for name in &names {
            if search(&regex, name.as_str().unwrap_or_default())?.is_some() {
                out.push(name.clone());
            }
        }
    }
    Ok(out)
}
