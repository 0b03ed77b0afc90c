//! What the kernel did: which programs it killed when out of memory, and when it booted.

use crate::host::{Command, HostError, Probe};

/// Reasons of the machine itself for the end of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kernel {
    /// When the machine booted, in seconds since 1970; 0 if unknown.
    pub(super) started: i64,
    /// The Java programs killed when out of memory, oldest first.
    pub(super) killed: Vec<Killed>,
}

/// A Java program that the kernel killed when out of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Killed {
    /// Its process id.
    pub(super) pid: u32,
    /// When, in seconds since 1970, give or take a few: the kernel's clock drifts.
    pub(super) at: i64,
}

/// How far the kernel's clock may differ from that of files, in seconds.
const DRIFT: i64 = 10;

impl Kernel {
    /// Asks a machine. Kernel messages that only root may read count as missing.
    pub(super) fn look(host: &Probe) -> Result<Self, HostError> {
        let stat = printed(host, &["grep", "-s", "^btime", "/proc/stat"])?;
        let number = stat.split_whitespace().nth(1);
        let started = number.and_then(|number| number.parse().ok());
        let started = started.unwrap_or_default();
        let messages = printed(host, &["dmesg"])?;
        Ok(Self {
            started,
            killed: killed(&messages, started),
        })
    }

    /// Returns the first program killed after another one last wrote something. A program that
    /// wrote later must be a different one.
    pub(super) fn killed_after(&self, last_sign: i64) -> Option<&Killed> {
        let mut killed = self.killed.iter();
        killed.find(|killed| killed.at + DRIFT >= last_sign)
    }
}

/// Returns what a command prints, or an empty text if it is missing or fails.
pub(super) fn printed(host: &Probe, argv: &[&str]) -> Result<String, HostError> {
    match host.query(&Command::new(argv.iter().copied())) {
        Ok(output) if output.status == 0 => Ok(String::from_utf8_lossy(&output.stdout).into()),
        Ok(_) | Err(HostError::Step { .. }) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Finds the Java programs killed when out of memory: `Out of memory: Killed process 7 (java) …`,
/// with or without `Memory cgroup` before it, or the summary before that line.
fn killed(messages: &str, started: i64) -> Vec<Killed> {
    let mut all: Vec<Killed> = Vec::new();
    for line in messages.lines() {
        // `<6>[ 1234.567890] message`
        let Some((stamp, said)) = line
            .split_once('[')
            .and_then(|(_, line)| line.split_once(']'))
        else {
            continue;
        };
        let seconds = stamp.trim().split('.').next().unwrap_or_default();
        let (Some(pid), Ok(seconds)) = (pid(said), seconds.parse::<i64>()) else {
            continue;
        };
        if all.iter().all(|known| known.pid != pid) {
            let at = started.saturating_add(seconds);
            all.push(Killed { pid, at });
        }
    }
    all
}

/// Returns the process that a message reports as killed.
fn pid(said: &str) -> Option<u32> {
    let pid = if let Some((_, summary)) = said.split_once("oom-kill:") {
        let (_, pid) = summary.split_once("task=java,pid=")?;
        pid.split(',').next()?
    } else {
        // `Killed process 7 (java)`, `Kill process 7 (java) score 900 or sacrifice child`.
        let (before, process) = said.split_once(" process ")?;
        if !before.ends_with("Killed") && !before.ends_with("Kill") {
            return None;
        }
        let (pid, rest) = process.split_once(' ')?;
        rest.starts_with("(java)").then_some(pid)?
    };
    pid.trim_end_matches(',').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wording of kernels from 2.6 to 6.x.
    #[test]
    fn what_kernels_say_of_java_is_found() {
        for (message, expected) in [
            (
                "[  100.5] Out of memory: Killed process 7 (java) total-vm:9kB, anon-rss:8kB, UID:0",
                Some(7),
            ),
            (
                "[  100.5] Out of memory: Kill process 7 (java) score 902 or sacrifice child",
                Some(7),
            ),
            (
                "[  100.5] Killed process 7, UID 1000, (java) total-vm:9kB",
                None,
            ),
            (
                "[  100.5] Killed process 7 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB",
                Some(7),
            ),
            (
                "<3>[  100.5] Memory cgroup out of memory: Killed process 7 (java) total-vm:9kB",
                Some(7),
            ),
            (
                "[  100.5] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=java,pid=7,uid=1000",
                Some(7),
            ),
            (
                "[  100.5] oom-kill:constraint=CONSTRAINT_NONE,task=mysqld,pid=7,uid=1000",
                None,
            ),
            (
                "[  100.5] Out of memory: Killed process 7 (mysqld) total-vm:9kB",
                None,
            ),
            (
                "[  100.5] oom_reaper: reaped process 7 (java), now anon-rss:0kB",
                None,
            ),
            ("[  100.5] audit: java", None),
            ("no stamp: Killed process 7 (java)", None),
        ] {
            let found = killed(message, 1000);
            let expected: Vec<_> = expected
                .map(|pid| Killed { pid, at: 1100 })
                .into_iter()
                .collect();
            assert_eq!(found, expected, "{message}");
        }
    }

    #[test]
    fn what_still_wrote_afterwards_was_not_ended() {
        let kernel = Kernel {
            started: 0,
            killed: vec![Killed { pid: 7, at: 100 }, Killed { pid: 8, at: 500 }],
        };
        for (last_sign, expected) in [(90, Some(7)), (105, Some(7)), (400, Some(8)), (511, None)] {
            let found = kernel.killed_after(last_sign).map(|killed| killed.pid);
            assert_eq!(found, expected, "{last_sign}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_messages_are_read(messages in "(\\[|\\]| process |Killed|oom-kill:|task=java,pid=|[0-9 .(),]|java|\\n){0,40}") {
            let _ = killed(&messages, 0);
        }
    }
}
