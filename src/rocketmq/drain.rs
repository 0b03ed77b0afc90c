//! Waits until producers have left a broker.

use super::runtime::Runtime;
use super::wire::{Address, Client, WireError};
use crate::host::{Connect, Dialogue, HostError, Limits};
use crate::value::Fields;
use std::time::{Duration, Instant};

/// How often producers ask their nameserver for routes.
const AT_LEAST: Duration = Duration::from_secs(35);

/// For how long nothing must have been stored.
const QUIET: Duration = Duration::from_secs(5);

const INTERVAL: Duration = Duration::from_secs(1);

/// Waits until a broker stores nothing any more.
#[derive(Debug)]
pub(super) struct Drain {
    pub(super) broker: Address,
    pub(super) timeout: Duration,
}

impl Dialogue for Drain {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let mut client = Client::new(connect, limits);
        let started = Instant::now();
        let mut end = self.log_end(&mut client)?;
        let mut since = started;
        loop {
            if started.elapsed() >= AT_LEAST && since.elapsed() >= QUIET {
                return Ok(Fields::new());
            }
            if started.elapsed() >= self.timeout.max(AT_LEAST) {
                return Err(HostError::NotHappened {
                    what: format!("producers to leave {}", self.broker),
                    after: started.elapsed(),
                    gone: false,
                    log: None,
                    help: Some(
                        "something still stores messages there: a producer that does not ask the \
                         nameservers, or delayed messages that fall due"
                            .to_owned(),
                    ),
                });
            }
            limits.sleep(INTERVAL)?;
            let now = self.log_end(&mut client)?;
            if now != end {
                (end, since) = (now, Instant::now());
            }
        }
    }
}

impl Drain {
    fn log_end(&self, client: &mut Client) -> Result<Option<u64>, WireError> {
        Ok(Runtime::of(client, &self.broker)?.log_end())
    }
}
