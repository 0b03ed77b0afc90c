//! What carries a shell: an SSH connection, or processes of this machine.

use crate::host::{HostError, Limits, Stream};
use std::collections::VecDeque;
use std::time::Duration;

/// What a command may print before it is read, and a reply may hold in memory, in bytes.
pub(super) const LARGEST_REPLY: usize = 64 << 20;

/// What carries a shell: an SSH connection, or processes of this machine.
pub trait Transport: Send + Sync {
    /// Starts a command line on the machine and returns its pipes. There is no terminal.
    ///
    /// The line is made in `host::shell` alone. It is one line of ASCII, without `!` and without
    /// secrets, and means the same to every login shell that sshd may give it to.
    ///
    /// Fails with [`HostError::Unreachable`] where the machine cannot be reached (any more). What
    /// the command itself says, such as that it was not found, arrives through the channel.
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError>;

    /// Returns whether a TCP connection from the machine to this address succeeds; `None` where
    /// this transport cannot tell (an sshd that forbids forwarding), so that another way is tried.
    ///
    /// A connection that is refused or not answered within 5 s is `Some(false)`.
    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError>;

    /// Makes a TCP connection from the machine, within 5 s.
    ///
    /// Fails with [`HostError::NotConnected`] where it cannot be made, and with
    /// [`HostError::ForwardingForbidden`] where the machine's sshd makes none.
    fn connect(&self, host: &str, port: u16, limits: &Limits)
    -> Result<Box<dyn Stream>, HostError>;

    /// Returns how long a shell may take to start once it was asked for.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Returns the machine's name for messages, such as `root@192.168.2.201:22`.
    fn describe(&self) -> String;
}

/// The pipes of a command that runs on the machine.
///
/// Calls block, and fail with [`HostError::TimedOut`] or [`HostError::Cancelled`] when a limit is
/// reached (at the latest 0.2 s after), or with [`HostError::Unreachable`] when the connection
/// broke. Dropping a channel closes it.
pub trait Channel: Send {
    /// Sends bytes to standard input and returns when they are handed over to the system or to the
    /// connection's window, so that a large body never gathers in memory.
    ///
    /// While it waits it takes in all that arrives, and keeps it for `receive`: a command that
    /// answers before it has read everything does not block both sides. Where the command no longer
    /// reads, the bytes are dropped without an error: why it ended arrives by `receive`.
    /// Fails where more arrives than memory should hold (see [`Backlog`]).
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError>;

    /// Ends standard input.
    fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError>;

    /// Waits for what comes next. Bytes of one stream arrive in order, each stream at its own pace.
    ///
    /// After [`Received::Closed`] it goes on returning that.
    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError>;

    /// Lets go of the command without waiting for its end: its pipes are closed. It is not killed.
    fn close(&mut self);
}

/// What came through a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Bytes of standard output; never empty.
    Stdout(Vec<u8>),
    /// Bytes of standard error; never empty.
    Stderr(Vec<u8>),
    /// The command ended with this exit code; 128 + N where signal N ended it. Output may follow.
    Exit(i32),
    /// Nothing follows: both streams have ended, or the channel or the whole connection was closed.
    Closed,
}

/// What arrived while bytes were sent, to be received later.
#[derive(Debug, Default)]
pub struct Backlog {
    arrived: VecDeque<Received>,
    size: usize,
}

impl Backlog {
    /// Adds what arrived, or fails where it is more than memory should hold.
    pub fn push(&mut self, received: Received) -> Result<(), HostError> {
        if let Received::Stdout(bytes) | Received::Stderr(bytes) = &received {
            self.size += bytes.len();
        }
        self.arrived.push_back(received);
        if self.size > LARGEST_REPLY {
            return Err(too_much());
        }
        Ok(())
    }

    /// Takes what arrived first.
    pub fn pop(&mut self) -> Option<Received> {
        let received = self.arrived.pop_front();
        if let Some(Received::Stdout(bytes) | Received::Stderr(bytes)) = &received {
            self.size -= bytes.len();
        }
        received
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Returns the error for a command that prints more than memory should hold.
pub(super) fn too_much() -> HostError {
    HostError::Step {
        action: "read the output".to_owned(),
        reason: format!("it is more than {} MiB", LARGEST_REPLY >> 20),
    }
}
