//! A TCP connection made by a machine, for users who know its protocol.

use super::{HostError, Limits};

/// A TCP connection made by a machine. Dropping it closes it.
///
/// Calls block. They fail with [`HostError::TimedOut`] or [`HostError::Cancelled`] when a limit is
/// reached, or with [`HostError::NotConnected`] if the connection broke.
pub trait Stream: Send {
    /// Sends all bytes.
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError>;

    /// Waits for bytes and returns them in order; none if the other side has closed the connection.
    fn receive(&mut self, limits: &Limits) -> Result<Vec<u8>, HostError>;
}

/// Makes a TCP connection from a machine to a port: only [`super::Host::connect`], without the
/// other abilities of a host.
pub type Connect<'a> = dyn Fn(&str, u16, &Limits) -> Result<Box<dyn Stream>, HostError> + 'a;
