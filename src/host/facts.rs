//! Facts about a machine.

use crate::value::Fields;
use std::net::IpAddr;

/// Facts under Ansible's names without the `ansible_` prefix: `hostname`, `fqdn`, `os_family`,
/// `distribution`, `distribution_version`, `kernel`, `architecture`, `processor_vcpus`,
/// `memtotal_mb`, `default_ipv4`, `all_ipv4_addresses`, `env`, `umask`, `user_id`, `user_dir`,
/// `service_mgr`, `pkg_mgr`, `date_time`, ….
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(pub Fields);

/// The umask of a user whose umask is unknown.
const USUAL_UMASK: u32 = 0o022;

impl Facts {
    /// Returns the user's umask: the permission bits removed from new files without a mode.
    pub fn umask(&self) -> u32 {
        let told = self.0.get("umask").and_then(|umask| umask.as_str());
        told.and_then(|octal| u32::from_str_radix(octal, 8).ok())
            .unwrap_or(USUAL_UMASK)
    }

    /// Returns whether a name or an address, as this machine resolves it, is its own.
    pub fn names_this_machine(&self, name: &str) -> bool {
        if name == "localhost" {
            return true;
        }
        if let Ok(address) = name.parse::<IpAddr>()
            && (address.is_loopback() || address.is_unspecified())
        {
            return true;
        }
        let is = |fact: &str| self.0.get(fact).and_then(|value| value.as_str()) == Some(name);
        let lists = |fact: &str| {
            let values = self.0.get(fact).and_then(|value| value.try_iter().ok());
            values.is_some_and(|mut values| values.any(|value| value.as_str() == Some(name)))
        };
        ["hostname", "nodename", "fqdn"].into_iter().any(is)
            || ["all_ipv4_addresses", "all_ipv6_addresses"]
                .into_iter()
                .any(lists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_machine_knows_its_names_and_addresses() {
        let facts = Facts(Fields::from_iter([
            ("hostname".to_owned(), Value::from("web1")),
            (
                "all_ipv4_addresses".to_owned(),
                Value::from(vec!["10.0.0.5"]),
            ),
        ]));
        for own in [
            "localhost",
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "web1",
            "10.0.0.5",
        ] {
            assert!(facts.names_this_machine(own), "{own}");
        }
        for other in ["web2", "10.0.0.6", "example.org"] {
            assert!(!facts.names_this_machine(other), "{other}");
        }
    }
}
