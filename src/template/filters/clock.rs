//! Filters for dates and times.

use crate::template::call::Call;
use crate::template::numbers::float;
use crate::template::time::{self, now};
use crate::value::Value;
use jiff::tz::TimeZone;
use minijinja::Error;

/// `strftime`: a format applied to the current time, or to a number of seconds since 1970.
pub(super) fn strftime(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut format = call.value_text()?;
    let utc = call.flag("utc", false)?;
    if utc {
        // C's name of it.
        format = format.replace("%Z", "GMT");
    }
    let time = match call.some("second") {
        None => now(utc),
        Some(second) => {
            let bad = || call.wrong(&format!("Invalid value for epoch value ({second})"));
            let seconds = match second.as_str() {
                Some(text) => text.trim().parse().ok(),
                None => float(&second),
            };
            let seconds: f64 = seconds.ok_or_else(bad)?;
            #[expect(clippy::cast_possible_truncation, reason = "strftime has no fractions")]
            let stamp = jiff::Timestamp::from_second(seconds.floor() as i64).map_err(|_| bad())?;
            stamp.to_zoned(if utc {
                TimeZone::UTC
            } else {
                TimeZone::system()
            })
        }
    };
    Ok(time::format(&time, &format)?.into())
}

/// `to_datetime`: the time that a text describes.
pub(super) fn to_datetime(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let format = call
        .text("format")?
        .unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".to_owned());
    Ok(Value::from_object(time::parse(
        &call.value_text()?,
        &format,
    )?))
}
