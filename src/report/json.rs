//! `--output json`: every event as a line of JSON.

use super::{Event, Recap, Reporter};
use crate::value;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// Writes every event as a line of JSON.
pub struct JsonLines<W: Write> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// Returns a reporter that writes to `out`. A reader that closed its end is not an error.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Reporter for JsonLines<W> {
    fn event(&mut self, event: &Event) {
        let line = match event {
            Event::PlayStarted { name, hosts } => json!({
                "event": "play",
                "name": name,
                "hosts": hosts.iter().map(|host| &**host).collect::<Vec<_>>(),
            }),
            Event::NoHosts { name } => json!({"event": "play", "name": name, "hosts": []}),
            Event::TaskFinished(result) => task(result),
            Event::Retrying { task, host, left } => json!({
                "event": "retry", "task": task.name, "host": &**host, "left": left,
            }),
            Event::Warning { text, .. } => json!({"event": "warning", "msg": text}),
            Event::Said { host, text } | Event::Announced { host, text } => {
                json!({"event": "log", "host": **host, "msg": text})
            }
            Event::RunFinished {
                recap,
                stats,
                check,
                elapsed,
                ..
            } => {
                let mut line = recap_line(recap, *check, *elapsed);
                if let (Some(line), false) = (line.as_object_mut(), stats.is_empty()) {
                    let all = stats.iter();
                    let all = all.map(|(host, values)| (host.to_string(), values.clone()));
                    line.insert("stats".to_owned(), Value::Object(all.collect()));
                }
                line
            }
            Event::TaskStarted { .. }
            | Event::ItemFinished(_)
            | Event::Reached { .. }
            | Event::Left { .. } => return,
        };
        let _ = writeln!(self.out, "{line}");
    }
}

/// Returns the counts of a run.
pub(super) fn recap_line(recap: &[(Arc<str>, Recap)], check: bool, elapsed: Duration) -> Value {
    let hosts = recap.iter();
    let hosts: Map<String, Value> = hosts
        .map(|(host, recap)| (host.to_string(), json!(recap)))
        .collect();
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    json!({"event": "recap", "check": check, "milliseconds": milliseconds, "hosts": hosts})
}

fn task(result: &super::TaskResult) -> Value {
    let mut line = json!({"event": "task"});
    let fields: Value = serde_json::from_str(&result.line()).unwrap_or_default();
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
        line.insert("result".to_owned(), value::to_json(&result.result));
    }
    line
}
