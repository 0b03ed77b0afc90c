//! The failures of a run, listed again at its end.

use super::hosts;
use crate::report::style::{RED, heading};
use crate::report::{Recap, Status, TaskName, TaskResult, on_one_line};
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The failures of a run, in order.
#[derive(Default)]
pub(in crate::report) struct Failures(Vec<Failure>);

struct Failure {
    host: Arc<str>,
    task: Arc<TaskName>,
    message: String,
}

impl Failures {
    /// Notes the result of a task if it is a failure that nobody ignores.
    pub(super) fn note(&mut self, result: &TaskResult) {
        let has_failed = matches!(result.status, Status::Failed | Status::Unreachable);
        if has_failed && !result.ignored {
            let message = result.message.as_deref().unwrap_or_default();
            self.add(result.host.clone(), result.task.clone(), message);
        }
    }

    /// Adds a failure.
    pub(in crate::report) fn add(&mut self, host: Arc<str>, task: Arc<TaskName>, message: &str) {
        let message = message.lines().next().unwrap_or_default().to_owned();
        self.0.push(Failure {
            host,
            task,
            message,
        });
    }

    /// Puts the failures of each task together, in the order of the hosts.
    pub(in crate::report) fn sort(&mut self, recap: &[(Arc<str>, Recap)]) {
        let hosts = recap.iter().map(|(host, _)| host.clone());
        let hosts: HashMap<_, _> = hosts.zip(0..).collect();
        let tasks: IndexSet<_> = self.0.iter().map(|failure| failure.task.clone()).collect();
        self.0.sort_by_key(|failure| {
            let task = tasks.get_index_of(&failure.task);
            (task, hosts.get(&failure.host).copied())
        });
    }

    /// Adds all failures of others.
    pub(in crate::report) fn add_all(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Returns the list, without the failures that a `rescue` handled; those of one task with the
    /// same message are one.
    pub(in crate::report) fn list(&self, recap: &[(Arc<str>, Recap)], width: usize) -> String {
        let mut listed: IndexMap<(&TaskName, &str, usize), IndexSet<Arc<str>>> = IndexMap::new();
        for failure in self.not_rescued(recap) {
            let mut of = (&*failure.task, failure.message.as_str(), 0);
            // A host that fails twice in the same way is listed twice.
            while let Some(hosts) = listed.get(&of)
                && hosts.contains(&failure.host)
            {
                of.2 += 1;
            }
            listed.entry(of).or_default().insert(failure.host.clone());
        }
        if listed.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}", heading("FAILED", width));
        for ((task, message, _), hosts) in listed {
            let hosts: Vec<_> = hosts.into_iter().collect();
            let named = hosts::in_full(&hosts, recap.len(), width.saturating_sub(2));
            let (name, path) = (&task.name, &task.path);
            let _ = writeln!(
                text,
                "{RED}[{named}]{RED:#} {} at {}",
                on_one_line(name),
                on_one_line(path)
            );
            if !message.is_empty() {
                let _ = writeln!(text, "    {}", shortened(message, width));
            }
        }
        text
    }

    /// Returns the failures that no `rescue` handled: of a host, those that count are the last ones.
    fn not_rescued(&self, recap: &[(Arc<str>, Recap)]) -> Vec<&Failure> {
        let counted = recap.iter();
        let mut counted: HashMap<&str, u32> = counted
            .map(|(host, recap)| (&**host, recap.failed + recap.unreachable))
            .collect();
        let counts = |failure: &&Failure| {
            let left = counted.get_mut(&*failure.host);
            let left = left.filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        };
        let mut last: Vec<_> = self.0.iter().rev().filter(counts).collect();
        last.reverse();
        last
    }
}

/// Returns the beginning of a text that fits an indented line.
fn shortened(text: &str, width: usize) -> String {
    let text = on_one_line(text);
    let room = width.saturating_sub(4).max(20);
    if text.chars().count() <= room {
        return text.into_owned();
    }
    let start: String = text.chars().take(room - 1).collect();
    format!("{start}…")
}
