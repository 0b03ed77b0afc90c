//! The lookup `sequence`.

use super::{Lookup, arguments, wrong};
use crate::template::format;
use crate::template::regex::{Flags, compile, search};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

/// The short form: `[start-]end[/stride][:format]`.
const SHORT: &str = "\\A(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:/(0?x?[0-9a-f]+))?(?::(.+))?\\Z";

struct Sequence {
    start: i64,
    end: Option<i64>,
    count: Option<i64>,
    stride: i64,
    format: String,
}

/// `sequence`: numbers as text, in a form such as `start=1 end=3` or `1-10/2:host%02d`.
pub(super) fn sequence(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut terms = lookup.texts()?;
    if terms.is_empty() && !lookup.options.is_empty() {
        terms.push(String::new());
    }
    let mut out = Vec::new();
    for term in terms {
        let mut sequence = Sequence {
            start: 1,
            end: None,
            count: None,
            stride: 1,
            format: "%d".to_owned(),
        };
        for (name, value) in lookup.options {
            sequence.set(name, &text::text(value)?)?;
        }
        sequence.read(&term)?;
        sequence.write(&mut out)?;
    }
    Ok(out)
}

fn number(text: &str) -> Result<i64, Error> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |digits| (true, digits));
    let lower = digits.to_lowercase();
    let parsed = if let Some(hexadecimal) = lower.strip_prefix("0x") {
        i64::from_str_radix(hexadecimal, 16)
    } else if lower.len() > 1 && lower.starts_with('0') {
        i64::from_str_radix(lower.trim_start_matches("0o"), 8)
    } else {
        lower.parse()
    };
    let parsed = parsed.map_err(|_| wrong(format!("sequence: '{text}' is not a number")))?;
    Ok(if negative { -parsed } else { parsed })
}

impl Sequence {
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "start" => self.start = number(value)?,
            "end" => self.end = Some(number(value)?),
            "count" => self.count = Some(number(value)?),
            "stride" => self.stride = number(value)?,
            "format" => value.clone_into(&mut self.format),
            _ => {
                return Err(wrong(format!(
                    "unrecognized arguments to with_sequence: {name}"
                )));
            }
        }
        Ok(())
    }

    fn read(&mut self, term: &str) -> Result<(), Error> {
        let regex = compile(
            SHORT,
            Flags {
                ignore_case: true,
                multiline: false,
            },
        )?;
        if let Some(found) = search(&regex, term)? {
            for (group, name) in [(1, "start"), (2, "end"), (3, "stride"), (4, "format")] {
                if let Some(value) = found.get(group) {
                    self.set(name, value.as_str())?;
                }
            }
            return Ok(());
        }
        let (rest, named) = arguments::parse(term);
        if !rest.is_empty() {
            return Err(wrong(format!(
                "unrecognized arguments to with_sequence: {rest}"
            )));
        }
        named
            .iter()
            .try_for_each(|(name, value)| self.set(name, value))
    }

    fn write(&self, out: &mut Vec<Value>) -> Result<(), Error> {
        let end = match (self.end, self.count) {
            (None, None) => return Err(wrong("must specify count or end in with_sequence")),
            (Some(_), Some(_)) => {
                return Err(wrong("can't specify both count and end in with_sequence"));
            }
            (Some(end), None) => end,
            (None, Some(0)) => return Ok(()),
            (None, Some(count)) => self
                .start
                .saturating_add(count.saturating_mul(self.stride))
                .saturating_sub(1),
        };
        if self.stride == 0 {
            return Ok(());
        }
        if self.stride > 0 && end < self.start {
            return Err(wrong("to count backwards make stride negative"));
        }
        if self.stride < 0 && end > self.start {
            return Err(wrong("to count forward don't make stride negative"));
        }
        if self.format.matches('%').count() != 1 {
            return Err(wrong(format!("bad formatting string: {}", self.format)));
        }
        if end.abs_diff(self.start) / self.stride.unsigned_abs() > 1_000_000 {
            return Err(wrong("the sequence has more than 1000000 numbers"));
        }
        let mut current = self.start;
        while if self.stride > 0 {
            current <= end
        } else {
            current >= end
        } {
            out.push(format::percent(&self.format, &[current.into()])?.into());
            current = current.saturating_add(self.stride);
        }
        Ok(())
    }
}
