//! A machine whose TCP connections are made from this one instead.

use super::shell::{Channel, Transport};
use super::{HostError, Limits, Local, Stream};
use std::sync::Arc;
use std::time::Duration;

/// A transport whose TCP connections this machine makes itself, for hosts whose sshd forbids
/// forwarding.
pub struct Direct(pub Arc<dyn Transport>);

impl Transport for Direct {
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError> {
        self.0.open(command, limits)
    }

    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError> {
        self.0.connects(host, port, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        Local::default().connect(host, port, limits)
    }

    fn patience(&self) -> Duration {
        self.0.patience()
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
