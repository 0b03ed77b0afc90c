//! Sends a message to one queue of a broker, and fetches one from there.

use super::wire::{Address, Client, WireError, requests};
use std::time::{SystemTime, UNIX_EPOCH};

/// A group that every broker knows, whatever it creates automatically: RocketMQ's own tools use it.
const CONSUMER_GROUP: &str = "TOOLS_CONSUMER";

/// The code of a pull that found nothing.
const NOT_FOUND: i32 = 19;

/// Where a message was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) queue: u32,
    pub(super) offset: u64,
}

/// Sends a message to the first queue of a topic on a broker. Fails with [`WireError::Refused`]
/// even if it is stored but not yet as safely as configured (codes 10 to 12).
pub(super) fn send(
    client: &mut Client,
    broker: &Address,
    topic: &str,
    body: &[u8],
) -> Result<Sent, WireError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_millis()).to_string();
    let fields = [
        ("producerGroup", "rmqplay"),
        ("topic", topic),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "1"),
        ("queueId", "0"),
        ("sysFlag", "0"),
        ("bornTimestamp", now.as_str()),
        ("flag", "0"),
        ("properties", ""),
        ("reconsumeTimes", "0"),
        ("unitMode", "false"),
    ];
    let request = requests::SEND_MESSAGE;
    let answer = client.ask(broker, request, &fields, body)?;
    let number = |name: &str| -> Option<u64> { answer.field(name)?.parse().ok() };
    let sent = number("queueOffset").map(|offset| Sent {
        id: answer.field("msgId").unwrap_or_default().to_owned(),
        queue: number("queueId")
            .and_then(|queue| queue.try_into().ok())
            .unwrap_or_default(),
        offset,
    });
    sent.ok_or_else(|| WireError::Nonsense {
        address: broker.clone(),
        request,
        reason: "the answer lacks the offset".to_owned(),
    })
}

/// Fetches the body of the message at an offset of a queue; `None` if there is none (yet).
pub(super) fn pull(
    client: &mut Client,
    broker: &Address,
    topic: &str,
    sent: &Sent,
) -> Result<Option<Vec<u8>>, WireError> {
    let (queue, offset) = (sent.queue.to_string(), sent.offset.to_string());
    let fields = [
        ("consumerGroup", CONSUMER_GROUP),
        ("topic", topic),
        ("queueId", queue.as_str()),
        ("queueOffset", offset.as_str()),
        ("maxMsgNums", "1"),
        // The subscription comes with the request, and nothing is waited for.
        ("sysFlag", "4"),
        ("commitOffset", "0"),
        ("suspendTimeoutMillis", "0"),
        ("subscription", "*"),
        ("subVersion", "0"),
    ];
    let request = requests::PULL_MESSAGE;
    let answer = client.ask_any(broker, request, &fields, &[])?;
    match answer.code {
        0 => {}
        NOT_FOUND => return Ok(None),
        _ => return Err(super::wire::refusal(broker, request, &answer)),
    }
    let body = body(&answer.body);
    body.map(|body| Some(body.to_vec()))
        .ok_or_else(|| WireError::Nonsense {
            address: broker.clone(),
            request,
            reason: "the message it sends is truncated".to_owned(),
        })
}

/// Bits of a message's flags for hosts that are written in 16 bytes instead of 4.
const BORN_HOST_IS_V6: u32 = 1 << 4;
const STORE_HOST_IS_V6: u32 = 1 << 5;

/// Returns the body of the first message in its stored form: lengths and offsets, hosts, times,
/// body, topic and properties.
fn body(message: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| -> Option<u32> {
        let bytes: [u8; 4] = message.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let flags = number(36)?;
    let host = |bit: u32| if flags & bit == 0 { 8 } else { 20 };
    // After the flags: time and host of birth, time and host of storage, count, offset.
    let at = 40 + 8 + host(BORN_HOST_IS_V6) + 8 + host(STORE_HOST_IS_V6) + 4 + 8;
    let length = usize::try_from(number(at)?).ok()?;
    message.get(at + 4..at + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored(flags: u32, hosts: usize, text: &[u8]) -> Vec<u8> {
        let mut message = vec![0; 36];
        message.extend(flags.to_be_bytes());
        message.extend(vec![0; 8 + 8 + 4 + 8 + hosts]);
        message.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        message.extend(text);
        message.extend([5, b't', b'o', b'p', b'i', b'c', 0, 0]);
        message
    }

    #[test]
    fn the_body_is_found_whatever_the_hosts_are() {
        for (flags, hosts) in [(0, 16), (1 << 4, 28), (1 << 5, 28), (3 << 4, 40)] {
            assert_eq!(body(&stored(flags, hosts, b"hello")), Some(&b"hello"[..]));
        }
        let whole = stored(0, 16, b"hello");
        assert_eq!(body(&whole[..90]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = body(&bytes);
        }
    }
}
