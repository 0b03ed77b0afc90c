//! A table of what a broker answers.

use super::wire::{Address, Client, Code, WireError, read_json};
use serde_json::{Map, Value};

/// Returns a table of what a broker answers.
pub(super) fn table(
    client: &mut Client,
    broker: &Address,
    request: Code,
    name: &str,
) -> Result<Map<String, Value>, WireError> {
    let answer = client.ask(broker, request, &[], &[])?;
    let nonsense = |reason: String| WireError::Nonsense {
        address: broker.clone(),
        request,
        reason,
    };
    let mut body = read_json(&answer.body).map_err(|error| nonsense(error.to_string()))?;
    match body.get_mut(name).map(Value::take) {
        Some(Value::Object(table)) => Ok(table),
        _ => Err(nonsense(format!("there is no {name}"))),
    }
}
