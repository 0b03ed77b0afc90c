//! Which folders a cluster may use.

use super::TopologyModule;
use super::broker::Broker;

/// System folders that others own: a cluster cannot use them, but may use a new folder below some
/// of them (Filesystem Hierarchy Standard 3.0).
const SHARED: &[&str] = &[
    "/",
    "/data",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/include",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/local/libexec",
    "/usr/local/man",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/local/src",
    "/var",
    "/var/backups",
    "/var/cache",
    "/var/crash",
    "/var/db",
    "/var/games",
    "/var/lib",
    "/var/local",
    "/var/log",
    "/var/mail",
    "/var/opt",
    "/var/spool",
    "/var/tmp",
];

/// Folders that the system creates and replaces itself: a cluster cannot use anything below them.
const OF_THE_SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var/lock",
    "/var/run",
];

/// Returns the problems with the folders of a cluster.
pub(super) fn problems(topology: &TopologyModule, brokers: &[Broker]) -> Vec<String> {
    let mut named = vec![("rocketmq_home".to_owned(), topology.home.as_str())];
    for broker in brokers {
        let name = format!("the store of {}", broker.instance());
        named.push((name, broker.store.as_str()));
    }
    let mut problems: Vec<_> = named
        .iter()
        .filter_map(|(name, folder)| Some(format!("{name} is {folder:?}: {}", unfit(folder)?)))
        .collect();
    problems.extend(shared(brokers));
    let own_stores = |folder: &str| below(folder, &topology.home) && folder != topology.home;
    for (name, folder) in named.iter().filter(|(_, folder)| !own_stores(folder)) {
        let mut releases = topology.releases.iter();
        if let Some(release) = releases.find(|release| below(folder, release)) {
            problems.push(format!(
                "{name} is {folder}, inside the release {release}: an upgrade would leave it behind; \
                 set rocketmq_link and rocketmq_prefix to other folders, or move it"
            ));
        }
    }
    problems
}

/// Returns why a cluster cannot use a folder.
fn unfit(folder: &str) -> Option<&'static str> {
    let names = folder.trim_matches('/').split('/');
    let is_plain = folder.chars().all(|c| c.is_ascii_graphic() && c != '\\')
        && names.clone().all(|name| !["", ".", ".."].contains(&name));
    let folder = folder.trim_end_matches('/');
    if SHARED.contains(&folder) || folder.is_empty() {
        Some("a system folder; use a folder of its own below it")
    } else if OF_THE_SYSTEM.iter().any(|system| below(folder, system)) {
        Some("a system folder; use one such as /var/lib/rocketmq")
    } else if !folder.starts_with('/') || !is_plain {
        Some("expected an absolute path of plain names")
    } else {
        None
    }
}

/// Two brokers of a machine cannot share a store, nor can one be below the other.
fn shared(brokers: &[Broker]) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, broker) in brokers.iter().enumerate() {
        let rest = brokers.get(index + 1..).unwrap_or_default();
        for other in rest.iter().filter(|other| other.address == broker.address) {
            if below(&other.store, &broker.store) || below(&broker.store, &other.store) {
                problems.push(format!(
                    "{} and {} on {} have one store: {} and {}",
                    broker.instance(),
                    other.instance(),
                    broker.host,
                    broker.store,
                    other.store
                ));
            }
        }
    }
    problems
}

/// Whether a folder is the same as, or in, another one.
fn below(inner: &str, outer: &str) -> bool {
    let rest = inner.strip_prefix(outer.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_system_are_refused() {
        for folder in [
            "/",
            "/var/lib",
            "/var/lib/",
            "//",
            "/usr/local",
            "/home",
            "/root",
            "/opt",
            "/etc/rocketmq",
            "/usr/lib/rocketmq",
            "/run/rocketmq",
            "/dev/shm/store",
            "/proc/1",
            "/tmp",
            "/srv",
        ] {
            let why = unfit(folder);
            assert!(
                why.is_some_and(|why| why.starts_with("a system folder")),
                "{folder}"
            );
        }
    }

    #[test]
    fn paths_that_are_not_plain_are_refused() {
        for folder in [
            "",
            "store",
            "./store",
            "/srv/../etc",
            "/srv/./mq",
            "/srv//mq",
            "/srv/m q",
            "/srv/m\\q",
            "/srv/mq\n",
            "~/mq",
            "$HOME/mq",
            "/srv/größe",
        ] {
            assert!(unfit(folder).is_some(), "{folder:?}");
        }
    }

    #[test]
    fn folders_of_its_own_are_taken() {
        for folder in [
            "/var/lib/rocketmq",
            "/var/lib/rocketmq/",
            "/opt/rocketmq",
            "/data/mq",
            "/rocketmq",
            "/home/rocketmq/store",
            "/usr/local/rocketmq-data",
            "/mnt/disk1",
            "/tmp/mq",
            "/libs/x",
        ] {
            assert_eq!(unfit(folder), None, "{folder}");
        }
    }
}
