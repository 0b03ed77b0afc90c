//! Python's `%` and `str.format`, based on minijinja's formatting of single values.

use super::text;
use crate::value::Value;
use minijinja::formatting::{FormatStyle, format};
use minijinja::{Error, ErrorKind};

/// The maximum width of a formatted value.
const WIDEST: usize = 1_000_000;

/// Returns the text with `%s`, `%d` and so on replaced by values.
pub(super) fn percent(template: &str, values: &[Value]) -> Result<String, Error> {
    let mut out = String::with_capacity(template.len());
    let mut given = Vec::with_capacity(values.len());
    let mut values_left = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        out.push('%');
        let (key, flags) = match after
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'))
        {
            Some((key, flags)) => (Some(key), flags),
            None => (None, after),
        };
        let end = flags.find(|c: char| c.is_ascii_alphabetic() && !"hlL".contains(c) || c == '%');
        let end = end.ok_or_else(|| wrong("incomplete format".to_owned()))?;
        let (flags, conversion) = flags.split_at(end);
        let kind = conversion.chars().next().unwrap_or('%');
        rest = conversion.get(kind.len_utf8()..).unwrap_or_default();
        let mut spec = String::new();
        for part in flags.split_inclusive('*') {
            spec.push_str(part.trim_end_matches('*'));
            if part.ends_with('*') {
                let width = values_left.next().and_then(Value::as_i64);
                let width = width.ok_or_else(|| wrong("* wants int".to_owned()))?;
                spec.push_str(&width.to_string());
            }
        }
        check_widths(&spec)?;
        out.push_str(&spec);
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match (key, values) {
            (Some(key), [map]) => {
                let value = map.get_attr(key)?;
                if value.is_undefined() {
                    return Err(wrong(format!("there is no key '{key}' to format")));
                }
                value
            }
            (Some(_), _) => return Err(wrong("format requires a mapping".to_owned())),
            (None, _) => {
                let next = values_left.next().cloned();
                next.ok_or_else(|| wrong("not enough arguments for format string".to_owned()))?
            }
        };
        text::check(&value)?;
        given.push(match kind {
            's' => text::text(&value)?.into(),
            'r' | 'a' => text::repr(&value)?.into(),
            _ => value,
        });
        out.push(if matches!(kind, 'r' | 'a') { 's' } else { kind });
    }
    let named = template.contains("%(");
    let map = matches!(values, [value] if value.kind() == minijinja::value::ValueKind::Map);
    if values_left.next().is_some() && !named && !map {
        return Err(wrong(
            "not all arguments converted during string formatting".to_owned(),
        ));
    }
    out.push_str(rest);
    format(FormatStyle::Printf, &out, &given)
}

/// Returns the text with `{}`, `{0}` or `{name}` replaced by values.
pub(super) fn braces(
    template: &str,
    values: &[Value],
    named: &dyn Fn(&str) -> Option<Value>,
) -> Result<String, Error> {
    let mut out = String::with_capacity(template.len());
    let mut next = 0;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if from.starts_with("{{") || from.starts_with("}}") {
            out.push_str(from.get(..1).unwrap_or_default());
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        let Some(field) = from.strip_prefix('{') else {
            return Err(wrong("Single '}' encountered in format string".to_owned()));
        };
        let end =
            closing(field).ok_or_else(|| wrong("expected '}' before end of string".to_owned()))?;
        let (field, after) = field.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let (path, spec) = field.split_once(':').unwrap_or((field, ""));
        let (path, conversion) = path.split_once('!').unwrap_or((path, ""));
        let value = at_path(path, values, &mut next, named)?;
        text::check(&value)?;
        let value = match conversion {
            "" if spec.is_empty() => text::text(&value)?.into(),
            "" => value,
            "s" => text::text(&value)?.into(),
            "r" | "a" => text::repr(&value)?.into(),
            other => return Err(wrong(format!("unknown conversion specifier '{other}'"))),
        };
        // Fields within the specification are replaced first.
        let spec = braces(spec, values, named)?;
        check_widths(&spec)?;
        out.push_str(&format(
            FormatStyle::StrFormat,
            &format!("{{:{spec}}}"),
            &[value],
        )?);
    }
    out.push_str(rest);
    Ok(out)
}

/// Returns the position of the brace that closes a field.
fn closing(field: &str) -> Option<usize> {
    let mut depth = 0;
    field
        .char_indices()
        .find_map(|(at, character)| match character {
            '{' => {
                depth += 1;
                None
            }
            '}' if depth == 0 => Some(at),
            '}' => {
                depth -= 1;
                None
            }
            _ => None,
        })
}

/// Returns the value of a field such as `0`, `name.attribute` or `[key]`.
fn at_path(
    path: &str,
    values: &[Value],
    next: &mut usize,
    named: &dyn Fn(&str) -> Option<Value>,
) -> Result<Value, Error> {
    let (name, mut steps) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let position = if name.is_empty() {
        *next += 1;
        Some(*next - 1)
    } else {
        name.parse::<usize>().ok()
    };
    let value = match position {
        Some(index) => values.get(index).cloned().ok_or_else(|| {
            wrong(format!(
                "Replacement index {index} out of range for positional args tuple"
            ))
        }),
        None => {
            named(name).ok_or_else(|| wrong(format!("there is no argument '{name}' to format")))
        }
    };
    let mut value = value?;
    while !steps.is_empty() {
        let (key, rest) = match steps
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'))
        {
            Some(step) => step,
            None => {
                let step = steps.trim_start_matches('.');
                step.split_at(step.find(['.', '[']).unwrap_or(step.len()))
            }
        };
        let key = key
            .parse::<i64>()
            .map_or_else(|_| Value::from(key), Value::from);
        value = value.get_item(&key)?;
        if rest.len() >= steps.len() {
            return Err(wrong(format!("the field '{path}' is wrong")));
        }
        steps = rest;
    }
    Ok(value)
}

/// Rejects a width or a precision that would fill the memory.
fn check_widths(spec: &str) -> Result<(), Error> {
    let numbers = spec.split(|character: char| !character.is_ascii_digit());
    let mut widths = numbers.filter(|number| !number.is_empty());
    if widths.any(|width| width.parse().map_or(true, |width: usize| width > WIDEST)) {
        return Err(wrong(format!("a width is at most {WIDEST}")));
    }
    Ok(())
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_formatted_as_in_python() {
        let values = [Value::from("a"), Value::from(3), Value::from(2.5)];
        assert_eq!(
            percent(
                "%s|%5d|%r%%",
                &[values[0].clone(), values[1].clone(), values[0].clone()]
            )
            .unwrap(),
            "a|    3|'a'%"
        );
        assert_eq!(percent("%*d", &[4.into(), 3.into()]).unwrap(), "   3");
        assert!(percent("%s", &values).is_err());
        assert!(percent("%s %s", &values[..1]).is_err());
        let none = |_: &str| None;
        assert_eq!(
            braces("{} {1:>3} {2:.2f} {0!r} {{}}", &values, &none).unwrap(),
            "a   3 2.50 'a' {}"
        );
        assert_eq!(braces("{0:{1}}|", &values, &none).unwrap(), "a  |");
        assert!(braces("{x}", &values, &none).is_err());
        let list = [Value::from(vec![1, 2])];
        assert_eq!(braces("{0[1]} {0}", &list, &none).unwrap(), "2 [1, 2]");
    }
}
