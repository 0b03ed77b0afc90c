//! A program that should run on a host.

use crate::host::ProcessMatch;
use camino::Utf8PathBuf;

/// A program that should run on a host.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    /// Its name in messages.
    pub(super) name: String,
    /// Its configuration file, which is one of its arguments.
    pub(super) file: String,
    /// The ports it listens on.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    /// Its heap size: `512m`, `4g`; empty: derived from the host's memory.
    #[serde(default)]
    pub(super) heap: String,
    /// The part of the heap for young objects; empty: Java's default.
    #[serde(default)]
    pub(super) young: String,
    /// A broker's direct memory; empty: half its heap.
    #[serde(default)]
    pub(super) direct_memory: String,
    /// Its folder, which contains its logs in `logs`.
    #[schemars(with = "String")]
    pub(super) home: Utf8PathBuf,
    /// The folder of a broker's messages; a program without one is a nameserver.
    #[schemars(with = "Option<String>")]
    pub(super) store: Option<Utf8PathBuf>,
    /// The configured size in bytes of each message file.
    pub(super) file_size: Option<u64>,
    /// Its service, without `.service`, if systemd runs the host.
    pub(super) service: Option<String>,
}

impl Program {
    /// Returns how to recognise the running program: by its configuration file, since classes and
    /// options differ between versions.
    pub(super) fn recognise(&self) -> ProcessMatch {
        ProcessMatch {
            executable: Some("java".to_owned()),
            arguments: vec!["-c".to_owned(), self.file.clone()],
            ..ProcessMatch::default()
        }
    }

    /// Returns whether it is a broker rather than a nameserver.
    pub(super) fn is_broker(&self) -> bool {
        self.store.is_some()
    }

    /// Returns the role's variable for a part of its memory.
    pub(super) fn variable(&self, part: &str) -> String {
        let kind = if self.is_broker() {
            "broker"
        } else {
            "nameserver"
        };
        format!("rocketmq_{kind}_{part}")
    }

    /// Returns Java's own overhead in bytes, besides heap and direct memory: classes, code,
    /// threads, and the collector's needs. For 5.3.3 on Java 17, the largest, 105 MiB and 150 MiB
    /// were measured right after the start; more code is compiled later.
    pub(super) fn taken_by_java(&self) -> u64 {
        if self.is_broker() {
            256 << 20
        } else {
            128 << 20
        }
    }
}
