//! How other runs refer to this one.

use crate::host::ssh::Controller;

/// Describes a run of this process: what is run, by whom, where and since when.
pub(super) fn of(what: &str) -> String {
    let user = Controller::of_process().user;
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let machine = machine.unwrap_or_else(|_| "this machine".to_owned());
    let since = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC");
    let name = format!(
        "{what} by {user}@{} (process {}) since {since}",
        machine.trim(),
        std::process::id()
    );
    name.chars().filter(|c| !c.is_control()).collect()
}
