//! Filters that apply a filter or a test to every item.

use crate::template::attribute;
use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::Kwargs;

type Result = std::result::Result<Value, Error>;

/// `map`: an attribute of every item, or the result of a filter for it.
pub(super) fn map(call: &mut Call<'_, '_, '_>) -> Result {
    let items = call.any_items_of(&call.value()?)?;
    if call.more.is_empty() {
        return map_attribute(call, &items);
    }
    let (name, arguments) = named(call)?;
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let arguments = with(&item, &arguments);
        out.push(
            call.state
                .apply_filter(&name, &arguments)
                .map_err(|error| unknown(error, &name))?,
        );
    }
    Ok(out.into())
}

fn map_attribute(call: &Call<'_, '_, '_>, items: &[Value]) -> Result {
    let (mut path, mut default) = (None, None);
    for (name, value) in &call.more_named {
        match name.as_str() {
            "attribute" => path = Some(value.clone()),
            "default" => default = Some(value.clone()),
            _ => return Err(call.wrong(&format!("no argument {name}"))),
        }
    }
    let path = path.ok_or_else(|| call.wrong("a filter or attribute= is needed"))?;
    items
        .iter()
        .map(|item| attribute::at_or(item, &path, default.as_ref()))
        .collect()
}

/// `select`: the items that pass a test, or that are true.
pub(super) fn select(call: &mut Call<'_, '_, '_>) -> Result {
    choose(call, None, true)
}

/// `reject`: the items that fail a test, or that are not true.
pub(super) fn reject(call: &mut Call<'_, '_, '_>) -> Result {
    choose(call, None, false)
}

/// `selectattr`: the items with an attribute that passes a test, or that is true.
pub(super) fn selectattr(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.required("attribute")?;
    choose(call, Some(&path), true)
}

/// `rejectattr`: the opposite.
pub(super) fn rejectattr(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.required("attribute")?;
    choose(call, Some(&path), false)
}

fn choose(call: &mut Call<'_, '_, '_>, path: Option<&Value>, wanted: bool) -> Result {
    let items = call.any_items_of(&call.value()?)?;
    let test = if call.more.is_empty() {
        None
    } else {
        Some(named(call)?)
    };
    let mut out = Vec::new();
    for item in items {
        let subject = match path {
            Some(path) => attribute::at(&item, path)?,
            None => item.clone(),
        };
        let holds = match &test {
            Some((name, arguments)) => {
                let arguments = with(&subject, arguments);
                let result = call.state.perform_test(name, &arguments);
                result.map_err(|error| unknown(error, name))?
            }
            None => {
                text::check(&subject)?;
                subject.is_true()
            }
        };
        if holds == wanted {
            out.push(item);
        }
    }
    Ok(out.into())
}

/// Returns the name of the filter or test and the arguments after it.
fn named(call: &Call<'_, '_, '_>) -> std::result::Result<(String, Vec<Value>), Error> {
    let mut more = call.more.iter().cloned();
    let name = more.next().map(|name| text::text(&name)).transpose()?;
    let mut arguments: Vec<Value> = more.collect();
    if !call.more_named.is_empty() {
        arguments.push(call.more_named.iter().cloned().collect::<Kwargs>().into());
    }
    Ok((name.unwrap_or_default(), arguments))
}

fn with(first: &Value, arguments: &[Value]) -> Vec<Value> {
    std::iter::once(first.clone())
        .chain(arguments.iter().cloned())
        .collect()
}

/// Adds the name, which minijinja omits if there is no such filter or test.
fn unknown(error: Error, name: &str) -> Error {
    use minijinja::ErrorKind::{UnknownFilter, UnknownTest};
    match error.kind() {
        UnknownFilter if error.detail().is_none() => {
            Error::new(UnknownFilter, format!("filter {name} is unknown"))
        }
        UnknownTest if error.detail().is_none() => {
            Error::new(UnknownTest, format!("test {name} is unknown"))
        }
        _ => error,
    }
}
