//! A running broker's report about itself.

use super::wire::{Address, Client, WireError, read_body, requests};
use crate::value::{Fields, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a broker may have nothing to report, and how often it is asked. It measures itself once a
/// second (`StoreStatsService`), the first time a second after it has started to listen.
const MEASURED_WITHIN: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_millis(200);

/// A running broker's report about itself. All values are text, and any may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Runtime {
    pub(super) table: BTreeMap<String, String>,
}

impl Runtime {
    /// Asks a broker, again as long as it has only just started.
    pub(super) fn of(client: &mut Client, broker: &Address) -> Result<Self, WireError> {
        let request = requests::GET_BROKER_RUNTIME_INFO;
        let end = Instant::now() + MEASURED_WITHIN;
        let answer = loop {
            match client.ask(broker, request, &[], &[]) {
                Err(error) if has_not_measured(&error) && Instant::now() < end => {
                    client.limits().sleep(INTERVAL)?;
                }
                answer => break answer?,
            }
        };
        let body = read_body(broker, request, &answer)?;
        let table = body.get("table").and_then(|table| table.as_object());
        let text = |value: &serde_json::Value| {
            let text = value.as_str();
            text.map_or_else(|| value.to_string(), str::to_owned)
        };
        let entries = table.into_iter().flatten();
        Ok(Self {
            table: entries
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
        })
    }

    /// Returns its version as used elsewhere: `3.2.6` for `V3_2_6_SNAPSHOT`, which the release
    /// reports.
    pub(super) fn version(&self) -> Option<String> {
        let told = self.table.get("brokerVersionDesc")?;
        let told = told.strip_prefix('V').unwrap_or(told);
        let told = told.strip_suffix("_SNAPSHOT").unwrap_or(told);
        let (mut version, mut is_first) = (String::new(), true);
        for part in told.split('_') {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            match (is_first, is_number) {
                (true, _) => {}
                (false, true) => version.push('.'),
                (false, false) => version.push('-'),
            }
            is_first = false;
            version.push_str(&part.to_lowercase());
        }
        Some(version)
    }

    /// Returns the end of its log, in bytes.
    pub(super) fn log_end(&self) -> Option<u64> {
        self.table.get("commitLogMaxOffset")?.trim().parse().ok()
    }

    /// Returns how full the disk of its store is, 0 to 1.
    pub(super) fn disk_ratio(&self) -> Option<f64> {
        self.number("commitLogDiskRatio")
    }

    /// Returns a rate over the last ten seconds; a fresh broker reports spaces.
    fn rate(&self, names: &[&str]) -> Option<f64> {
        let told = names.iter().find_map(|name| self.table.get(*name))?;
        told.split_whitespace().next()?.parse().ok()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.table.get(name)?.trim().parse().ok()
    }

    /// Returns the values that are useful in playbooks.
    pub(super) fn fields(&self) -> Fields {
        let optional = |value: Option<Value>| value.unwrap_or_else(|| Value::from(()));
        let put = self.rate(&["putTps"]);
        let get = self.rate(&["getTransferredTps", "getTransferedTps"]);
        let named = [
            ("version", self.version().map(Value::from)),
            (
                "up_since",
                self.number::<i64>("bootTimestamp").map(Value::from),
            ),
            ("put_tps", put.map(Value::from)),
            ("get_tps", get.map(Value::from)),
            (
                "messages_put_today",
                self.number::<u64>("msgPutTotalTodayNow").map(Value::from),
            ),
            ("commit_log_max_offset", self.log_end().map(Value::from)),
            ("commit_log_disk_ratio", self.disk_ratio().map(Value::from)),
        ];
        named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), optional(value)))
            .collect()
    }
}

/// Tells whether a broker has not measured itself yet, which it reports by the exception that the
/// last of no measurements is.
fn has_not_measured(error: &WireError) -> bool {
    matches!(error, WireError::Refused { code: 1, remark, .. } if remark.contains("NoSuchElementException"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telling(entries: &[(&str, &str)]) -> Runtime {
        let entries = entries.iter();
        Runtime {
            table: entries
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn versions_are_told_as_elsewhere() {
        for (told, expected) in [
            ("V3_2_6_SNAPSHOT", "3.2.6"),
            ("V4_9_7", "4.9.7"),
            ("V4_0_0_INCUBATING", "4.0.0-incubating"),
            ("V5_0_0_BETA1", "5.0.0-beta1"),
        ] {
            let version = telling(&[("brokerVersionDesc", told)]).version();
            assert_eq!(version.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_fresh_broker_tells_blanks() {
        let fresh = telling(&[
            ("putTps", "  "),
            ("getTransferedTps", "0.5  "),
            ("commitLogMaxOffset", "294"),
        ]);
        let fields = fresh.fields();
        let shown = |name: &str| fields.get(name).map(ToString::to_string);
        assert_eq!(shown("put_tps").as_deref(), Some("None"));
        assert_eq!(shown("get_tps").as_deref(), Some("0.5"));
        assert_eq!(shown("commit_log_max_offset").as_deref(), Some("294"));
        assert_eq!(shown("up_since").as_deref(), Some("None"));
    }
}
