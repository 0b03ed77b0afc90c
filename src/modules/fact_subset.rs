//! `gather_subset` of `setup`: which facts are wanted, by the names of Ansible's collectors.

use std::collections::BTreeSet;

/// What gathers facts: its name, the names of its facts, whether it is of the minimal ones, and what
/// it needs. A name that ends in `*` is the start of names.
struct Collector {
    name: &'static str,
    facts: &'static [&'static str],
    is_minimal: bool,
    needs: &'static [&'static str],
}

const fn minimal(name: &'static str, facts: &'static [&'static str]) -> Collector {
    Collector {
        name,
        facts,
        is_minimal: true,
        needs: &[],
    }
}

const fn other(name: &'static str, facts: &'static [&'static str]) -> Collector {
    Collector {
        name,
        facts,
        is_minimal: false,
        needs: &[],
    }
}

/// The collectors of Ansible on Linux, with their facts as far as `setup` tells them and those by
/// whose names they can be asked for.
const COLLECTORS: &[Collector] = &[
    minimal("apparmor", &["apparmor"]),
    minimal(
        "caps",
        &["system_capabilities", "system_capabilities_enforced"],
    ),
    other("chroot", &["is_chroot"]),
    minimal("cmdline", &["cmdline", "proc_cmdline"]),
    minimal("date_time", &["date_time"]),
    minimal("distribution", &["distribution*", "os_family"]),
    minimal("dns", &["dns"]),
    minimal("env", &["env"]),
    other("facter", &["facter*"]),
    other("fibre_channel_wwn", &["fibre_channel_wwn"]),
    minimal("fips", &["fips"]),
    Collector {
        name: "hardware",
        facts: &[
            "bios_*",
            "board_*",
            "chassis_*",
            "devices",
            "form_factor",
            "mem*_mb",
            "memory_mb",
            "mounts",
            "processor*",
            "product_*",
            "swap*_mb",
            "system_vendor",
            "uptime_seconds",
        ],
        is_minimal: false,
        needs: &["platform"],
    },
    other("iscsi", &["iscsi_iqn"]),
    other("loadavg", &["loadavg"]),
    minimal("local", &["local"]),
    minimal("lsb", &["lsb"]),
    Collector {
        name: "network",
        facts: &[
            "all_ipv4_addresses",
            "all_ipv6_addresses",
            "default_ipv4",
            "default_ipv6",
            "interfaces",
        ],
        is_minimal: false,
        needs: &["distribution", "platform"],
    },
    other("nvme", &["hostnqn"]),
    other("ohai", &["ohai*"]),
    Collector {
        name: "pkg_mgr",
        facts: &["pkg_mgr"],
        is_minimal: true,
        needs: &["distribution"],
    },
    minimal(
        "platform",
        &[
            "architecture",
            "domain",
            "fqdn",
            "hostname",
            "kernel",
            "kernel_version",
            "machine",
            "machine_id",
            "nodename",
            "python_version",
            "system",
            "userspace_*",
        ],
    ),
    minimal("python", &["python"]),
    minimal("selinux", &["selinux", "selinux_python_present"]),
    Collector {
        name: "service_mgr",
        facts: &["service_mgr"],
        is_minimal: true,
        needs: &["distribution", "platform"],
    },
    minimal("ssh_pub_keys", &["ssh_host_key_*", "ssh_host_pub_keys"]),
    other("systemd", &["systemd"]),
    minimal(
        "user",
        &[
            "effective_*",
            "real_*",
            "user_dir",
            "user_gecos",
            "user_gid",
            "user_id",
            "user_shell",
            "user_uid",
        ],
    ),
    other("virtual", &["virtualization_*"]),
];

impl Collector {
    fn has(&self, fact: &str) -> bool {
        self.facts
            .iter()
            .any(|pattern| crate::glob::matches(pattern, fact))
    }

    /// Returns whether a subset of this name means this collector: its own name, or a fact of it.
    fn is_meant(&self, subset: &str) -> bool {
        self.name == subset || self.has(subset)
    }
}

/// Some of the collectors.
pub(super) struct Subset(BTreeSet<&'static str>);

impl Subset {
    /// Returns what `gather_subset` asks for, in the way of Ansible: the minimal ones, what is added,
    /// without what is excluded unless it is added by its name. The error is the name of a subset
    /// that does not exist.
    pub(super) fn of(asked: &[String]) -> Result<Self, String> {
        let all = || COLLECTORS.iter().map(|collector| collector.name);
        let minimal = || COLLECTORS.iter().filter(|collector| collector.is_minimal);
        let minimal = || minimal().map(|collector| collector.name);
        let others = || COLLECTORS.iter().filter(|collector| !collector.is_minimal);
        let mut wanted: BTreeSet<_> = minimal().collect();
        let (mut excluded, mut by_name) = (BTreeSet::new(), BTreeSet::new());
        if asked.is_empty() {
            wanted.extend(all());
        }
        for subset in asked.iter().map(|subset| subset.trim()) {
            let meant = |subset: &str| {
                let meant = COLLECTORS
                    .iter()
                    .filter(|collector| collector.is_meant(subset));
                meant.map(|collector| collector.name).collect::<Vec<_>>()
            };
            match subset {
                "min" => wanted.extend(minimal()),
                "all" => wanted.extend(all()),
                "!min" => excluded.extend(minimal()),
                "!all" => excluded.extend(others().map(|collector| collector.name)),
                _ => match (subset.strip_prefix('!'), meant(subset)) {
                    // As in Ansible, what does not exist may be excluded.
                    (Some(subset), _) => excluded.extend(all().filter(|name| *name == subset)),
                    (None, meant) if meant.is_empty() => return Err(subset.to_owned()),
                    (None, meant) => by_name.extend(meant),
                },
            }
        }
        wanted.retain(|name| !excluded.contains(name));
        wanted.extend(by_name);
        let collectors = COLLECTORS.iter();
        let needed = collectors.filter(|collector| wanted.contains(collector.name));
        let needed: Vec<_> = needed.flat_map(|collector| collector.needs).collect();
        wanted.extend(needed);
        Ok(Self(wanted))
    }

    /// Returns whether a fact is wanted; one that no collector of Ansible has always is.
    pub(super) fn has(&self, fact: &str, interfaces: &[String]) -> bool {
        if interfaces.iter().any(|interface| interface == fact) {
            return self.0.contains("network");
        }
        let mut collectors = COLLECTORS.iter().filter(|collector| collector.has(fact));
        let Some(first) = collectors.next() else {
            return true;
        };
        self.0.contains(first.name) || collectors.any(|other| self.0.contains(other.name))
    }
}

/// Returns the names that `gather_subset` may have.
pub(super) fn names() -> Vec<&'static str> {
    COLLECTORS.iter().map(|collector| collector.name).collect()
}
