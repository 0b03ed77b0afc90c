//! `rocketmq_write_permission`: whether producers are routed to a broker.

use super::drain::Drain;
use super::masters::masters;
use super::requests::Request;
use super::route::may_be_written;
use super::runtime::Runtime;
use super::wire::{Address, Client, Code, requests};
use crate::change::Change;
use crate::host::{Limits, Step, Talk};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use std::sync::Arc;
use std::time::Duration;

/// Revokes a broker's write permission, or restores it, at every nameserver.
///
/// Producers refresh their routes every 30 s, so they leave the broker within that time; consumers
/// stay. The permission stays revoked until it is restored, which needs 4.9.2 or newer, or until
/// the broker is restarted.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WritePermissionModule {
    /// Addresses of all nameservers, `HOST:PORT`, as resolved by the host.
    #[schemars(with = "Vec<String>")]
    nameservers: Vec<Address>,
    /// The cluster.
    cluster: String,
    /// The broker's name.
    broker: String,
    /// Whether it should have the permission.
    #[serde(default)]
    state: Presence,
    /// With `state: absent`: how many seconds to wait until producers have left, which takes at
    /// least 35 s.
    wait: Option<u64>,
}

impl BuiltIn for WritePermissionModule {
    const NAME: &'static str = "rocketmq_write_permission";
    const EXAMPLE: &'static str = "\
- name: Producers leave the broker
  rocketmq_write_permission:
    nameservers: ['192.168.2.201:9876']
    cluster: rocketmq-cluster
    broker: broker-a
    state: absent
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("broker", "The broker's name.")];
}

/// The first version in which it can be restored.
const GIVES_BACK: [u32; 3] = [4, 9, 2];

/// Returns whether the write permission of a version's brokers can be restored; the others get it
/// back when they are restarted.
pub(super) fn can_be_given_back(version: &str) -> bool {
    let parts = version.split(['.', '-']);
    let parts: Vec<u32> = parts.map_while(|part| part.parse().ok()).collect();
    parts.as_slice() >= GIVES_BACK.as_slice()
}

impl Module for WritePermissionModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let wanted = self.state == Presence::Present;
        let mut change = Change::default();
        change.returns("broker", self.broker.as_str());
        for nameserver in &self.nameservers {
            let now = may_be_written(&mut client, nameserver, &self.broker)?;
            if now == Some(wanted) || (now.is_none() && !wanted) {
                continue;
            }
            if now.is_none() {
                let message = format!("nameserver {nameserver} does not list {}", self.broker);
                return Err(ModuleError::refused(message));
            }
            if wanted {
                self.check_version(&mut client)?;
            }
            change.steps.push(self.step(nameserver, wanted));
        }
        if let (false, Some(seconds)) = (wanted, self.wait) {
            let names = std::slice::from_ref(&self.broker);
            let found = masters(&mut client, &self.nameservers, &self.cluster, names)?;
            change.steps.extend(
                found
                    .into_iter()
                    .map(|master| drain(master.address, seconds)),
            );
        }
        Ok(change)
    }
}

fn drain(broker: Address, seconds: u64) -> Step {
    Step::Talk(Talk {
        what: format!("wait until producers have left {broker}"),
        dialogue: Arc::new(Drain {
            broker,
            timeout: Duration::from_secs(seconds),
        }),
        change: None,
        returns: &[],
    })
}

impl WritePermissionModule {
    fn step(&self, nameserver: &Address, wanted: bool) -> Step {
        let code: Code = if wanted {
            requests::ADD_WRITE_PERM_OF_BROKER
        } else {
            requests::WIPE_WRITE_PERM_OF_BROKER
        };
        let request = Request {
            address: nameserver.clone(),
            code,
            fields: vec![("brokerName", self.broker.clone())],
            body: Vec::new(),
        };
        let line = |may: bool| format!("may be written: {may}\n");
        let subject = format!("broker {}", self.broker);
        request.step(&subject, line(!wanted), line(wanted))
    }

    /// A nameserver does not answer unknown requests at all, so report this beforehand.
    fn check_version(&self, client: &mut Client) -> Result<(), ModuleError> {
        let names = std::slice::from_ref(&self.broker);
        let found = masters(client, &self.nameservers, &self.cluster, names)?;
        for master in found {
            let version = Runtime::of(client, &master.address)?.version();
            let version = version.unwrap_or_default();
            if !can_be_given_back(&version) {
                return Err(ModuleError::Refused {
                    message: format!("{version} cannot restore the write permission"),
                    help: Some(format!("restart {} to restore it", self.broker)),
                });
            }
        }
        Ok(())
    }
}
