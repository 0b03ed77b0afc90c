//! `rocketmq_message`: whether a message goes into a broker and comes out again.

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
/// It goes to the first queue of the topic that is named after the broker itself, which every broker
/// has and nobody else reads, unless another one is given. It does not count as a change.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageModule {
    /// The master, `HOST:PORT`, as the host sees it.
    #[schemars(with = "String")]
    address: Address,
    /// The topic: the broker's name, or one that there is.
    topic: String,
    /// What is sent.
    #[serde(default = "body")]
    body: String,
    /// Seconds until it must have come back; 10 by default.
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
        ("message_id", "What the broker calls the message."),
        ("queue", "The queue it is in."),
        ("offset", "Its place there."),
    ];
}

const RETURNS: &[&str] = &["message_id", "queue", "offset"];

/// Between two attempts to fetch it: it is in the log at once, in its queue a little later.
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
                        reason: "another one is in its place".to_owned(),
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
