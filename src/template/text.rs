//! The text of values in Python's form: `str()` and `repr()`.

use super::bounds;
use super::level::Level;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};
use std::fmt::Write;

/// Returns Python's `str()` of a value; fails if the value, or one in it, is the failure of the
/// template or step that it came from.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => {
            let mut out = String::new();
            write_value(&mut out, value, Tuples::AsTuples, false)?;
            Ok(out)
        }
    }
}

/// Returns the output of a template for the value: `str()`, except that tuples are lists and null
/// is empty.
pub(super) fn output(value: &Value) -> Result<String, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(String::new());
    }
    let mut out = String::new();
    write_value(&mut out, value, Tuples::AsLists, false)?;
    Ok(out)
}

/// Returns Python's `repr()` of a value.
pub(super) fn repr(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_value(&mut out, value, Tuples::AsTuples, true)?;
    Ok(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Tuples {
    AsTuples,
    AsLists,
}

fn write_value(out: &mut String, value: &Value, tuples: Tuples, quoted: bool) -> Result<(), Error> {
    bounds::tick()?;
    bounds::fits(out.len()).map_err(|why| Error::new(ErrorKind::InvalidOperation, why))?;
    if value.is_none() {
        out.push_str("None");
        return Ok(());
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::Invalid => check(value)?,
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => out.push_str(&value.to_string()),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(number) => out.push_str(&float(number)),
            Err(_) => out.push_str(&value.to_string()),
        },
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            if quoted {
                write_quoted(out, text);
            } else {
                out.push_str(text);
            }
        }
        ValueKind::Bytes => {
            out.push_str(&String::from_utf8_lossy(
                value.as_bytes().unwrap_or_default(),
            ));
        }
        ValueKind::Seq | ValueKind::Iterable => write_list(out, value, tuples)?,
        ValueKind::Map => write_map(out, value, tuples)?,
        _ => {
            check_function(value)?;
            out.push_str(&value.to_string());
        }
    }
    Ok(())
}

/// Fails if it is a function of templates: only its result can be kept or written.
pub(super) fn check_function(value: &Value) -> Result<(), Error> {
    let object = value.as_object();
    if object.is_some_and(|object| object.type_name().ends_with("::BoxedFunction")) {
        let message = "a function is not a value: call it, with ( ) after its name";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(())
}

fn write_list(out: &mut String, value: &Value, tuples: Tuples) -> Result<(), Error> {
    let _level = Level::enter()?;
    let tuple = value.is_tuple() && tuples == Tuples::AsTuples;
    out.push(if tuple { '(' } else { '[' });
    let mut count = 0;
    for item in value.try_iter()? {
        if count > 0 {
            out.push_str(", ");
        }
        write_value(out, &item, tuples, true)?;
        count += 1;
    }
    if tuple && count == 1 {
        out.push(',');
    }
    out.push(if tuple { ')' } else { ']' });
    Ok(())
}

fn write_map(out: &mut String, value: &Value, tuples: Tuples) -> Result<(), Error> {
    let _level = Level::enter()?;
    out.push('{');
    for (index, key) in value.try_iter()?.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_value(out, &key, Tuples::AsTuples, true)?;
        out.push_str(": ");
        write_value(out, &value.get_item(&key)?, tuples, true)?;
    }
    out.push('}');
    Ok(())
}

/// Returns Python's name for the type of the value.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable if value.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        ValueKind::Undefined => "UndefinedMarker",
        _ => "object",
    }
}

/// Fails if the value is undefined or itself a failure.
pub(super) fn check(value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Invalid => Err(failure(value)),
        // minijinja's error for this names the undefined variable.
        ValueKind::Undefined => value.get_attr("").map(|_| ()),
        _ => Ok(()),
    }
}

/// Returns the error in an invalid value.
pub(super) fn failure(value: &Value) -> Error {
    // Only items of a list return the error in them.
    let list = Value::from(vec![value.clone()]).try_iter();
    let item = list.and_then(|items| items.checked().next().unwrap_or(Ok(Value::UNDEFINED)));
    item.err()
        .unwrap_or_else(|| Error::new(ErrorKind::InvalidOperation, value.to_string()))
}

/// Returns a float in Python's form.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..16).contains(&exponent) {
        let plain = number.to_string();
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn write_quoted(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(character);
            }
            _ if printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                // Writing into a string cannot fail.
                let _ = match code {
                    0..0x100 => write!(out, "\\x{code:02x}"),
                    0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// Returns whether Python's `str.isprintable` is true, as far as Unicode's control, format,
/// separator, private and surrogate ranges are concerned.
pub(super) fn printable(character: char) -> bool {
    let code = u32::from(character);
    !(character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(code, 0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e
            | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff
            | 0xfeff | 0xfff0..=0xfffb | 0xfffe..=0xffff | 0xe_0000..=0x10_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_does() {
        for (number, expected) in [
            (3.0, "3.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn quotes_and_escapes_are_pythons() {
        for (text, expected) in [
            ("x", "'x'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("a\nb\\", "'a\\nb\\\\'"),
            ("é\u{1}\u{a0}\u{2028}", "'é\\x01\\xa0\\u2028'"),
        ] {
            assert_eq!(repr(&Value::from(text)).unwrap(), expected);
        }
    }
}
