//! A program that shall run on a host, and what it takes.

use super::size;
use crate::host::ProcessMatch;
use crate::rocketmq::recognised::by_configuration;
use camino::Utf8PathBuf;

/// A program that shall run on a host.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    /// What it is called in messages.
    pub(super) name: String,
    /// Its configuration file, which is among its arguments.
    file: String,
    /// The ports it listens on.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    /// How large its heap is: `512m`, `4g`.
    heap: String,
    /// How much memory it may take besides its heap.
    direct_memory: Option<String>,
    /// The folder of its logs.
    #[schemars(with = "String")]
    pub(super) home: Utf8PathBuf,
    /// The folder of a broker's messages.
    #[schemars(with = "Option<String>")]
    pub(super) store: Option<Utf8PathBuf>,
    /// How many bytes each file of messages has, as it is configured with.
    pub(super) file_size: Option<u64>,
}

/// What Java takes of itself besides heap and direct memory: classes, threads, code.
const OF_JAVA: u64 = 256 << 20;

impl Program {
    /// Returns how it is recognised where it runs.
    pub(super) fn recognise(&self) -> ProcessMatch {
        by_configuration(&self.file)
    }

    /// Returns how many bytes it takes for sure, and at the most; or the setting that is no size.
    pub(super) fn memory(&self) -> Result<(u64, u64), String> {
        let heap = size::read(&self.heap)?;
        let direct = self.direct_memory.as_deref();
        let direct = direct.map_or(Ok(0), size::read)?;
        let sure = heap.saturating_add(OF_JAVA);
        Ok((sure, sure.saturating_add(direct)))
    }
}
