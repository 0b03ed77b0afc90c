//! When a program counts as started.

use crate::host::{Condition, Content};
use crate::module::{ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};
use std::time::Duration;

/// When a program counts as started; all conditions must hold.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ready {
    /// A TCP port that accepts connections.
    port: Option<u16>,
    /// TCP ports that must all accept connections.
    ports: Vec<u16>,
    /// Name or address of the ports, as resolved by the host; `127.0.0.1` by default.
    host: Option<String>,
    /// A regular expression that must match a line of the log written after the start.
    log_line: Option<String>,
    /// The file to search for `log_line`, if not the program's own `log`.
    #[schemars(with = "Option<String>")]
    pub(super) log: Option<Utf8PathBuf>,
    /// How many seconds it may take; 60 by default.
    timeout: Option<u64>,
    /// Seconds that it must go on running, and all the rest hold, before it counts as started: 2 by
    /// default, and 0 if there is a port or a line of the log to wait for.
    settle: Option<u64>,
}

impl Ready {
    pub(super) fn check(&self, log: Option<&Utf8Path>) -> Result<(), ModuleError> {
        let Some(pattern) = &self.log_line else {
            return Ok(());
        };
        if self.log.is_none() && log.is_none() {
            let message = "ready.log_line needs a log to search in";
            return Err(ModuleError::refused(message));
        }
        match fancy_regex::Regex::new(pattern) {
            Ok(_) => Ok(()),
            Err(error) => Err(ModuleError::refused(format!(
                "ready.log_line cannot be read: {error}"
            ))),
        }
    }

    pub(super) fn all_ports(&self) -> Vec<u16> {
        self.port.iter().chain(&self.ports).copied().collect()
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.unwrap_or(60))
    }

    /// Returns how long all must hold: a program that only runs may end at once, for one that does
    /// not find its settings.
    pub(super) fn settle(&self) -> Duration {
        let says_more = self.log_line.is_some() || !self.all_ports().is_empty();
        let usual = if says_more { 0 } else { 2 };
        Duration::from_secs(self.settle.unwrap_or(usual))
    }

    pub(super) fn open_ports(&self) -> Vec<Condition> {
        let host = self.host.as_deref().unwrap_or("127.0.0.1");
        let open = |port| Condition::Port {
            host: host.to_owned(),
            port,
            open: true,
        };
        self.all_ports().into_iter().map(open).collect()
    }

    /// Returns the condition for the line in the log: earlier lines do not count.
    pub(super) fn line(
        &self,
        context: &PlanContext,
        log: Option<&Utf8Path>,
    ) -> Result<Option<Condition>, ModuleError> {
        let (Some(pattern), Some(path)) = (&self.log_line, self.log.as_deref().or(log)) else {
            return Ok(None);
        };
        let node = context.host.look(path, true, Content::None)?;
        Ok(Some(Condition::Text {
            path: path.to_owned(),
            pattern: pattern.clone(),
            from: node.as_ref().map_or(0, |node| node.size),
            inode: node.map(|node| node.inode),
            present: true,
        }))
    }

    /// Returns what is awaited, to follow the program's name.
    pub(super) fn what(&self) -> String {
        let host = self.host.as_deref().unwrap_or("127.0.0.1");
        let ports = self.all_ports();
        let ports = ports.iter().map(|port| format!("port {port} of {host}"));
        let line = self
            .log_line
            .iter()
            .map(|line| format!("a line like {line:?} in its log"));
        let all: Vec<_> = ports.chain(line).collect();
        if all.is_empty() {
            "to run".to_owned()
        } else {
            format!("to be ready: {}", all.join(", "))
        }
    }
}
