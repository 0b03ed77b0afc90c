//! Modification and access times as tasks write them.

use crate::change::Change;
use crate::host::{Node, Probe, Step};
use crate::module::ModuleError;
use camino::Utf8Path;

/// The time that a task wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// The current one.
    Preserve,
    /// The moment the task runs.
    Now,
    /// Seconds since 1970.
    At(i64),
}

impl Time {
    /// Parses `preserve`, `now`, or a time in the host's time zone written in `format`.
    pub(super) fn read(
        written: Option<&str>,
        format: &str,
        default: Time,
        host: &Probe,
    ) -> Result<Self, ModuleError> {
        match written {
            None => Ok(default),
            Some("preserve") => Ok(Time::Preserve),
            Some("now") => Ok(Time::Now),
            Some(text) => {
                let local = seconds(text, format).ok_or_else(|| {
                    ModuleError::refused(format!("the time {text:?} is not written as {format:?}"))
                })?;
                Ok(Time::At(local - offset(host)?))
            }
        }
    }

    /// Returns the time for a step that touches `node`: `None` is now.
    pub(super) fn of(self, present: i64) -> Option<i64> {
        match self {
            Time::Preserve => Some(present),
            Time::Now => None,
            Time::At(time) => Some(time),
        }
    }

    /// Returns whether `present` is the wanted time.
    pub(super) fn holds(self, present: i64) -> bool {
        match self {
            Time::Preserve => true,
            Time::Now => false,
            Time::At(time) => time == present,
        }
    }
}

/// Both times of a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) modified: Time,
    pub(super) accessed: Time,
}

impl Times {
    /// Returns whether `node` has the wanted times.
    pub(super) fn hold(self, node: &Node) -> bool {
        self.modified.holds(node.modified) && self.accessed.holds(node.accessed)
    }
}

/// How many seconds the host's time zone is ahead of UTC at present.
fn offset(host: &Probe) -> Result<i64, ModuleError> {
    let facts = host.facts()?;
    let time = facts.0.get("date_time").cloned().unwrap_or_default();
    let offset = time.get_attr("tz_offset").unwrap_or_default();
    let offset = offset.as_str().unwrap_or("+0000");
    let number: i64 = offset.trim_start_matches(['+', '-']).parse().unwrap_or(0);
    let seconds = (number / 100 * 60 + number % 100) * 60;
    Ok(if offset.starts_with('-') {
        -seconds
    } else {
        seconds
    })
}

/// Parses a time by a format of `strptime` with only numbers.
fn seconds(text: &str, format: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (1900, 1, 1);
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    let mut rest = text;
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        let directive = letters.next()?;
        let (part, digits) = match directive {
            'Y' => (&mut year, 4),
            'm' => (&mut month, 2),
            'd' => (&mut day, 2),
            'H' => (&mut hour, 2),
            'M' => (&mut minute, 2),
            'S' => (&mut second, 2),
            '%' => {
                rest = rest.strip_prefix('%')?;
                continue;
            }
            _ => return None,
        };
        let length = rest
            .chars()
            .take(digits)
            .take_while(char::is_ascii_digit)
            .count();
        *part = rest.get(..length)?.parse().ok()?;
        rest = rest.get(length..)?;
    }
    let valid = rest.is_empty()
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 62;
    valid.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Returns the days from 1970 to a date, counting years from March so that the leap day is the last
/// day of a year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Sets the times of an existing path if they differ.
pub(super) fn ensure_times(change: &mut Change, path: &Utf8Path, node: &Node, times: Times) {
    if !times.hold(node) {
        change.steps.push(Step::Touch {
            path: path.to_owned(),
            modified: times.modified.of(node.modified),
            accessed: times.accessed.of(node.accessed),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_their_format() {
        let usual = "%Y%m%d%H%M.%S";
        for (text, format, expected) in [
            ("197001010000.00", usual, Some(0)),
            ("202402291200.30", usual, Some(1_709_208_030)),
            ("1969-12-31 23:59:59", "%Y-%m-%d %H:%M:%S", Some(-1)),
            ("2024-02-29", "%Y-%m-%d", Some(1_709_164_800)),
            ("2024-13-01", "%Y-%m-%d", None),
            ("yesterday", usual, None),
            ("2024", "%y", None),
        ] {
            assert_eq!(seconds(text, format), expected, "{text}");
        }
    }
}
