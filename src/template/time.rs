//! Points in time and durations: Python's `datetime` and `timedelta`.

use crate::value::Value;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State};
use std::fmt;
use std::sync::Arc;

/// A point in time without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) DateTime);

/// The time between two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(SignedDuration);

/// Returns the point in time, if the value is one.
pub(super) fn moment(value: &Value) -> Option<Moment> {
    value.downcast_object_ref::<Moment>().copied()
}

/// Returns the current time in a time zone.
pub(super) fn now(utc: bool) -> Zoned {
    let zone = if utc {
        TimeZone::UTC
    } else {
        TimeZone::system()
    };
    Timestamp::now().to_zoned(zone)
}

/// Formats a time with Python's `strftime` directives.
pub(super) fn format(time: &Zoned, directives: &str) -> Result<String, Error> {
    // The forms of the C locale, in which Ansible runs by default.
    let directives = directives
        .replace("%c", "%a %b %e %H:%M:%S %Y")
        .replace("%x", "%m/%d/%y")
        .replace("%X", "%H:%M:%S");
    jiff::fmt::strtime::format(&directives, time).map_err(wrong)
}

/// Parses a time with Python's `strptime` directives.
pub(super) fn parse(text: &str, directives: &str) -> Result<Moment, Error> {
    let parsed = jiff::fmt::strtime::parse(directives, text).map_err(wrong)?;
    let midnight = jiff::civil::Time::midnight();
    let date = parsed
        .to_date()
        .or_else(|_| jiff::civil::Date::new(1900, 1, 1));
    let time = parsed.to_time().unwrap_or(midnight);
    Ok(Moment(date.map_err(wrong)?.to_datetime(time)))
}

/// Returns the difference of two times, or a time moved back, or `None` if the values are not
/// times.
pub(super) fn subtract(left: &Value, right: &Value) -> Option<Result<Value, Error>> {
    let left = moment(left)?;
    if let Some(right) = moment(right) {
        let span = left.0.duration_since(right.0);
        return Some(Ok(Value::from_object(Span(span))));
    }
    let span = right.downcast_object_ref::<Span>()?;
    Some(
        left.0
            .checked_sub(span.0)
            .map(|moved| Value::from_object(Moment(moved)))
            .map_err(wrong),
    )
}

fn wrong(error: jiff::Error) -> Error {
    Error::new(ErrorKind::InvalidOperation, error.to_string())
}

fn unknown_method() -> Error {
    Error::from(ErrorKind::UnknownMethod)
}

impl Moment {
    /// Converts it to the time zone of this machine.
    pub(super) fn local(self) -> Result<Zoned, Error> {
        self.0.to_zoned(TimeZone::system()).map_err(wrong)
    }

    fn iso(self, separator: &str) -> String {
        let (date, time) = (self.0.date(), self.0.time());
        let fraction = match time.subsec_nanosecond() / 1000 {
            0 => String::new(),
            micros => format!(".{micros:06}"),
        };
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{date}{separator}{hour:02}:{minute:02}:{second:02}{fraction}")
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.iso(" "))
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => self.0.year().into(),
            "month" => self.0.month().into(),
            "day" => self.0.day().into(),
            "hour" => self.0.hour().into(),
            "minute" => self.0.minute().into(),
            "second" => self.0.second().into(),
            "microsecond" => (self.0.subsec_nanosecond() / 1000).into(),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let first = arguments.first().and_then(Value::as_str);
        Ok(match method {
            "strftime" => format(&self.local()?, first.unwrap_or_default())?.into(),
            "isoformat" => self.iso(first.unwrap_or("T")).into(),
            "timestamp" => {
                let nanoseconds = self.local()?.timestamp().as_nanosecond();
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "Python's timestamp is a float too"
                )]
                let seconds = nanoseconds as f64 / 1e9;
                seconds.into()
            }
            "date" => self.0.date().to_string().into(),
            "time" => self.0.time().to_string().into(),
            "weekday" => self.0.weekday().to_monday_zero_offset().into(),
            "isoweekday" => self.0.weekday().to_monday_one_offset().into(),
            _ => return Err(unknown_method()),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, formatter)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = self.days_and_seconds();
        if days != 0 {
            let plural = if days.abs() == 1 { "" } else { "s" };
            write!(formatter, "{days} day{plural}, ")?;
        }
        let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(formatter, "{hours}:{minutes:02}:{seconds:02}")?;
        match self.microseconds() {
            0 => Ok(()),
            micros => write!(formatter, ".{micros:06}"),
        }
    }
}

impl Span {
    /// Returns whole days, rounded down, and the remaining seconds.
    fn days_and_seconds(&self) -> (i64, i64) {
        let seconds = self.0.as_nanos().div_euclid(1_000_000_000);
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        (seconds.div_euclid(86400), seconds.rem_euclid(86400))
    }

    fn microseconds(&self) -> i64 {
        i64::try_from(self.0.as_nanos().rem_euclid(1_000_000_000) / 1000).unwrap_or(0)
    }
}

impl Object for Span {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "days" => self.days_and_seconds().0.into(),
            "seconds" => self.days_and_seconds().1.into(),
            "microseconds" => self.microseconds().into(),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "total_seconds" => Ok(self.0.as_secs_f64().into()),
            _ => Err(unknown_method()),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, formatter)
    }
}
