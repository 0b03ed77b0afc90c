//! `wait_for_connection`: waits until a host can be reached.

use crate::change::Change;
use crate::host::HostError;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use std::time::{Duration, Instant};

/// Waits until the host can be reached and runs commands, such as after its first boot.
///
/// Waiting changes nothing, so check mode waits too.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WaitForConnection {
    /// Ignored: `ansible_timeout` and `ConnectTimeout` of `~/.ssh/config` limit each attempt.
    connect_timeout: Option<u64>,
    /// Seconds before the first attempt.
    delay: u64,
    /// Seconds between attempts; 1 by default.
    sleep: Option<u64>,
    /// Time limit in seconds; 600 by default.
    timeout: Option<u64>,
}

impl BuiltIn for WaitForConnection {
    const NAME: &'static str = "wait_for_connection";
    const EXAMPLE: &'static str = "\
- name: The new machine can be reached
  wait_for_connection:
    timeout: 300
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("elapsed", "Whole seconds it took.")];
}

impl Module for WaitForConnection {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let (started, limits) = (Instant::now(), context.host.limits());
        let seconds = |given: Option<u64>, usual| Duration::from_secs(given.unwrap_or(usual));
        limits.sleep(Duration::from_secs(self.delay))?;
        let end = Instant::now() + seconds(self.timeout, 600);
        loop {
            match context.host.stat("/".into()) {
                Err(HostError::Unreachable { reason, .. }) if Instant::now() >= end => {
                    let message = format!("timed out waiting for the connection: {reason}");
                    return Err(ModuleError::refused(message));
                }
                Err(HostError::Unreachable { .. }) => limits.sleep(seconds(self.sleep, 1))?,
                found => {
                    found?;
                    break;
                }
            }
        }
        let mut change = Change::default();
        change.returns("elapsed", started.elapsed().as_secs());
        Ok(change)
    }
}
