//! Reads zip.

use super::entry::Visit;
use super::{ArchiveError, Entry, EntryKind};
use camino::Utf8PathBuf;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;
use zip::extra_fields::ExtraField;
use zip::read::ZipFile;

/// The longest target of a symbolic link in bytes: Linux's own limit.
const LONGEST_TARGET: u64 = 4096;

/// Calls `visit` for each entry in order, with its content.
pub(super) fn walk(path: &Path, file: File, visit: &mut Visit) -> Result<(), ArchiveError> {
    let damaged = |error: zip::result::ZipError| ArchiveError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(damaged)?;
        let entry = entry(&mut file).map_err(|error| damaged(error.into()))?;
        // An entry longer than declared is damaged, which its checksum would only reveal too late.
        let size = entry.size;
        visit(entry, &mut file.by_ref().take(size))?;
    }
    Ok(())
}

fn entry<R: Read>(file: &mut ZipFile<'_, R>) -> std::io::Result<Entry> {
    const TYPE: u32 = 0o170_000;
    let mode = file.unix_mode();
    let kind = if file.is_dir() {
        EntryKind::Directory
    } else {
        match mode.map_or(0, |mode| mode & TYPE) {
            0o120_000 => {
                let mut target = String::new();
                file.take(LONGEST_TARGET).read_to_string(&mut target)?;
                EntryKind::Symlink {
                    target: Utf8PathBuf::from(target),
                }
            }
            0 | 0o100_000 => EntryKind::File,
            0o040_000 => EntryKind::Directory,
            _ => EntryKind::Special("a device or a pipe"),
        }
    };
    let default = if kind == EntryKind::Directory {
        0o755
    } else {
        0o644
    };
    Ok(Entry {
        // Old versions of Windows' own packer wrote backslashes.
        path: file.name()?.replace('\\', "/"),
        mode: mode.map_or(default, |mode| mode & 0o7777),
        size: file.size(),
        modified: modified(file),
        sha256: None,
        kind,
    })
}

/// Zip itself stores local time without a time zone; Unix packers add the time in an extra field.
fn modified<R: Read>(file: &ZipFile<'_, R>) -> i64 {
    let exact = file.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(times) => times.mod_time(),
        _ => None,
    });
    if let Some(seconds) = exact {
        return i64::from(seconds);
    }
    file.last_modified().map_or(0, |time| {
        let days = days_since_1970(time.year().into(), time.month().into(), time.day().into());
        let hours = days * 24 + i64::from(time.hour());
        (hours * 60 + i64::from(time.minute())) * 60 + i64::from(time.second())
    })
}

/// Counts years from March, so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::days_since_1970;

    #[test]
    fn days_are_counted_from_1970() {
        for ((year, month, day), days) in [
            ((1970, 1, 1), 0),
            ((1980, 1, 1), 3652),
            ((2000, 2, 29), 11016),
            ((2000, 3, 1), 11017),
            ((2026, 11, 22), 20779),
        ] {
            assert_eq!(
                days_since_1970(year, month, day),
                days,
                "{year}-{month}-{day}"
            );
        }
    }
}
