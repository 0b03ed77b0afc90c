//! A program that is to run on a host.

use crate::host::ProcessMatch;
use camino::Utf8PathBuf;

/// A program that is to run on a host.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    /// What it is called in messages.
    pub(super) name: String,
    /// Its configuration file, which is among its arguments.
    pub(super) file: String,
    /// The ports it listens on.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    /// How large its heap is: `512m`, `4g`; empty: as the host's memory allows.
    #[serde(default)]
    pub(super) heap: String,
    /// How much of the heap is for young objects; empty: as Java does it.
    #[serde(default)]
    pub(super) young: String,
    /// How much memory a broker may take besides its heap; empty: half as much as the heap.
    #[serde(default)]
    pub(super) direct_memory: String,
    /// The folder that it is in; its logs are in `logs` there.
    #[schemars(with = "String")]
    pub(super) home: Utf8PathBuf,
    /// The folder of a broker's messages; a program without is a nameserver.
    #[schemars(with = "Option<String>")]
    pub(super) store: Option<Utf8PathBuf>,
    /// How many bytes each file of messages has, as it is configured with.
    pub(super) file_size: Option<u64>,
    /// Its service, without `.service`, where systemd runs the host.
    pub(super) service: Option<String>,
}

impl Program {
    /// Returns how it is recognised where it runs: by its configuration file, for its classes and
    /// options differ between versions.
    pub(super) fn recognise(&self) -> ProcessMatch {
        ProcessMatch {
            executable: Some("java".to_owned()),
            arguments: vec!["-c".to_owned(), self.file.clone()],
            ..ProcessMatch::default()
        }
    }

    /// Returns whether it is a broker, else it is a nameserver.
    pub(super) fn is_broker(&self) -> bool {
        self.store.is_some()
    }

    /// Returns the variable by which the role sets a part of its memory.
    pub(super) fn variable(&self, part: &str) -> String {
        let kind = if self.is_broker() {
            "broker"
        } else {
            "nameserver"
        };
        format!("rocketmq_{kind}_{part}")
    }

    /// Returns how many bytes Java takes of itself, besides heap and direct memory: classes, code,
    /// threads, and what the collector needs. Those of 5.3.3 on Java 17, which takes the most, were
    /// measured to be 105 MiB and 150 MiB right after their start; more code is compiled later.
    pub(super) fn taken_by_java(&self) -> u64 {
        if self.is_broker() {
            256 << 20
        } else {
            128 << 20
        }
    }
}
