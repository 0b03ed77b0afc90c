//! `rocketmq_message`: sends a message to a broker and reads it back.

use super::message;
use super::wire::{Address, Client};
use crate::change::Change;
use crate::host::{Connect, Dialogue, HostError, Limits, Step, Talk};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Fields;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sends one message to a master and pulls it back.
///
/// By default it goes to the first queue of the topic named after the broker itself, which every
/// broker has and nobody else reads. It does not count as a change.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageModule {
    /// The master, `HOST:PORT`, as resolved by the host.
    #[schemars(with = "String")]
    address: Address,
    /// The topic: by default the broker's name, or another existing one.
    topic: String,
    /// The text to send.
    #[serde(default = "body")]
    body: String,
    /// Time limit in seconds until it has come back; 10 by default.
    timeout: Option<u64>,
}

fn body() -> String {
    "sent by rmqplay to be pulled back".to_owned()
}

impl BuiltIn for MessageModule {
    const NAME: &'static str = "rocketmq_message";
    const EXAMPLE: &'static str = "\
- name: A message comes back
  rocketmq_message:
    address: 192.168.2.201:10911
    topic: broker-a
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("message_id", "The broker's id of the message."),
        ("queue", "The number of its queue."),
        ("offset", "Its offset there."),
    ];
}

const RETURNS: &[&str] = &["message_id", "queue", "offset"];

/// The time between attempts to fetch it: it reaches its queue a little later than the log.
const INTERVAL: Duration = Duration::from_millis(50);

impl Module for MessageModule {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        let talk = Talk {
            what: format!("send a message to {} and pull it back", self.address),
            dialogue: Arc::new(self.clone()),
            change: None,
            returns: RETURNS,
        };
        Ok(Change {
            steps: vec![Step::Talk(talk)],
            ..Change::default()
        })
    }
}

impl Dialogue for MessageModule {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let started = Instant::now();
        let timeout = Duration::from_secs(self.timeout.unwrap_or(10));
        let mut client = Client::new(connect, limits);
        let body = self.body.as_bytes();
        let sent = message::send(&mut client, &self.address, &self.topic, body)?;
        loop {
            let found = message::pull(&mut client, &self.address, &self.topic, &sent)?;
            match found {
                Some(found) if found == body => break,
                Some(_) => {
                    return Err(HostError::Step {
                        action: format!("pull message {} from {}", sent.id, self.address),
                        reason: "a different one is in its place".to_owned(),
                    });
                }
                None if started.elapsed() >= timeout => {
                    return Err(HostError::NotHappened {
                        what: format!("message {} to be found on {}", sent.id, self.address),
                        after: started.elapsed(),
                        gone: false,
                        log: None,
                        help: None,
                    });
                }
                None => limits.sleep(INTERVAL)?,
            }
        }
        Ok(Fields::from_iter([
            ("message_id".to_owned(), sent.id.into()),
            ("queue".to_owned(), sent.queue.into()),
            ("offset".to_owned(), sent.offset.into()),
        ]))
    }
}
