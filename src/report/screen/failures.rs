//! The failures of a run, listed again at its end.

use super::hosts;
use crate::report::style::{RED, heading};
use crate::report::{Recap, Status, TaskName, TaskResult, on_one_line};
use std::fmt::Write as _;
use std::sync::Arc;

/// The failures of a run, in order.
#[derive(Default)]
pub(super) struct Failures(Vec<Failure>);

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
            self.0.push(Failure {
                host: result.host.clone(),
                task: result.task.clone(),
                message: message.lines().next().unwrap_or_default().to_owned(),
            });
        }
    }

    /// Returns the list, without the failures that a `rescue` handled; those of one task with the
    /// same message are one.
    pub(super) fn list(&self, recap: &[(Arc<str>, Recap)], width: usize) -> String {
        let mut listed: Vec<(&Failure, Vec<Arc<str>>)> = Vec::new();
        for failure in self
            .0
            .iter()
            .filter(|failure| !self.is_rescued(failure, recap))
        {
            let is_equal = |(other, hosts): &&mut (&Failure, Vec<Arc<str>>)| {
                (&other.task, &other.message) == (&failure.task, &failure.message)
                    && !hosts.contains(&failure.host)
            };
            match listed.iter_mut().find(is_equal) {
                Some((_, hosts)) => hosts.push(failure.host.clone()),
                None => listed.push((failure, vec![failure.host.clone()])),
            }
        }
        if listed.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}", heading("FAILED", width));
        for (failure, hosts) in listed {
            let named = hosts::in_full(&hosts, recap.len(), width.saturating_sub(2));
            let (name, path) = (&failure.task.name, &failure.task.path);
            let _ = writeln!(
                text,
                "{RED}[{named}]{RED:#} {} at {}",
                on_one_line(name),
                on_one_line(path)
            );
            if !failure.message.is_empty() {
                let _ = writeln!(text, "    {}", shortened(&failure.message, width));
            }
        }
        text
    }

    /// Returns whether a `rescue` handled a failure: of a host, those that count are the last ones.
    fn is_rescued(&self, failure: &Failure, recap: &[(Arc<str>, Recap)]) -> bool {
        let counted = recap.iter().find(|(host, _)| *host == failure.host);
        let counted = counted.map_or(0, |(_, recap)| recap.failed + recap.unreachable);
        let of_host = self.0.iter().filter(|other| other.host == failure.host);
        let later = of_host
            .rev()
            .take_while(|other| !std::ptr::eq(*other, failure));
        later.count() >= counted as usize
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
