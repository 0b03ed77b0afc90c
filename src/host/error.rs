//! What can go wrong between rmqplay and a host.

use super::Output;
use camino::Utf8PathBuf;
use std::time::Duration;

/// What to do when a host was lost while something was under way on it.
pub const RUN_AGAIN: &str =
    "what was under way there may be done or not: run it again, which goes on from what it finds";

/// Why there is no TCP connection where the other machine is reached, but nothing listens there.
pub const REFUSED: &str = "the connection is refused";

/// What can go wrong between rmqplay and a host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No connection, or it broke: the host is unreachable.
    #[error("{reason}")]
    Unreachable {
        /// What failed, such as `connection to 192.168.2.201:22 refused`.
        reason: String,
        /// What the user can do about it, such as the command that accepts a host key.
        help: Option<String>,
    },
    /// Another user could not be become.
    #[error("cannot become {user}: {reason}")]
    Become {
        /// The user.
        user: String,
        /// What sudo or su said.
        reason: String,
    },
    /// No TCP connection from the host to an address, or it broke.
    #[error("cannot talk to {address}: {reason}")]
    NotConnected {
        /// Where to, such as `192.168.2.201:9876`.
        address: String,
        /// What failed, such as `connection refused`.
        reason: String,
    },
    /// The host's sshd makes no TCP connections for us.
    #[error("the sshd of {host} forbids connections through it, here to {address}")]
    ForwardingForbidden {
        /// The host.
        host: String,
        /// Where to.
        address: String,
    },
    /// A path could not be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// The path.
        path: Utf8PathBuf,
        /// What the host said.
        reason: String,
    },
    /// A step failed.
    #[error("cannot {action}: {reason}")]
    Step {
        /// What was to be done, such as `write /etc/hosts`.
        action: String,
        /// What the host said.
        reason: String,
    },
    /// A path was changed after the step was planned, and not by this run.
    #[error(
        "{path} was changed while this task was running, possibly by another run; nothing was written"
    )]
    ChangedSincePlan {
        /// The path.
        path: Utf8PathBuf,
    },
    /// A command of a step ended with an exit code other than 0.
    #[error("{command} failed with exit code {}", output.status)]
    Command {
        /// The command line.
        command: String,
        /// What it left.
        output: Output,
    },
    /// What was waited for did not come to hold.
    #[error("{}", not_happened(what, *after, *gone))]
    NotHappened {
        /// What was waited for.
        what: String,
        /// How long it was waited for.
        after: Duration,
        /// Whether the program in question ended meanwhile.
        gone: bool,
        /// The last lines of its log.
        log: Option<String>,
        /// What to do about it.
        help: Option<String>,
    },
    /// The host gave an answer that makes no sense: a defect, or a very unusual shell.
    #[error("cannot understand the host's answer: {0}")]
    Protocol(String),
    /// Another run has a lock.
    #[error("another run has the lock {name}: {holder}")]
    Locked {
        /// The lock.
        name: String,
        /// The run, in words.
        holder: String,
    },
    /// The host lacks what is needed.
    #[error("the host has no {0}")]
    Missing(String),
    /// In check mode a later task wants to read what only a real run would have made.
    #[error(transparent)]
    NotKnown(#[from] crate::value::NotKnown),
    /// A file of the controller could not be read while it was sent.
    #[error("cannot read {} on this machine: {source}", path.display())]
    Local {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// It happened while a command ran, which may have done what it should, or a part of it.
    #[error("{0}")]
    WhileRunning(Box<HostError>),
    /// The deadline passed.
    #[error("timed out")]
    TimedOut,
    /// The user called it off.
    #[error("interrupted")]
    Cancelled,
}

fn not_happened(what: &str, after: Duration, gone: bool) -> String {
    let seconds = after.as_secs();
    if gone {
        format!("the program ended after {seconds} s while waiting for {what}")
    } else {
        format!("timed out after {seconds} s waiting for {what}")
    }
}
