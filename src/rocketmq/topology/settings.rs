//! The settings of a broker by version, and whether it can read their values.

use crate::source::did_you_mean;

/// One line per setting: its name, its kind, and the major versions of RocketMQ that have it (3, 4,
/// 5). Taken from the setters of `BrokerConfig`, `MessageStoreConfig`, `NettyServerConfig`,
/// `NettyClientConfig` and `AuthConfig` in the jars of 3.2.6, 4.9.7 and 5.3.3, which a broker reads
/// its file with.
const SETTINGS: &str = include_str!("settings.txt");

/// The version in which `maped…` became `mapped…`.
const RESPELT: [u32; 3] = [4, 5, 2];

/// Settings that the topology decides, each with what decides it.
const DECIDED: &[(&str, &str)] = &[
    ("brokerClusterName", "rocketmq_cluster"),
    ("brokerId", "the groups, or `id` in rocketmq_brokers"),
    ("brokerIP1", "rocketmq_address"),
    ("brokerIP2", "rocketmq_address"),
    ("brokerName", "the groups, or `name` in rocketmq_brokers"),
    ("brokerRole", "rocketmq_replication"),
    ("haListenPort", "the port of the broker"),
    (
        "listenPort",
        "rocketmq_listen_port, or `port` in rocketmq_brokers",
    ),
    ("namesrvAddr", "the group nameservers"),
    ("rocketmqHome", "the release"),
    ("storePathCommitLog", "`store` in rocketmq_brokers"),
    (
        "storePathRootDir",
        "rocketmq_home, or `store` in rocketmq_brokers",
    ),
];

/// Switches that need more than a setting (accounts, a quorum, certificates), each with its name: a
/// broker that has only the switch exits at once or never registers.
const NOT_CARRIED: &[(&str, &str)] = &[
    ("aclEnable", "access control"),
    ("authenticationEnabled", "access control"),
    ("authorizationEnabled", "access control"),
    ("duplicationEnable", "duplication"),
    ("enableControllerMode", "controller mode"),
    ("enableDLegerCommitLog", "DLedger"),
    ("inBrokerContainer", "a broker container"),
    ("migrateAuthFromV1Enabled", "access control"),
    ("useTLS", "TLS"),
];

/// A version as comparable numbers; a suffix after `-` is ignored.
pub(in crate::rocketmq) fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split(['.', '-']);
    parts.map_while(|part| part.parse().ok()).collect()
}

/// Returns a setting's name in this version: before 4.5.2 the size of files was spelt with one p;
/// later versions silently ignore that spelling.
pub(super) fn name_in(version: &[u32], name: &str) -> String {
    let (from, to) = if version < RESPELT.as_slice() {
        ("mappedFileSize", "mapedFileSize")
    } else {
        ("mapedFileSize", "mappedFileSize")
    };
    let rest = name.strip_prefix(from);
    rest.map_or_else(|| name.to_owned(), |rest| format!("{to}{rest}"))
}

/// Returns a setting's text for the file, or what is wrong with it.
pub(super) fn value_in(version: &[u32], name: &str, value: &str) -> Result<String, String> {
    if let Some((_, by)) = DECIDED.iter().find(|(decided, _)| *decided == name) {
        return Err(format!("{name} is decided by {by}"));
    }
    let (kind, _) = find(version, name).ok_or_else(|| unknown(version, name))?;
    let switch = NOT_CARRIED.iter().find(|(switch, _)| *switch == name);
    if let Some((_, what)) = switch
        && !value.trim().eq_ignore_ascii_case("false")
    {
        return Err(format!(
            "{name} is {value:?}, but this role does not set up {what}; leave it out"
        ));
    }
    check(kind, value).map_err(|expected| format!("{name} is {value:?}, not {expected}"))
}

/// Returns the kind and major versions of a setting, if this version has it.
fn find(version: &[u32], name: &str) -> Option<(&'static str, &'static str)> {
    let line = match version.first() {
        Some(0..=3) => '3',
        Some(4) if version < RESPELT.as_slice() && name.starts_with("mapedFileSize") => '3',
        Some(4) => '4',
        _ => '5',
    };
    let (_, kind, lines) = all().find(|(known, ..)| *known == name)?;
    lines.contains(line).then_some((kind, lines))
}

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SETTINGS.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?, words.next()?))
    })
}

fn unknown(version: &[u32], name: &str) -> String {
    let shown: Vec<_> = version.iter().map(ToString::to_string).collect();
    let shown = shown.join(".");
    if all().any(|(known, ..)| known == name) {
        return format!("RocketMQ {shown} has no setting {name}, though another version has");
    }
    let names = all().map(|(known, ..)| known);
    match did_you_mean(name, names.filter(|known| find(version, known).is_some())) {
        Some(help) => format!("RocketMQ {shown} has no setting {name}; {help}"),
        None => format!("RocketMQ {shown} has no setting {name}"),
    }
}

/// Returns the value as a broker reads it, or what was expected. A broker silently uses its default
/// for a value that it cannot read.
fn check(kind: &str, value: &str) -> Result<String, &'static str> {
    let plain = value.trim();
    let is_number = |fits: bool| fits.then(|| plain.to_owned());
    match kind {
        "boolean" => match plain.to_ascii_lowercase().as_str() {
            known @ ("true" | "false") => Ok(known.to_owned()),
            _ => Err("true or false"),
        },
        "int" => is_number(plain.parse::<i32>().is_ok()).ok_or("a whole number of 32 bits"),
        "long" => is_number(plain.parse::<i64>().is_ok()).ok_or("a whole number"),
        "double" => is_number(plain.parse::<f64>().is_ok()).ok_or("a number"),
        "flush" => ["ASYNC_FLUSH", "SYNC_FLUSH"]
            .contains(&plain)
            .then(|| plain.to_owned())
            .ok_or("ASYNC_FLUSH or SYNC_FLUSH"),
        _ if value != plain => Err("a text without blanks at its ends"),
        _ if value.contains('\\') => Err("a text without backslashes, which Java would take out"),
        _ if !value.chars().all(|c| (' '..='~').contains(&c)) => Err("a text of ASCII"),
        _ => Ok(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str, name: &str, value: &str) -> Result<String, String> {
        value_in(&numbers(version), name, value)
    }

    #[test]
    fn values_are_as_a_broker_reads_them() {
        for (name, value, expected) in [
            ("fileReservedTime", "120", "120"),
            ("fileReservedTime", " 120 ", "120"),
            ("autoCreateTopicEnable", "True", "true"),
            ("flushDiskType", "SYNC_FLUSH", "SYNC_FLUSH"),
            ("deleteWhen", "04", "04"),
            ("messageDelayLevel", "1s 5s 10s", "1s 5s 10s"),
        ] {
            assert_eq!(of("3.2.6", name, value).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_a_broker_would_pass_over_in_silence_is_told() {
        for (version, name, value, expected) in [
            (
                "3.2.6",
                "maxMessageSize",
                "64k",
                "maxMessageSize is \"64k\", not a whole number of 32 bits",
            ),
            (
                "3.2.6",
                "autoCreateTopicEnable",
                "yes",
                "autoCreateTopicEnable is \"yes\", not true or false",
            ),
            (
                "3.2.6",
                "deleteWhen",
                "04 ",
                "deleteWhen is \"04 \", not a text without blanks at its ends",
            ),
            (
                "3.2.6",
                "maxMesageSize",
                "1",
                "RocketMQ 3.2.6 has no setting maxMesageSize; did you mean \"maxMessageSize\"?",
            ),
            (
                "3.2.6",
                "enableControllerMode",
                "true",
                "RocketMQ 3.2.6 has no setting enableControllerMode, though another version has",
            ),
            (
                "4.9.7",
                "mapedFileSizeCommitLog",
                "1",
                "RocketMQ 4.9.7 has no setting mapedFileSizeCommitLog, though another version has",
            ),
            (
                "5.3.3",
                "brokerRole",
                "SLAVE",
                "brokerRole is decided by rocketmq_replication",
            ),
        ] {
            let found = of(version, name, value);
            assert_eq!(found, Err(expected.to_owned()));
        }
    }

    #[test]
    fn switches_that_need_more_than_a_setting_are_refused() {
        for (version, name) in [
            ("4.9.7", "aclEnable"),
            ("4.9.7", "enableDLegerCommitLog"),
            ("4.9.7", "useTLS"),
            ("5.3.3", "enableControllerMode"),
            ("5.3.3", "authenticationEnabled"),
            ("5.3.3", "authorizationEnabled"),
        ] {
            let refused = of(version, name, "true").unwrap_err();
            assert!(refused.contains("this role does not set up"), "{refused}");
            assert_eq!(of(version, name, "false").as_deref(), Ok("false"));
        }
    }

    #[test]
    fn settings_that_guides_name_and_nobody_reads_are_refused() {
        for name in [
            "storePathConsumeQueue",
            "storePathIndex",
            "storeCheckpoint",
            "abortFile",
            "checkTransactionMessageEnable",
        ] {
            let refused = of("3.2.6", name, "/data").unwrap_err();
            let expected = format!("RocketMQ 3.2.6 has no setting {name}");
            assert!(refused.starts_with(&expected), "{refused}");
        }
    }

    #[test]
    fn a_comment_behind_a_value_is_no_part_of_it() {
        for (name, value) in [
            ("fileReservedTime", "120 #hours"),
            ("flushDiskType", "ASYNC_FLUSH#SYNC_FLUSH"),
            ("fileReservedTime", "120\r"),
            ("deleteWhen", "04\nbrokerId=1"),
        ] {
            let found = of("3.2.6", name, value);
            assert!(found.is_err() || found == Ok("120".to_owned()), "{found:?}");
        }
    }

    #[test]
    fn what_a_busy_broker_needs_can_be_set() {
        for name in [
            "sendMessageThreadPoolNums",
            "useReentrantLockWhenPutMessage",
            "waitTimeMillsInSendQueue",
        ] {
            for version in ["4.9.7", "5.3.3"] {
                let value = if name.starts_with("use") {
                    "true"
                } else {
                    "400"
                };
                assert_eq!(of(version, name, value).as_deref(), Ok(value), "{name}");
            }
        }
    }

    #[test]
    fn the_size_of_files_is_spelt_as_the_version_does() {
        for (version, expected) in [
            ("3.2.6", "mapedFileSizeCommitLog"),
            ("4.5.1", "mapedFileSizeCommitLog"),
            ("4.5.2", "mappedFileSizeCommitLog"),
            ("5.3.3", "mappedFileSizeCommitLog"),
        ] {
            for name in ["mapedFileSizeCommitLog", "mappedFileSizeCommitLog"] {
                let version = numbers(version);
                assert_eq!(name_in(&version, name), expected);
                assert_eq!(value_in(&version, expected, "1").as_deref(), Ok("1"));
            }
        }
    }
}
