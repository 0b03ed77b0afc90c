//! Where a nameserver sends the producers and consumers of a topic.

use super::wire::{Address, Client, WireError, read_body, refusal, requests};
use serde_json::Value;

/// The answer of a nameserver that knows no route.
const NO_ROUTE: i32 = 17;

/// The bit of a permission that allows to write.
const WRITE: u64 = 2;

/// Returns the route of a topic; `None` where the nameserver knows none.
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

/// Returns whether a nameserver sends producers to a broker, told by the topic that is named after
/// it and that every broker has; `None` where the nameserver does not list the broker.
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
