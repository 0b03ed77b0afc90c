//! How a service ended, according to systemd.

use super::kernel::printed;
use crate::host::{HostError, Probe};
use std::collections::BTreeMap;

/// How a service ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The text to report.
    pub(super) line: String,
    /// Whether it was killed, in which case the kernel may know more.
    pub(super) was_killed: bool,
}

/// The properties of a service, by systemd's names for them.
struct Told<'a>(BTreeMap<&'a str, &'a str>);

/// Returns how a service ended, given its name without `.service`. Returns `None` if there is no
/// such service, or if it ended because it was stopped.
pub(super) fn ended(host: &Probe, name: &str) -> Result<Option<Ended>, HostError> {
    let properties = "LoadState,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus";
    let unit = format!("{name}.service");
    let text = printed(host, &["systemctl", "show", "-p", properties, &unit])?;
    let lines = text.lines().filter_map(|line| line.split_once('='));
    Ok(Told(lines.collect()).ended())
}

impl Told<'_> {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).copied().unwrap_or_default()
    }

    fn ended(&self) -> Option<Ended> {
        if self.get("LoadState") != "loaded" {
            return None;
        }
        let how = self.how()?;
        let next = if self.get("SubState") == "auto-restart" {
            "; systemd is about to restart it"
        } else if self.get("ActiveState") == "failed" {
            "; systemd has given up restarting it"
        } else {
            ""
        };
        Some(Ended {
            line: how + next,
            was_killed: self.get("ExecMainCode") == "2",
        })
    }

    /// RocketMQ's own exit codes are -1, -2 and -3 in its sources.
    fn how(&self) -> Option<String> {
        if self.get("Result") == "oom-kill" {
            return Some("the kernel killed it, out of memory".to_owned());
        }
        let status = self.get("ExecMainStatus");
        // CLD_EXITED, CLD_KILLED and CLD_DUMPED.
        Some(match (self.get("ExecMainCode"), status) {
            // Java's exit code after SIGTERM.
            ("1", "0" | "143") => return None,
            ("1", "253") => {
                "it exited with 253: its store or configuration could not be loaded".to_owned()
            }
            ("1", "254") => "it exited with 254: ROCKETMQ_HOME is not set".to_owned(),
            ("1", "255") => "it exited with 255: its start failed with an exception".to_owned(),
            ("1", "1") => "it exited with 1: Java itself did not start".to_owned(),
            ("1", other) => format!("it exited with {other}"),
            ("2" | "3", "9") => "it was killed (signal 9)".to_owned(),
            ("2" | "3", signal) => format!("it was killed by signal {signal}"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_remembers_is_told() {
        let again = "; systemd is about to restart it";
        let given_up = "; systemd has given up restarting it";
        for (load, states, result, code, status, expected) in [
            ("not-found", "inactive dead", "success", "0", "0", None),
            ("loaded", "inactive dead", "success", "0", "0", None),
            ("loaded", "inactive dead", "success", "1", "143", None),
            (
                "loaded",
                "activating auto-restart",
                "exit-code",
                "1",
                "253",
                Some(format!(
                    "it exited with 253: its store or configuration could not be loaded{again}"
                )),
            ),
            (
                "loaded",
                "failed failed",
                "start-limit-hit",
                "1",
                "255",
                Some(format!(
                    "it exited with 255: its start failed with an exception{given_up}"
                )),
            ),
            (
                "loaded",
                "activating auto-restart",
                "signal",
                "2",
                "9",
                Some(format!("it was killed (signal 9){again}")),
            ),
            (
                "loaded",
                "failed failed",
                "oom-kill",
                "2",
                "9",
                Some(format!("the kernel killed it, out of memory{given_up}")),
            ),
            (
                "loaded",
                "failed failed",
                "core-dump",
                "3",
                "6",
                Some(format!("it was killed by signal 6{given_up}")),
            ),
            (
                "loaded",
                "failed failed",
                "exit-code",
                "1",
                "203",
                Some(format!("it exited with 203{given_up}")),
            ),
        ] {
            let (active, sub) = states.split_once(' ').unwrap();
            let told = Told(BTreeMap::from([
                ("LoadState", load),
                ("ActiveState", active),
                ("SubState", sub),
                ("Result", result),
                ("ExecMainCode", code),
                ("ExecMainStatus", status),
            ]));
            let found = told.ended().map(|ended| ended.line);
            assert_eq!(found, expected, "{result} {status}");
        }
        assert_eq!(Told(BTreeMap::new()).ended(), None);
    }
}
