//! `rocketmq_reach`: whether a host can reach the ports of others.

use super::check::Check;
use crate::change::Change;
use crate::host::{HostError, REFUSED};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::rocketmq::wire::Address;
use crate::value::Value;

/// Checks whether a host can reach the addresses that programs of a cluster listen on, or will.
///
/// If nothing listens yet, a refused connection shows that the machine is reachable; if something
/// does, the refusal comes from a device in between. Nothing is changed. Problems do not fail the
/// task, but are returned.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rocketmq) struct ReachModule {
    /// The addresses to reach, `HOST:PORT`.
    #[schemars(with = "Vec<String>")]
    addresses: Vec<Address>,
    /// Those of them where a program listens.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    listening: Vec<Address>,
}

impl BuiltIn for ReachModule {
    const NAME: &'static str = "rocketmq_reach";
    const EXAMPLE: &'static str = "\
- name: The nameservers are reached
  rocketmq_reach:
    addresses: ['192.168.2.201:9876', '192.168.2.202:9876']
  register: reach
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "checks",
        "Maps of `check` (`reach`), `level` (`pass`, `warn` or `fail`) and `found`.",
    )];
}

impl Module for ReachModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut wrong = Vec::new();
        // A machine that does not answer takes seconds to say so, whatever the port.
        let mut silent: Vec<&str> = Vec::new();
        for address in &self.addresses {
            if silent.contains(&address.host.as_str()) {
                continue;
            }
            let limits = context.host.limits();
            match context.host.connect(&address.host, address.port, limits) {
                Ok(_) => {}
                Err(HostError::NotConnected { reason, .. }) if reason == REFUSED => {
                    if self.listening.contains(address) {
                        let found = format!(
                            "{address} refuses the connection although something listens there: check for a firewall"
                        );
                        wrong.push(Check::fail("reach", found));
                    }
                }
                Err(HostError::NotConnected { reason, .. }) => {
                    silent.push(&address.host);
                    wrong.push(Check::fail("reach", format!("{address}: {reason}")));
                }
                Err(error @ HostError::ForwardingForbidden { .. }) => {
                    wrong.push(Check::warn("reach", format!("not tried: {error}")));
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let found = match self.addresses.len() {
            0 => "there are no others".to_owned(),
            count => format!("{count} ports of others"),
        };
        let checks = Check::or_pass(wrong, "reach", found);
        let mut change = Change::default();
        change.returns("checks", checks.iter().map(Check::value).collect::<Value>());
        Ok(change)
    }
}
