//! The event files of all shards of a run, joined into one recap.

use super::event::{Recap, TaskId, TaskName};
use super::screen::{Failures, totals};
use super::style::heading;
use crate::source::{Problem, Problems, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Returns the first line of the event file of a shard.
pub(super) fn first_line(number: usize, of: usize) -> String {
    json!({"event": "shard", "number": number, "of": of}).to_string()
}

/// Returns the last line of the event file of a shard: its exit code.
pub fn last_line(exit: u8) -> String {
    json!({"event": "end", "exit": exit}).to_string()
}

/// The event files of the shards of a run.
#[derive(Default)]
pub struct Shards {
    known: BTreeMap<u64, Shard>,
    /// How many there are, as the first file says.
    of: Option<u64>,
    problems: Problems,
}

/// What the event file of a shard says.
#[derive(Default)]
struct Shard {
    file: String,
    failures: Failures,
    recap: Vec<(Arc<str>, Recap)>,
    check: bool,
    elapsed: Duration,
    exit: Option<u64>,
}

/// The shards of a run as one.
pub struct Merged {
    /// The failures and the recap, for people.
    pub text: String,
    /// The exit codes of the shards.
    pub exits: Vec<u64>,
}

impl Shards {
    /// Adds the text of an event file.
    pub fn add(&mut self, file: &str, text: &str) {
        if let Err(problem) = self.read(file, text) {
            self.problems.push(problem);
        }
    }

    fn read(&mut self, file: &str, text: &str) -> std::result::Result<(), Problem> {
        let mut numbered = None;
        let mut shard = Shard {
            file: file.to_owned(),
            ..Shard::default()
        };
        for (line, number) in text.lines().zip(1..) {
            let at = |message: &str| Problem::new(format!("{file}:{number}: {message}"));
            let Ok(line) = serde_json::from_str::<Value>(line) else {
                // A run that was killed may leave half a line.
                break;
            };
            let count = |name: &str| line.get(name).and_then(Value::as_u64);
            match line.get("event").and_then(Value::as_str) {
                Some("shard") => numbered = count("number").zip(count("of")),
                Some("recap") => shard.take_recap(&line),
                Some("end") => shard.exit = count("exit"),
                None => shard.take_task(&line),
                Some(other) => return Err(at(&format!("unknown event {other:?}"))),
            }
        }
        let Some((number, of)) = numbered else {
            let message = format!("{file} is not the event file of a shard");
            let help = "merge takes the files that `run --shard K/N --events FILE` writes";
            return Err(Problem::new(message).help(help.to_owned()));
        };
        if *self.of.get_or_insert(of) != of {
            let first = self.of.unwrap_or_default();
            let message = format!("{file} is of {of} shards, and the files before it of {first}");
            return Err(Problem::new(message));
        }
        if let Some(known) = self.known.get(&number) {
            let message = format!("{file} and {} are both of shard {number}/{of}", known.file);
            return Err(Problem::new(message));
        }
        self.known.insert(number, shard);
        Ok(())
    }

    /// Returns the shards as one. Fails if one is missing or did not run to its end.
    pub fn merged(mut self, width: usize) -> Result<Merged> {
        let of = self.of.unwrap_or_default();
        for number in 1..=of {
            let again = format!("run it (again): --shard {number}/{of}");
            let message = match self.known.get(&number) {
                None => format!("shard {number}/{of} is missing"),
                Some(shard) if shard.exit.is_none() => {
                    format!("shard {number}/{of} did not run to its end: {}", shard.file)
                }
                Some(_) => continue,
            };
            self.problems.push(Problem::new(message).help(again));
        }
        let shards = self.problems.or(self.known)?;
        let mut all = Shard::default();
        let mut exits = Vec::new();
        let mut recaps = Vec::new();
        for shard in shards.into_values() {
            all.failures.add_all(shard.failures);
            recaps.push(shard.recap.into_iter());
            all.check |= shard.check;
            all.elapsed = all.elapsed.max(shard.elapsed);
            exits.extend(shard.exit);
        }
        // Hosts were dealt like cards: so they are taken back.
        loop {
            let before = all.recap.len();
            all.recap
                .extend(recaps.iter_mut().filter_map(Iterator::next));
            if all.recap.len() == before {
                break;
            }
        }
        all.failures.sort(&all.recap);
        let text = all.failures.list(&all.recap, width)
            + &heading("PLAY RECAP", width)
            + &totals(&all.recap, all.check, all.elapsed, width);
        Ok(Merged { text, exits })
    }
}

impl Shard {
    fn take_recap(&mut self, line: &Value) {
        self.check = line.get("check") == Some(&Value::Bool(true));
        let elapsed = line.get("milliseconds").and_then(Value::as_u64);
        self.elapsed = Duration::from_millis(elapsed.unwrap_or_default());
        let hosts = line.get("hosts").and_then(Value::as_object);
        let counted = hosts.into_iter().flatten().filter_map(|(host, counted)| {
            let counted = serde_json::from_value(counted.clone()).ok()?;
            Some((Arc::from(host.as_str()), counted))
        });
        self.recap = counted.collect();
    }

    /// Takes the line of a task if it is a failure that nobody ignored.
    fn take_task(&mut self, line: &Value) {
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let has_failed = ["failed", "unreachable"].contains(&text("status"));
        if !has_failed || line.get("ignored").is_some() {
            return;
        }
        let (name, path) = (text("task").to_owned(), text("path").to_owned());
        let task = Arc::new(TaskName {
            id: TaskId::of((&name, &path)),
            name,
            action: text("action").to_owned(),
            path,
            handler: false,
        });
        self.failures
            .add(Arc::from(text("host")), task, text("msg"));
    }
}
