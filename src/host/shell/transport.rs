//! The carrier of a shell: an SSH connection, or processes of this machine.

use crate::host::{HostError, Limits, Stream};
use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of bytes of unread output, and of a reply in memory.
pub(super) const LARGEST_REPLY: usize = 64 << 20;

/// The carrier of a shell: an SSH connection, or processes of this machine.
pub trait Transport: Send + Sync {
    /// Starts a command line on the machine and returns its pipes. There is no terminal.
    ///
    /// Only `host::shell` creates the line. It is one line of ASCII, without `!` and without
    /// secrets, and means the same in every login shell that sshd may pass it to.
    ///
    /// Fails with [`HostError::Unreachable`] if the machine cannot be reached (any more). Messages
    /// of the command itself, such as that it was not found, arrive through the channel.
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError>;

    /// Returns whether a TCP connection from the machine to this address succeeds; `None` if this
    /// transport cannot tell (an sshd that forbids forwarding), so that another way is tried.
    ///
    /// A connection that is refused or not answered within 5 s is `Some(false)`.
    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError>;

    /// Makes a TCP connection from the machine, within 5 s.
    ///
    /// Fails with [`HostError::NotConnected`] if that fails, and with
    /// [`HostError::ForwardingForbidden`] if the machine's sshd forbids it.
    fn connect(&self, host: &str, port: u16, limits: &Limits)
    -> Result<Box<dyn Stream>, HostError>;

    /// Returns how long a shell may take to start.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Returns the machine's name for messages, such as `root@192.168.2.201:22`.
    fn describe(&self) -> String;
}

/// The pipes of a command that runs on the machine.
///
/// Calls block. They fail with [`HostError::TimedOut`] or [`HostError::Cancelled`] when a limit is
/// reached (at most 0.2 s later), or with [`HostError::Unreachable`] when the connection breaks.
/// Dropping a channel closes it.
pub trait Channel: Send {
    /// Sends bytes to standard input and returns when they have been passed to the system or the
    /// connection's window, so that a large body never accumulates in memory.
    ///
    /// While it waits, it reads everything that arrives and keeps it for `receive`: a command that
    /// answers before it has read all of its input does not block both sides. If the command no
    /// longer reads, the bytes are dropped without an error: `receive` returns why it ended. Fails
    /// if more arrives than memory should hold (see [`Backlog`]).
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError>;

    /// Ends standard input.
    fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError>;

    /// Waits for the next part. Bytes of each stream arrive in order, independently of the other
    /// stream.
    ///
    /// After [`Received::Closed`] it keeps returning that.
    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError>;

    /// Detaches from the command without waiting for its end: its pipes are closed, but it is not
    /// killed.
    fn close(&mut self);
}

/// A part received through a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Bytes of standard output; never empty.
    Stdout(Vec<u8>),
    /// Bytes of standard error; never empty.
    Stderr(Vec<u8>),
    /// The command ended with this exit code; 128 + N if signal N ended it. Output may follow.
    Exit(i32),
    /// Nothing follows: both streams have ended, or the channel or the whole connection was closed.
    Closed,
}

/// What arrived while bytes were sent, kept for later.
#[derive(Debug, Default)]
pub struct Backlog {
    arrived: VecDeque<Received>,
    size: usize,
}

impl Backlog {
    /// Adds a part, or fails if memory should not hold that much.
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

    /// Takes the first part.
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
