//! Directories, links, attributes, times and removal.

use super::request::Request;
use super::{PLACE, WAY, exact_mode};
use crate::host::shell::date::Time;
use crate::host::shell::script::{Library, Script};
use crate::host::shell::shell_host::BASE;
use crate::host::shell::unfinished::{UNFINISHED, temporary_name};
use crate::host::step::check_removable;
use crate::host::{HostError, Ownership};
use camino::Utf8Path;

const FILES: Library = Library {
    name: "files",
    text: include_str!("files.sh"),
};

/// Returns the call of a library function on `path`, with further words.
fn call((function, action): (&str, &str), path: &Utf8Path, words: &[&str]) -> Request {
    let mut script = Script::with(&[&BASE, &UNFINISHED, &WAY, &PLACE, &FILES]);
    script.call(function, [path.as_str()].iter().chain(words));
    Request::new(script, format!("{action} {path}"), path)
}

/// Makes a directory.
pub(super) fn mkdir(path: &Utf8Path, ownership: &Ownership) -> Request {
    let mode = exact_mode(ownership.mode);
    let owner = ownership.owner.as_deref().unwrap_or("");
    let group = ownership.group.as_deref().unwrap_or("");
    let how = ("rmq_mkdir", "make the directory");
    call(how, path, &[&mode, owner, group])
}

/// Makes a symbolic link.
pub(super) fn symlink(
    path: &Utf8Path,
    target: &Utf8Path,
    before: Option<&Utf8Path>,
) -> Result<Request, HostError> {
    let before = before.map_or("", Utf8Path::as_str);
    let words = [&temporary_name()?, target.as_str(), before];
    Ok(call(("rmq_symlink", "make the link"), path, &words))
}

/// Makes a hard link.
pub(super) fn hardlink(path: &Utf8Path, target: &Utf8Path) -> Result<Request, HostError> {
    let words = [&temporary_name()?, target.as_str()];
    Ok(call(("rmq_hardlink", "make the link"), path, &words))
}

/// Sets owner, group and mode.
pub(super) fn attributes(path: &Utf8Path, after: &Ownership, follow: bool) -> Request {
    let words = [
        if follow { "follow" } else { "" },
        &exact_mode(after.mode),
        after.owner.as_deref().unwrap_or(""),
        after.group.as_deref().unwrap_or(""),
    ];
    let how = ("rmq_attributes", "change the attributes of");
    call(how, path, &words)
}

/// Makes an empty file, or sets times.
pub(super) fn touch(path: &Utf8Path, modified: Option<i64>, accessed: Option<i64>) -> Request {
    let time = |seconds: Option<i64>| seconds.map(touch_time).unwrap_or_default();
    let words = [&*time(modified), &*time(accessed)];
    call(("rmq_touch", "touch"), path, &words)
}

/// Removes what is at a path.
pub(super) fn remove(path: &Utf8Path, directory: bool) -> Result<Request, HostError> {
    check_removable(path)?;
    let function = if directory {
        "rmq_remove_directory"
    } else {
        "rmq_remove_file"
    };
    Ok(call((function, "remove"), path, &[]))
}

/// Moves a file within one file system.
pub(super) fn rename(from: &Utf8Path, to: &Utf8Path) -> Request {
    call(("rmq_rename", "rename"), from, &[to.as_str()])
}

/// Formats a time in UTC for `touch -t`: the only form that every touch accepts.
fn touch_time(seconds: i64) -> String {
    let time = Time::of(seconds);
    format!(
        "{:04}{:02}{:02}{:02}{:02}.{:02}",
        time.year, time.month, time.day, time.hour, time.minute, time.second
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, written) in [
            (0, "197001010000.00"),
            (951_782_399, "200002282359.59"),
            (951_868_799, "200002292359.59"),
            (1_700_000_000, "202311142213.20"),
            (-1, "196912312359.59"),
            (4_107_542_400, "210003010000.00"),
        ] {
            assert_eq!(touch_time(seconds), written);
        }
    }
}
