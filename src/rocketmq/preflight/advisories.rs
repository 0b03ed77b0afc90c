//! Known vulnerabilities of RocketMQ by version.

use super::check::Check;
use crate::rocketmq::topology::numbers;

/// A vulnerability, and the versions that have it.
struct Advisory {
    name: &'static str,
    what: &'static str,
    /// The first version that has it, and the first that no longer has it.
    ranges: &'static [([u32; 3], [u32; 3])],
}

/// From the project's announcements; 3.x predates them, but contains the code of the first.
const ADVISORIES: [Advisory; 4] = [
    Advisory {
        name: "CVE-2023-33246",
        what: "anyone who can reach a broker's port can run commands as its user",
        ranges: &[([0, 0, 0], [4, 9, 6]), ([5, 0, 0], [5, 1, 1])],
    },
    Advisory {
        name: "CVE-2023-37582",
        what: "anyone who can reach a nameserver's port can write files as its user",
        ranges: &[([4, 0, 0], [4, 9, 7]), ([5, 0, 0], [5, 1, 2])],
    },
    Advisory {
        name: "CVE-2024-23321",
        what: "access lists and passwords can be read",
        ranges: &[([4, 4, 0], [5, 3, 0])],
    },
    Advisory {
        name: "CVE-2019-17572",
        what: "a topic's name can lead out of the store",
        ranges: &[([4, 2, 0], [4, 6, 1])],
    },
];

/// Returns the vulnerabilities of a version.
pub(super) fn check(version: &str) -> Check {
    let version = numbers(version);
    let has = |advisory: &&Advisory| {
        let mut ranges = advisory.ranges.iter();
        ranges.any(|(first, fixed)| {
            version.as_slice() >= first.as_slice() && version.as_slice() < fixed.as_slice()
        })
    };
    let found: Vec<_> = ADVISORIES
        .iter()
        .filter(has)
        .map(|advisory| format!("{} ({})", advisory.name, advisory.what))
        .collect();
    if found.is_empty() {
        return Check::pass("version", "no known vulnerabilities");
    }
    let found = found.join(", ");
    Check::warn(
        "version",
        format!("{found}: let only the cluster and its clients reach its ports"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaknesses_are_those_of_the_version() {
        let named = |version: &str| {
            let found = check(version).found;
            let known = ADVISORIES.iter().map(|advisory| advisory.name);
            known
                .filter(|name| found.contains(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(named("3.2.6"), ["CVE-2023-33246"]);
        assert_eq!(named("4.5.2").len(), 4);
        assert_eq!(named("4.9.6"), ["CVE-2023-37582", "CVE-2024-23321"]);
        assert_eq!(named("4.9.7"), ["CVE-2024-23321"]);
        assert_eq!(named("5.1.1"), ["CVE-2023-37582", "CVE-2024-23321"]);
        assert!(named("5.3.3").is_empty());
    }
}
