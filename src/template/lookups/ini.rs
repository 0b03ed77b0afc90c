//! The lookup `ini`.

use super::{Lookup, arguments, wrong};
use crate::template::regex::{Flags, compile, search};
use crate::template::text;
use crate::value::{self, Fields, Value};
use minijinja::Error;

type Entries = Vec<(String, Option<String>)>;

/// `ini`: keys of a section of an ini or properties file.
pub(super) fn ini(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in lookup.texts()? {
        let mut options: Fields = lookup.options.clone();
        let key = if term.contains('=') || term.trim().contains(' ') {
            let (key, named) = arguments::parse(&term);
            options.extend(
                named
                    .into_iter()
                    .map(|(name, value)| (name, Value::from(value))),
            );
            key
        } else {
            term
        };
        find(lookup, &key, &options, &mut out)?;
    }
    Ok(out)
}

fn find(
    lookup: &Lookup<'_>,
    key: &str,
    options: &Fields,
    out: &mut Vec<Value>,
) -> Result<(), Error> {
    let option = |name: &str, default: &str| {
        options
            .get(name)
            .map_or_else(|| Ok(default.to_owned()), text::text)
    };
    let flag = |name: &str| options.get(name).and_then(value::boolean) == Some(true);
    let file = option("file", "ansible.ini")?;
    let properties = option("type", "ini")? == "properties";
    let cased = flag("case_sensitive");
    let fold = |name: &str| {
        if cased {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    };
    let content = lookup.read(&file)?;
    let sections = sections(&content, properties, &fold);
    let section = if properties {
        String::new()
    } else {
        option("section", "global")?
    };
    if !properties && !sections.iter().any(|(name, _)| *name == section) {
        return Err(wrong(format!("No section '{section}' in '{file}'")));
    }
    // The keys of [DEFAULT] are in every section, after the section's own.
    let named = [section.as_str(), "DEFAULT"];
    let chosen = named
        .iter()
        .flat_map(|wanted| sections.iter().filter(move |(name, _)| name == wanted));
    let entries: Vec<_> = chosen.flat_map(|(_, entries)| entries).collect();
    let raw = options.get("interpolation").is_some() && !flag("interpolation");
    let value = |value: &Option<String>| {
        let value = value.as_deref().unwrap_or_default();
        let value = if raw {
            value.to_owned()
        } else {
            interpolated(value, &entries, &fold, 0)?
        };
        Ok::<_, Error>(Value::from(value))
    };
    if flag("re") {
        let regex = compile(&format!("\\A(?:{key})"), Flags::default())?;
        for (name, found) in &entries {
            if search(&regex, name)?.is_some() {
                out.push(value(found)?);
            }
        }
        return Ok(());
    }
    let key = fold(key);
    match entries.iter().find(|(name, _)| *name == key) {
        Some((_, found)) => out.push(value(found)?),
        None => out.push(option("default", "")?.into()),
    }
    Ok(())
}

/// Returns a value with `%(key)s` replaced by other keys' values, and `%%` by `%`.
fn interpolated(
    value: &str,
    entries: &[&(String, Option<String>)],
    fold: &dyn Fn(&str) -> String,
    depth: usize,
) -> Result<String, Error> {
    if depth > 10 {
        return Err(wrong("the keys of the file stand for each other"));
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let key = after
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(")s"));
        let (key, after) =
            key.ok_or_else(|| wrong(format!("'%' must be followed by '%' or '(' in '{value}'")))?;
        let name = fold(key);
        let found = entries.iter().find(|(known, _)| *known == name);
        let (_, found) = found.ok_or_else(|| {
            wrong(format!(
                "'{value}' names the key '{key}', which does not exist"
            ))
        })?;
        out += &interpolated(
            found.as_deref().unwrap_or_default(),
            entries,
            fold,
            depth + 1,
        )?;
        rest = after;
    }
    Ok(out + rest)
}

/// Returns the sections of a file and their keys; continuation lines are indented.
fn sections(text: &str, properties: bool, fold: &dyn Fn(&str) -> String) -> Vec<(String, Entries)> {
    let mut sections: Vec<(String, Entries)> = Vec::new();
    if properties {
        sections.push((String::new(), Entries::new()));
    }
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let name = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name.filter(|_| !line.starts_with(char::is_whitespace)) {
            sections.push((name.to_owned(), Entries::new()));
            continue;
        }
        let Some((_, entries)) = sections.last_mut() else {
            continue;
        };
        if line.starts_with(char::is_whitespace)
            && let Some((_, Some(value))) = entries.last_mut()
        {
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let entry = match trimmed.split_once(['=', ':']) {
            Some((key, value)) => (fold(key.trim()), Some(value.trim().to_owned())),
            None => (fold(trimmed), None),
        };
        entries.push(entry);
    }
    sections
}
