//! What a template may say about itself.

use crate::value::{Fields, Value};
use jiff::Zoned;
use jiff::tz::TimeZone;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Returns `template_host`, `template_path` and the other variables that Ansible gives a template;
/// `written` is its path as the task names it. What cannot be read is missing.
pub fn about_template(path: &Path, written: &str) -> Fields {
    let mut fields = Fields::new();
    let mut set = |name: &str, value: Option<String>| {
        fields.extend(value.map(|value| (format!("template_{name}"), Value::from(value))));
    };
    let metadata = std::fs::metadata(path).ok();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    set("host", host.map(|name| name.trim().to_owned()));
    set("path", Some(written.to_owned()));
    let full = path.canonicalize().ok();
    set("fullpath", full.map(|path| path.display().to_string()));
    set("uid", metadata.as_ref().map(|file| owner(file.uid())));
    let modified = metadata.and_then(|file| file.modified().ok());
    let modified = modified.and_then(|time| jiff::Timestamp::try_from(time).ok());
    set(
        "mtime",
        modified.map(|time| shown(&time.to_zoned(TimeZone::system()))),
    );
    set("run_date", Some(shown(&Zoned::now())));
    fields
}

/// Returns a moment as Python shows it.
fn shown(time: &Zoned) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

/// Returns the name of a user of this machine, or the number if there is none.
fn owner(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':'));
    let number = uid.to_string();
    let name = users.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    });
    name.unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_knows_its_path_owner_and_time() {
        let about = about_template(Path::new("/etc/passwd"), "passwd");
        let text = |name: &str| about.get(name).map(ToString::to_string).unwrap_or_default();
        assert_eq!(text("template_path"), "passwd");
        assert_eq!(text("template_fullpath"), "/etc/passwd");
        assert_eq!(text("template_uid"), "root");
        for time in ["template_mtime", "template_run_date"] {
            let parts: Vec<_> = text(time)
                .split(['-', ' ', ':', '.'])
                .map(str::len)
                .collect();
            assert_eq!(parts, [4, 2, 2, 2, 2, 2, 6], "{time}");
        }
    }
}
