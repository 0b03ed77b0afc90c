//! `rocketmq_broker`: a broker's state, and whether it runs as configured.

use super::properties;
use super::runtime::Runtime;
use super::wire::{Address, Client, WireError, requests};
use crate::change::Change;
use crate::host::Limits;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields, Value};
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// Reports a broker's state, and how the configuration it runs with differs from its file.
///
/// RocketMQ silently uses its default for a setting that it does not know, or whose value it cannot
/// read. So this reads the configuration of the running broker. Changes nothing.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokerModule {
    /// Its address, `HOST:PORT`, as resolved by the host.
    #[schemars(with = "String")]
    address: Address,
    /// Its configuration file on the host, to compare with.
    #[schemars(with = "Option<String>")]
    file: Option<Utf8PathBuf>,
    /// The settings it should have, to compare with.
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

impl BuiltIn for BrokerModule {
    const NAME: &'static str = "rocketmq_broker";
    const PATHS: &'static [&'static str] = &["file"];
    const EXAMPLE: &'static str = "\
- name: What the broker runs with
  rocketmq_broker:
    address: 192.168.2.201:10911
    file: /etc/rocketmq/broker.conf
  register: broker
  failed_when: broker.drift | length > 0
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("version", "Its version, such as `3.2.6`."),
        ("up_since", "Milliseconds since 1970."),
        ("put_tps", "Messages stored per second, over the last 10 s."),
        (
            "get_tps",
            "Messages fetched per second, over the last 10 s.",
        ),
        ("messages_put_today", "Messages stored since midnight."),
        ("commit_log_max_offset", "Bytes stored in total."),
        (
            "commit_log_disk_ratio",
            "How full the disk of the store is, 0 to 1.",
        ),
        ("runtime", "Its complete state, as text by name."),
        (
            "configuration",
            "Its complete configuration, as text by name.",
        ),
        (
            "drift",
            "Settings that differ: maps of `name`, `live` (what it runs with; nothing for a name that \
             this version does not know), `file` (what its file says) and `wanted` (what `settings` \
             says); nothing where one says nothing.",
        ),
        (
            "unapplied",
            "Names of `settings` that this version knows but runs with a different value.",
        ),
    ];
}

impl Module for BrokerModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let mut client = Client::new(&connect, context.host.limits());
        let runtime = Runtime::of(&mut client, &self.address)?;
        let live = configuration(&mut client, &self.address)?;
        let mut change = Change {
            result: runtime.fields(),
            ..Change::default()
        };
        change.returns("drift", self.drift(context, &live)?);
        let known = |(name, wanted): (&String, &String)| {
            let found = live.get(name)?;
            (found != wanted).then(|| Value::from(name.as_str()))
        };
        change.returns(
            "unapplied",
            self.settings.iter().filter_map(known).collect::<Value>(),
        );
        change.returns("runtime", map(runtime.table));
        change.returns("configuration", map(live));
        Ok(change)
    }
}

impl BrokerModule {
    fn drift(
        &self,
        context: &PlanContext,
        live: &BTreeMap<String, String>,
    ) -> Result<Value, ModuleError> {
        let file = match &self.file {
            Some(file) => {
                let bytes = context.host.read(file)?;
                properties::read(&latin1(&bytes))
            }
            None => BTreeMap::new(),
        };
        let names: BTreeSet<_> = file.keys().chain(self.settings.keys()).collect();
        let difference = |name: &String| {
            let told = [live.get(name), file.get(name), self.settings.get(name)];
            let [live, file, wanted] = told;
            let differs = file.is_some_and(|file| live != Some(file))
                || wanted.is_some_and(|wanted| live != Some(wanted))
                || wanted.is_some() && file.is_some() && file != wanted;
            let [live, file, wanted] =
                told.map(|text| text.map_or_else(|| Value::from(()), Value::from));
            let name = Value::from(name.as_str());
            differs.then(|| {
                Value::from_pairs([
                    ("name", name),
                    ("live", live),
                    ("file", file),
                    ("wanted", wanted),
                ])
            })
        };
        Ok(names.into_iter().filter_map(difference).collect())
    }
}

/// Returns a broker's complete configuration.
pub(super) fn configuration(
    client: &mut Client,
    broker: &Address,
) -> Result<BTreeMap<String, String>, WireError> {
    let answer = client.ask(broker, requests::GET_BROKER_CONFIG, &[], &[])?;
    Ok(properties::read(&String::from_utf8_lossy(&answer.body)))
}

/// Returns the text of a properties file, in which each byte is a character.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn map(table: BTreeMap<String, String>) -> Value {
    let fields: Fields = table
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    value::map(fields)
}
