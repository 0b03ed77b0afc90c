//! Where a nameserver sends producers and consumers of a topic.

use super::wire::{Address, Client, WireError, read_body, refusal, requests};
use serde_json::Value;

/// The code of a nameserver that has no route.
const NO_ROUTE: i32 = 17;

/// The bit of a permission that allows writing.
const WRITE: u64 = 2;

/// Returns the route of a topic; `None` if the nameserver does not know it.
pub(super) fn route(
    client: &mut Client,
    nameserver: &Address,
    topic: &str,
) -> Result<Option<Value>, WireError> {
    let request = requests::GET_ROUTEINFO_BY_TOPIC;
    let answer = client.ask_any(nameserver, request, &[("topic", topic)], &[])?;
    match answer.code {
        0 => Ok(Some(read_body(nameserver, request, &answer)?)),
        NO_ROUTE => Ok(None),
        _ => Err(refusal(nameserver, request, &answer)),
    }
}

/// Returns whether a nameserver routes producers to a broker, according to the topic named after
/// the broker, which every broker has; `None` if the nameserver does not list the broker.
pub(super) fn may_be_written(
    client: &mut Client,
    nameserver: &Address,
    broker: &str,
) -> Result<Option<bool>, WireError> {
    let route = route(client, nameserver, broker)?;
    let queues = route.as_ref().and_then(|route| route.get("queueDatas"));
    let mut queues = queues.and_then(Value::as_array).into_iter().flatten();
    let own = queues.find(|queue| queue["brokerName"] == broker);
    Ok(own.and_then(|queue| Some(queue["perm"].as_u64()? & WRITE != 0)))
}
