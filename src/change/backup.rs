//! The path of a backup.

use camino::{Utf8Path, Utf8PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the path for a backup of a file: beside it, named after the current time in UTC, as in
/// `hosts.4711.2026-01-31@08:15:00~`. The number is the nanoseconds, so that two backups within a
/// second have different names; Ansible uses a process id.
pub fn backup_path(path: &Utf8Path) -> Utf8PathBuf {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (number, moment) = (since.subsec_nanos(), moment(since.as_secs()));
    format!("{path}.{number}.{moment}~").into()
}

/// Returns `2026-01-31@08:15:00` for seconds since 1970.
fn moment(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02}@{:02}:{:02}:{:02}",
        time / 3600,
        time / 60 % 60,
        time % 60
    )
}

/// Returns year, month and day for days since 1970, by counting years from March of the year 0 so
/// that the leap day is the last day of a year (Hinnant, `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates_and_times_in_utc() {
        for (seconds, expected) in [
            (0, "1970-01-01@00:00:00"),
            (951_782_399, "2000-02-28@23:59:59"),
            (951_782_400, "2000-02-29@00:00:00"),
            (1_709_251_199, "2024-02-29@23:59:59"),
            (4_107_542_400, "2100-03-01@00:00:00"),
        ] {
            assert_eq!(moment(seconds), expected);
        }
    }
}
