//! A TCP connection that a machine makes, for those who know the protocol spoken on it.

use super::{HostError, Limits};

/// A TCP connection that a machine made. Dropping it closes it.
///
/// Calls block, and fail with [`HostError::TimedOut`] or [`HostError::Cancelled`] when a limit is
/// reached, or with [`HostError::NotConnected`] where the connection broke.
pub trait Stream: Send {
    /// Sends all bytes.
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError>;

    /// Waits for bytes and returns them in their order; none where the other side has closed the
    /// connection.
    fn receive(&mut self, limits: &Limits) -> Result<Vec<u8>, HostError>;
}

/// Makes a TCP connection from a machine to a port: [`super::Host::connect`] alone, without the rest
/// of what a host can do.
pub type Connect<'a> = dyn Fn(&str, u16, &Limits) -> Result<Box<dyn Stream>, HostError> + 'a;
