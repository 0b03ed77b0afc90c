//! Whether producers are routed to a master.

use super::super::broker::configuration;
use super::super::route::may_be_written;
use super::super::wire::{Address, Client};
use super::super::write_permission::can_be_given_back;
use super::seen::told;
use crate::host::HostError;

/// The default of `brokerPermission`: read and write.
const READ_AND_WRITE: &str = "6";

/// Whether producers are routed to a master.
#[derive(Debug, Default)]
pub(super) struct Producers {
    /// Whether all nameservers that list it route producers to it; `None` if unknown.
    pub(super) are_sent: Option<bool>,
    /// The nameservers that do not.
    sent_away_by: Vec<Address>,
    /// The configured permission that causes this, if any.
    permission: Option<String>,
}

impl Producers {
    /// Asks the nameservers that list a master, and the master itself only if one of them does not
    /// route producers to it.
    pub(super) fn of(
        client: &mut Client,
        name: &str,
        address: &Address,
        listed_by: &[Address],
    ) -> Result<Self, HostError> {
        let mut found = Self::default();
        let mut is_known = !listed_by.is_empty();
        for nameserver in listed_by {
            match told(may_be_written(client, nameserver, name))?
                .ok()
                .flatten()
            {
                Some(true) => {}
                Some(false) => found.sent_away_by.push(nameserver.clone()),
                None => is_known = false,
            }
        }
        if !found.sent_away_by.is_empty() {
            found.are_sent = Some(false);
            let live = told(configuration(client, address))?.ok();
            let live = live.and_then(|mut live| live.remove("brokerPermission"));
            found.permission = live.filter(|permission| permission != READ_AND_WRITE);
        } else if is_known {
            found.are_sent = Some(true);
        }
        Ok(found)
    }

    /// Returns the problem, with the fix for this version of the broker.
    pub(super) fn problem(&self, version: &str) -> Option<String> {
        let who: Vec<_> = self.sent_away_by.iter().map(ToString::to_string).collect();
        if who.is_empty() {
            return None;
        }
        let remedy = match &self.permission {
            Some(permission) => format!(
                "it is configured with brokerPermission={permission}; without it, \
                 playbooks/rolling_restart.yml restores it"
            ),
            None if can_be_given_back(version) => {
                "playbooks/rolling_restart.yml or rocketmq_write_permission restores it".to_owned()
            }
            None => "restart it with playbooks/rolling_restart.yml to restore it".to_owned(),
        };
        Some(format!(
            "producers are not sent to it, since its write permission was revoked at {}: {remedy}",
            who.join(", ")
        ))
    }
}
