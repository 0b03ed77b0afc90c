//! Waits until a cluster is ready.

use super::super::message;
use super::super::wire::{Address, Client};
use super::seen::Seen;
use super::{ClusterModule, State};
use crate::host::{Connect, Dialogue, HostError, Limits};
use crate::value::Fields;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How many seconds brokers may take: they register every 30 s, and a slave finds its master when
/// it registers.
const TIMEOUT: u64 = 90;

/// The time between two checks.
const INTERVAL: Duration = Duration::from_millis(500);

/// The message that is sent to see whether it is stored.
const BODY: &[u8] = b"sent by rmqplay to see whether the broker is ready";

/// Checks the cluster until it is ready.
#[derive(Debug)]
pub(super) struct Readiness(pub(super) ClusterModule);

impl Dialogue for Readiness {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let started = Instant::now();
        let timeout = Duration::from_secs(self.0.timeout.unwrap_or(TIMEOUT));
        let mut stored_by = HashSet::new();
        loop {
            // Connections of the look before may lead to a program that has ended since.
            let mut client = Client::new(connect, limits);
            let (seen, problems) = self.look(&mut client, &mut stored_by)?;
            if problems.is_empty() {
                return Ok(seen.fields(&self.0));
            }
            // Waiting does not mend that.
            if !seen.ahead().is_empty() {
                return Err(HostError::Step {
                    action: format!("wait for {}", self.0.cluster),
                    reason: problems.join("; "),
                });
            }
            if started.elapsed() >= timeout {
                return Err(HostError::NotHappened {
                    what: format!("{}: {}", self.0.cluster, problems.join("; ")),
                    after: started.elapsed(),
                    gone: false,
                    log: None,
                    help: None,
                });
            }
            limits.sleep(INTERVAL)?;
        }
    }
}

impl Readiness {
    /// Returns the state of the cluster and its problems. A master that has stored a message is not
    /// sent another one.
    fn look(
        &self,
        client: &mut Client,
        stored_by: &mut HashSet<Address>,
    ) -> Result<(Seen, Vec<String>), HostError> {
        let seen = Seen::look(&self.0, client)?;
        let mut problems = seen.problems.clone();
        if self.0.state != State::Ready || !problems.is_empty() {
            return Ok((seen, problems));
        }
        let mut has_sent = false;
        for (name, address) in seen.masters() {
            if stored_by.contains(address) {
                continue;
            }
            has_sent = true;
            match message::send(client, address, name, BODY) {
                Ok(_) => _ = stored_by.insert(address.clone()),
                Err(error) => problems.push(error.transient()?),
            }
        }
        if !problems.is_empty() {
            return Ok((seen, problems));
        }
        // The slaves must have what was sent just now.
        let seen = if has_sent {
            Seen::look(&self.0, client)?
        } else {
            seen
        };
        problems.extend(seen.problems.iter().cloned());
        problems.extend(seen.lagging(self.0.lag));
        Ok((seen, problems))
    }
}
