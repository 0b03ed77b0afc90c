//! Commands that lookups run on this machine.

use crate::host::{Cancel, HostError, Limits, not_on_a_guess};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes a command may print.
const LARGEST_OUTPUT: u64 = 16 << 20;

/// Runs commands on this machine: each is stopped at its time limit or when the run is interrupted.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// The time limit, if any.
    pub timeout: Option<Duration>,
    /// Set when the run is interrupted.
    pub cancel: Cancel,
}

/// Why a command's output is not available.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started or read.
    #[error(transparent)]
    Failed(#[from] std::io::Error),
    /// It took too long, or the run was interrupted.
    #[error(transparent)]
    Limit(#[from] HostError),
    /// It printed too much.
    #[error("it printed more than {LARGEST_OUTPUT} bytes")]
    TooLarge,
}

impl Programs {
    /// Runs a command with `sh` in a folder, and returns its exit status and output.
    #[expect(
        clippy::disallowed_methods,
        reason = "these lookups run commands on this machine: that is what they are for"
    )]
    pub fn output(
        &self,
        command: &str,
        folder: Option<&Path>,
    ) -> Result<(ExitStatus, Vec<u8>), ProgramError> {
        let limits = Limits {
            deadline: self.timeout.map(|timeout| Instant::now() + timeout),
            cancel: self.cancel.clone(),
        };
        not_on_a_guess()?;
        limits.check()?;
        let mut program = std::process::Command::new("/bin/sh");
        program
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // Use a separate process group, so that all of it can be killed.
            .process_group(0);
        if let Some(folder) = folder {
            program.current_dir(folder);
        }
        let (child, group) = start(program)?;
        let outcome = limits.aside(move || finish(child));
        if outcome.is_err() {
            end(group);
        }
        running().groups.retain(|running| Some(*running) != group);
        outcome?
    }

    /// Ends all commands that run, and lets none start any more: rmqplay itself ends.
    pub fn end_all() {
        let mut running = running();
        running.ends = true;
        running.groups.iter().for_each(|group| end(Some(*group)));
    }
}

/// The commands that run.
struct Running {
    groups: Vec<Pid>,
    /// Whether rmqplay ends.
    ends: bool,
}

fn running() -> MutexGuard<'static, Running> {
    static RUNNING: Mutex<Running> = Mutex::new(Running {
        groups: Vec::new(),
        ends: false,
    });
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a command, and returns its process group, too.
fn start(mut program: std::process::Command) -> Result<(Child, Option<Pid>), ProgramError> {
    let mut running = running();
    if running.ends {
        return Err(HostError::Cancelled.into());
    }
    let child = program.spawn()?;
    let group = group(&child);
    running.groups.extend(group);
    Ok((child, group))
}

/// Reads the output of a command until it ends.
fn finish(mut child: Child) -> Result<(ExitStatus, Vec<u8>), ProgramError> {
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LARGEST_OUTPUT + 1).read_to_end(&mut printed)?;
    }
    if printed.len() as u64 > LARGEST_OUTPUT {
        end(group(&child));
        child.wait()?;
        return Err(ProgramError::TooLarge);
    }
    Ok((child.wait()?, printed))
}

fn group(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

fn end(group: Option<Pid>) {
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(milliseconds: u64) -> Programs {
        Programs {
            timeout: Some(Duration::from_millis(milliseconds)),
            cancel: Cancel::default(),
        }
    }

    /// Commands that never end, or not soon.
    const ENDLESS: [&str; 7] = [
        "sleep 1000",
        "exec sleep 1000",
        "sleep 1000 | cat",
        "sleep 1000 & wait",
        "exec >&-; sleep 1000",
        "trap '' TERM INT HUP; while :; do sleep 1000; done",
        "while :; do echo x; sleep 1000; done",
    ];

    #[test]
    fn a_command_ends_with_its_time() {
        for command in ENDLESS {
            let error = programs(200).output(command, None).unwrap_err();
            let right = matches!(error, ProgramError::Limit(HostError::TimedOut));
            assert!(right, "{command}: {error}");
        }
    }

    #[test]
    fn a_command_ends_with_the_run() {
        for command in ENDLESS {
            let folder = tempfile::tempdir().unwrap();
            let fifo = folder.path().join("fifo");
            let programs = Programs::default();
            let made = programs.output(&format!("mkfifo {}", fifo.display()), None);
            made.unwrap();
            let (cancel, started) = (programs.cancel.clone(), fifo.clone());
            std::thread::spawn(move || {
                // This ends once the command has started.
                std::fs::read(started).unwrap();
                cancel.cancel();
            });
            let command = format!("echo > {}; {command}", fifo.display());
            let error = programs.output(&command, None).unwrap_err();
            let right = matches!(error, ProgramError::Limit(HostError::Cancelled));
            assert!(right, "{command}: {error}");
        }
    }

    #[test]
    fn nothing_of_a_command_stays() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = folder.path().join("numbers");
        let command = "sleep 1000 & echo $$ $! > numbers; mv numbers all; wait";
        let programs = Programs::default();
        let (cancel, seen) = (programs.cancel.clone(), folder.path().join("all"));
        std::thread::spawn(move || {
            while !seen.exists() {
                std::thread::yield_now();
            }
            cancel.cancel();
        });
        programs.output(command, Some(folder.path())).unwrap_err();
        assert!(!numbers.exists());
        let started = std::fs::read_to_string(folder.path().join("all")).unwrap();
        for number in started.split_whitespace() {
            let process = Path::new("/proc").join(number).join("cmdline");
            // A killed process exists until it is waited for, but without a command line.
            while std::fs::read(&process).is_ok_and(|line| !line.is_empty()) {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_command_that_prints_without_end_is_ended() {
        let error = Programs::default().output("yes", None).unwrap_err();
        assert_eq!(error.to_string(), "it printed more than 16777216 bytes");
    }

    #[test]
    fn output_and_end_are_returned() {
        let (status, printed) = programs(60_000)
            .output("pwd; exit 3", Some(Path::new("/")))
            .unwrap();
        assert_eq!((status.code(), printed.as_slice()), (Some(3), &b"/\n"[..]));
    }
}
