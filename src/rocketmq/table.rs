//! Tables in the answers of a broker.

use super::wire::{Address, Client, Code, WireError, read_body};
use serde_json::{Map, Value};

/// Returns a table in the answer of a broker.
pub(super) fn table(
    client: &mut Client,
    broker: &Address,
    request: Code,
    name: &str,
) -> Result<Map<String, Value>, WireError> {
    let answer = client.ask(broker, request, &[], &[])?;
    let mut body = read_body(broker, request, &answer)?;
    match body.get_mut(name).map(Value::take) {
        Some(Value::Object(table)) => Ok(table),
        _ => Err(WireError::Nonsense {
            address: broker.clone(),
            request,
            reason: format!("there is no {name}"),
        }),
    }
}
