//! What kind of machine a host is.

use crate::value::Fields;

/// Facts under Ansible's names without the `ansible_` prefix: `hostname`, `fqdn`, `os_family`,
/// `distribution`, `distribution_version`, `kernel`, `architecture`, `processor_vcpus`,
/// `memtotal_mb`, `default_ipv4`, `all_ipv4_addresses`, `env`, `user_id`, `user_dir`,
/// `service_mgr`, `pkg_mgr`, `date_time`, ….
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(pub Fields);
