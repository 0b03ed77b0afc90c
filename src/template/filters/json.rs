//! Filters for JSON as Python's `json` module writes it.

use crate::template::bounds;
use crate::template::call::Call;
use crate::template::compare::{compare, is_list};
use crate::template::filters::maps::pairs;
use crate::template::level::Level;
use crate::template::text;
use crate::value::Value;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind};
use std::fmt::Write;

/// The largest indentation of one level, in spaces.
const WIDEST: usize = 1000;

/// The formatting of JSON.
struct Style {
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    sort_keys: bool,
    ascii: bool,
}

impl Style {
    /// Parses the arguments of Python's `json.dumps`.
    fn of(call: &Call<'_, '_, '_>, indent: Option<Value>, sort_keys: bool) -> Result<Self, Error> {
        let mut style = Self {
            indent: None,
            item_separator: String::new(),
            key_separator: ": ".to_owned(),
            sort_keys,
            ascii: true,
        };
        let mut indent = indent;
        let mut separators = None;
        for (name, value) in &call.more_named {
            match name.as_str() {
                "indent" => indent = Some(value.clone()),
                "sort_keys" => style.sort_keys = value.is_true(),
                "ensure_ascii" => style.ascii = value.is_true(),
                "separators" => separators = Some(value.clone()),
                "skipkeys" | "check_circular" | "allow_nan" | "profile" | "vault_to_text"
                | "preprocess_unsafe" => {}
                _ => return Err(call.wrong(&format!("no argument {name}"))),
            }
        }
        style.indent = match indent.filter(|indent| !indent.is_none()) {
            None => None,
            Some(indent) => Some(match (indent.as_str(), indent.as_i64()) {
                (Some(text), _) => text.to_owned(),
                (None, Some(width)) => {
                    let width = usize::try_from(width).unwrap_or(0);
                    if width > WIDEST {
                        return Err(call.wrong(&format!("indent is at most {WIDEST}")));
                    }
                    " ".repeat(width)
                }
                _ => return Err(call.wrong("indent must be a number or text")),
            }),
        };
        style.item_separator = if style.indent.is_some() { "," } else { ", " }.to_owned();
        if let Some(pair) = separators.filter(|pair| !pair.is_none()) {
            style.item_separator = text::text(&pair.get_item_by_index(0)?)?;
            style.key_separator = text::text(&pair.get_item_by_index(1)?)?;
        }
        Ok(style)
    }

    fn write(&self, out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
        let _level = Level::enter()?;
        if value.kind() == ValueKind::Map {
            return self.write_map(out, value, depth);
        }
        if is_list(value) {
            let items: Vec<Value> = value.try_iter()?.checked().collect::<Result<_, _>>()?;
            return self.write_all(out, ('[', ']'), depth, &items, |out, item| {
                self.write(out, item, depth + 1)
            });
        }
        self.write_scalar(out, value)
    }

    fn write_map(&self, out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
        let mut entries = pairs(value)?;
        if self.sort_keys {
            let mut failed = None;
            entries.sort_by(|(left, _), (right, _)| {
                compare(left, right).unwrap_or_else(|error| {
                    failed.get_or_insert(error);
                    std::cmp::Ordering::Equal
                })
            });
            failed.map_or(Ok(()), Err)?;
        }
        self.write_all(out, ('{', '}'), depth, &entries, |out, (key, value)| {
            match key.as_str() {
                Some(key) => self.write_text(out, key),
                None => {
                    out.push('"');
                    self.write_scalar(out, key)?;
                    out.push('"');
                }
            }
            out.push_str(&self.key_separator);
            self.write(out, value, depth + 1)
        })
    }

    fn write_all<T>(
        &self,
        out: &mut String,
        brackets: (char, char),
        depth: usize,
        items: &[T],
        write: impl Fn(&mut String, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        out.push(brackets.0);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push_str(&self.item_separator);
            }
            self.write_break(out, depth + 1);
            write(out, item)?;
        }
        if !items.is_empty() {
            self.write_break(out, depth);
        }
        out.push(brackets.1);
        Ok(())
    }

    fn write_break(&self, out: &mut String, depth: usize) {
        if let Some(indent) = &self.indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    }

    fn write_scalar(&self, out: &mut String, value: &Value) -> Result<(), Error> {
        text::check(value)?;
        if let Some(text) = value.as_str() {
            self.write_text(out, text);
        } else if value.is_none() {
            out.push_str("null");
        } else if value.kind() == ValueKind::Bool {
            out.push_str(if value.is_true() { "true" } else { "false" });
        } else if value.kind() == ValueKind::Number {
            let text = text::text(value)?;
            out.push_str(match text.as_str() {
                "nan" => "NaN",
                "inf" => "Infinity",
                "-inf" => "-Infinity",
                number => number,
            });
        } else if super::super::time::moment(value).is_some() {
            let text = text::text(value)?.replace(' ', "T");
            self.write_text(out, &text);
        } else {
            let message = format!(
                "Object of type {} is not JSON serializable",
                text::type_name(value)
            );
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        Ok(())
    }

    fn write_text(&self, out: &mut String, text: &str) {
        out.push('"');
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                _ if character < ' ' || (self.ascii && !(' '..='~').contains(&character)) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        // Writing to a string cannot fail.
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                _ => out.push(character),
            }
        }
        out.push('"');
    }
}

/// `to_json`: JSON on one line.
pub(super) fn to_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let style = Style::of(call, None, false)?;
    let mut out = String::new();
    style.write(&mut out, &call.value()?, 0)?;
    Ok(out.into())
}

/// `to_nice_json`: JSON with one line per entry, sorted by key.
pub(super) fn to_nice_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let indent = call.get("indent").unwrap_or_else(|| Value::from(4));
    let mut style = Style::of(call, Some(indent), call.flag("sort_keys", true)?)?;
    style.item_separator = ",".to_owned();
    style.key_separator = ": ".to_owned();
    let mut out = String::new();
    style.write(&mut out, &call.value()?, 0)?;
    Ok(out.into())
}

/// `tojson`: JSON that is safe in HTML, sorted by key.
pub(super) fn tojson(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let style = Style::of(call, call.get("indent"), true)?;
    let mut out = String::new();
    style.write(&mut out, &call.value()?, 0)?;
    let safe = out
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027");
    Ok(Value::from_safe_string(safe))
}

/// `from_json`: the value of a JSON text.
pub(super) fn from_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let read = bounds::read(call.value_text()?, |text| {
        let value: serde_json::Value = serde_json::from_str(&text)?;
        Ok(crate::value::of(&value))
    })?;
    read.map_err(|error: serde_json::Error| call.wrong(&format!("this is not JSON: {error}")))
}
