//! The distribution of a machine, under Ansible's names.

use crate::value::{Fields, Value};

/// Names of distributions in os-release and in Ansible, and their families.
const KNOWN: &[(&str, &str, &str)] = &[
    ("almalinux", "AlmaLinux", "RedHat"),
    ("alpine", "Alpine", "Alpine"),
    ("amzn", "Amazon", "RedHat"),
    ("anolis", "Anolis", "RedHat"),
    ("arch", "Archlinux", "Archlinux"),
    ("centos", "CentOS", "RedHat"),
    ("debian", "Debian", "Debian"),
    ("deepin", "Deepin", "Debian"),
    ("fedora", "Fedora", "RedHat"),
    ("gentoo", "Gentoo", "Gentoo"),
    ("kali", "Kali", "Debian"),
    ("kylin", "Kylin Linux Advanced Server", "RedHat"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("manjaro", "Manjaro", "Archlinux"),
    ("ol", "OracleLinux", "RedHat"),
    ("openEuler", "openEuler", "RedHat"),
    ("opensuse-leap", "openSUSE Leap", "Suse"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse"),
    ("raspbian", "Debian", "Debian"),
    ("rhel", "RedHat", "RedHat"),
    ("rocky", "Rocky", "RedHat"),
    ("sles", "SLES", "Suse"),
    ("ubuntu", "Ubuntu", "Debian"),
    ("uos", "Uos", "Debian"),
];

/// Returns the facts from os-release and the distribution's own file.
pub(in crate::host::shell::ask) fn facts(os_release: &str, own: &str, system: &str) -> Fields {
    let value = |name: &str| {
        let mut lines = os_release.lines();
        let text = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        text.map_or("", |text| text.trim_matches(['"', '\'']))
    };
    let known = KNOWN.iter().find(|(id, ..)| *id == value("ID"));
    let name = match (known, value("NAME")) {
        (Some((_, name, _)), _) => name,
        (None, "") => system,
        (None, name) => name,
    };
    let family = match known {
        Some((_, _, family)) => family,
        None => value("ID_LIKE")
            .split_whitespace()
            .find_map(|like| KNOWN.iter().find(|(id, ..)| *id == like))
            .map_or(name, |(_, _, family)| family),
    };
    let version = exact_version(own, value("VERSION_ID"));
    let major = version.split('.').next().unwrap_or_default();
    [
        ("distribution", name),
        ("distribution_version", version),
        ("distribution_major_version", major),
        ("distribution_release", value("VERSION_CODENAME")),
        ("os_family", family),
    ]
    .map(|(fact, text)| (fact.to_owned(), Value::from(text)))
    .into()
}

/// Returns the version in `/etc/debian_version` (`12.5`) or `/etc/redhat-release` (`CentOS Linux
/// release 7.9.2009 (Core)`) if it extends that of os-release.
fn exact_version<'a>(own: &'a str, version: &'a str) -> &'a str {
    let exact = own
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let adds = |exact: &&str| {
        let rest = exact.strip_prefix(version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match exact.filter(adds) {
        // The third number of CentOS is a month.
        Some(exact) => exact
            .match_indices('.')
            .nth(1)
            .and_then(|(at, _)| exact.get(..at))
            .unwrap_or(exact),
        None => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_have_the_names_of_ansible() {
        for (os_release, own, expected) in [
            (
                "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
                "12.5",
                ["Debian", "12.5", "12", "bookworm", "Debian"],
            ),
            (
                "NAME=\"CentOS Linux\"\nID=\"centos\"\nVERSION_ID=\"7\"\n",
                "CentOS Linux release 7.9.2009 (Core)",
                ["CentOS", "7.9", "7", "", "RedHat"],
            ),
            (
                "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nVERSION_CODENAME=jammy\n",
                "bookworm/sid",
                ["Ubuntu", "22.04", "22", "jammy", "Debian"],
            ),
            (
                "NAME=New\nID=new\nID_LIKE=\"rhel fedora\"\nVERSION_ID=3\n",
                "",
                ["New", "3", "3", "", "RedHat"],
            ),
            ("", "", ["Linux", "", "", "", "Linux"]),
        ] {
            let facts = facts(os_release, own, "Linux");
            let found: Vec<_> = facts.values().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        }
    }
}
