//! When something began, and what results say of the time since, in Ansible's forms.

use crate::value::{Fields, Value};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::time::{Duration, Instant};

/// When something began, by the clock of this machine.
#[derive(Debug, Clone)]
pub struct Since {
    time: Zoned,
    instant: Instant,
}

impl Since {
    /// Returns that it begins now.
    pub fn now() -> Self {
        Self {
            time: now(),
            instant: Instant::now(),
        }
    }

    /// Returns `start`, `end` and `delta` of a command that has ended.
    pub fn command(&self) -> Fields {
        let delta = self.instant.elapsed();
        fields([
            ("start", text(&self.time).into()),
            ("end", text(&now()).into()),
            ("delta", timedelta(delta).into()),
        ])
    }

    /// Returns `start`, `stop`, `delta` in whole seconds and `stdout` of a pause that is over.
    pub fn pause(&self) -> Fields {
        let took = self.instant.elapsed();
        let paused = format!("Paused for {:.2} seconds", took.as_secs_f64());
        fields([
            ("start", text(&self.time).into()),
            ("stop", text(&now()).into()),
            ("delta", took.as_secs().into()),
            ("stdout", paused.into()),
        ])
    }
}

fn fields<const N: usize>(entries: [(&str, Value); N]) -> Fields {
    entries.map(|(name, value)| (name.to_owned(), value)).into()
}

fn now() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::system())
}

/// Returns a point in time as Python's `datetime` prints it.
fn text(time: &Zoned) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// Returns a time as Python's `timedelta` prints it.
pub(super) fn timedelta(took: Duration) -> String {
    let (days, seconds) = (took.as_secs() / 86_400, took.as_secs() % 86_400);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    let fraction = match took.subsec_micros() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{days}{hours}:{minutes:02}:{:02}{fraction}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_forms_of_python() {
        for (took, expected) in [
            (Duration::from_micros(36_521), "0:00:00.036521"),
            (Duration::from_secs(3_661), "1:01:01"),
            (Duration::from_secs(86_400), "1 day, 0:00:00"),
            (Duration::from_millis(200_000_500), "2 days, 7:33:20.500000"),
        ] {
            assert_eq!(timedelta(took), expected);
        }
        let time: Timestamp = "2026-11-30T06:50:02.9725Z".parse().unwrap();
        let time = time.to_zoned(TimeZone::UTC);
        assert_eq!(text(&time), "2026-11-30 06:50:02.972500");
    }

    #[test]
    fn a_result_says_when_it_began_and_ended() {
        let since = Since::now();
        let names = |fields: Fields| fields.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(since.command()), ["start", "end", "delta"]);
        assert_eq!(names(since.pause()), ["start", "stop", "delta", "stdout"]);
    }
}
