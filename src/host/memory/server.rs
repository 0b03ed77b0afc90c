//! Servers on the TCP ports of a machine for tests.

use crate::host::{HostError, Limits, REFUSED, Stream};
use std::sync::Arc;

/// Returns the answer to bytes that were sent at once; nothing closes the connection.
pub type Serve = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A connection to a server declared by a test.
pub(super) struct Served {
    serve: Serve,
    answer: Vec<u8>,
}

impl Served {
    /// Returns a connection that is answered by `serve`.
    pub(super) fn by(serve: Serve) -> Self {
        Self {
            serve,
            answer: Vec::new(),
        }
    }
}

impl Stream for Served {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        limits.check()?;
        self.answer.extend((self.serve)(bytes));
        Ok(())
    }

    fn receive(&mut self, limits: &Limits) -> Result<Vec<u8>, HostError> {
        limits.check()?;
        Ok(std::mem::take(&mut self.answer))
    }
}

/// Returns the error for a port that nothing listens on.
pub(super) fn refused(host: &str, port: u16) -> HostError {
    HostError::NotConnected {
        address: format!("{host}:{port}"),
        reason: REFUSED.to_owned(),
    }
}
