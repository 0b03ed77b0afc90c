//! What can go wrong between rmqplay and a host.

use super::Output;
use camino::Utf8PathBuf;
use std::time::Duration;

/// What to do if a host was lost while a task was running on it.
pub const RUN_AGAIN: &str = "the task may or may not have finished; rerun the playbook";

/// The reason if the other machine is reachable, but nothing listens on the port.
pub const REFUSED: &str = "connection refused";

/// What can go wrong between rmqplay and a host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No connection, or it was lost: the host is unreachable.
    #[error("{reason}")]
    Unreachable {
        /// What failed, such as `connection to 192.168.2.201:22 refused`.
        reason: String,
        /// How to fix it, such as the command that accepts a host key.
        help: Option<String>,
    },
    /// Another user could not be become.
    #[error("cannot become {user}: {reason}")]
    Become {
        /// The user.
        user: String,
        /// The message of sudo or su.
        reason: String,
    },
    /// The host could not connect to an address, or lost the connection.
    #[error("cannot communicate with {address}: {reason}")]
    NotConnected {
        /// The address, such as `192.168.2.201:9876`.
        address: String,
        /// What failed, such as `connection refused`.
        reason: String,
    },
    /// The host's sshd does not allow TCP forwarding.
    #[error("the sshd of {host} does not allow forwarding, here to {address}")]
    ForwardingForbidden {
        /// The host.
        host: String,
        /// The address.
        address: String,
    },
    /// A path could not be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// The path.
        path: Utf8PathBuf,
        /// The host's message.
        reason: String,
    },
    /// A step failed.
    #[error("cannot {action}: {reason}")]
    Step {
        /// The action, such as `write /etc/hosts`.
        action: String,
        /// The host's message.
        reason: String,
    },
    /// A path was changed after the step was planned, but not by this run.
    #[error(
        "{path} was changed while this task was running, possibly by another run; nothing was written"
    )]
    ChangedSincePlan {
        /// The path.
        path: Utf8PathBuf,
    },
    /// A path to be changed leads through a link that another user made, to what is not that user's.
    #[error(
        "{link} is a symbolic link of user {owner} and leads to what does not belong to {owner}; \
         it is not followed"
    )]
    ForeignLink {
        /// The link.
        link: Utf8PathBuf,
        /// Its owner.
        owner: String,
    },
    /// A command of a step ended with an exit code other than 0.
    #[error("{command} failed with exit code {}", output.status)]
    Command {
        /// The command line.
        command: String,
        /// Its output.
        output: Output,
    },
    /// A condition was not met in time.
    #[error("{}", not_happened(what, *after, *gone))]
    NotHappened {
        /// The condition.
        what: String,
        /// How long it was awaited.
        after: Duration,
        /// Whether the program exited meanwhile.
        gone: bool,
        /// The last lines of its log.
        log: Option<String>,
        /// How to fix it.
        help: Option<String>,
    },
    /// The host's answer is not understood: a bug, or a very unusual shell.
    #[error("cannot understand the host's answer: {0}")]
    Protocol(String),
    /// The system refused a thread.
    #[error("cannot start a thread on this machine: {0}")]
    NoThread(std::io::Error),
    /// Another run has a lock.
    #[error("another run holds the lock {name}: {holder}")]
    Locked {
        /// The lock.
        name: String,
        /// A description of that run.
        holder: String,
    },
    /// A lock of this run was lost.
    #[error(
        "the lock {name} on {machine} was lost with the connection that held it, and another run \
         may have taken it"
    )]
    LockLost {
        /// The lock.
        name: String,
        /// Where it was.
        machine: String,
    },
    /// The host lacks a requirement.
    #[error("the host has no {0}")]
    Missing(String),
    /// In check mode, a later task needs to read what only a real run creates.
    #[error(transparent)]
    NotKnown(#[from] crate::value::NotKnown),
    /// A file of the controller could not be read while it was being sent.
    #[error("cannot read {} on this machine: {source}", path.display())]
    Local {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// It happened while a command ran, which may have finished, or finished in part.
    #[error("{0}")]
    WhileRunning(Box<HostError>),
    /// A plan that is made on a guess ends here: what it needs is not known yet.
    #[error("not asked yet")]
    NotAsked,
    /// The deadline passed.
    #[error("timed out")]
    TimedOut,
    /// The user interrupted the run.
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
