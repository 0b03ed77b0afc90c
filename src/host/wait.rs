//! Waiting until something holds on a host.

use super::{Answer, Content, Host, HostError, Limits, ProcessMatch, Question};
use camino::Utf8PathBuf;
use std::time::{Duration, Instant};

/// A bounded wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// All must hold at once.
    pub conditions: Vec<Condition>,
    /// How long at the most.
    pub timeout: Duration,
    /// Between two looks.
    pub interval: Duration,
    /// Before the first look.
    pub delay: Duration,
    /// A program that must go on running meanwhile: when it is gone, waiting is over and failed.
    pub while_running: Option<ProcessMatch>,
    /// A log whose last lines belong into the error.
    pub log: Option<Utf8PathBuf>,
    /// What is waited for, for messages: `port 10911 of 127.0.0.1`.
    pub what: String,
}

/// Something that can come to hold on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Something stands at a path, or nothing does.
    Path {
        /// The path.
        path: Utf8PathBuf,
        /// Whether something must stand there.
        present: bool,
    },
    /// A file has a match of a regular expression (of fancy-regex, `^` and `$` match at lines).
    Text {
        /// The file.
        path: Utf8PathBuf,
        /// The expression.
        pattern: String,
        /// Bytes at the start that do not count, such as what a log held before.
        from: u64,
    },
    /// A TCP port accepts connections from the host, or does not.
    Port {
        /// Name or address as the host sees it.
        host: String,
        /// Port.
        port: u16,
        /// Whether it must be open.
        open: bool,
    },
    /// A program runs, or none does.
    Process {
        /// Which.
        recognise: ProcessMatch,
        /// Whether it must run.
        running: bool,
    },
}

/// Waits on `host` by asking again and again: all conditions in one round trip each time.
pub fn poll(host: &dyn Host, wait: &Wait, limits: &Limits) -> Result<(), HostError> {
    let started = Instant::now();
    let limits = limits.sooner(started + wait.delay + wait.timeout + Duration::from_secs(10));
    limits.sleep(wait.delay)?;
    let mut questions: Vec<_> = wait.conditions.iter().map(Condition::question).collect();
    questions.extend(wait.while_running.clone().map(Question::Processes));
    loop {
        let answers = host.ask(&questions, &limits)?;
        let held = wait
            .conditions
            .iter()
            .zip(&answers)
            .all(|(condition, answer)| condition.holds(answer));
        if held {
            return Ok(());
        }
        let gone = wait.while_running.is_some()
            && matches!(answers.last(), Some(Answer::Processes(found)) if found.is_empty());
        let late = started.elapsed() >= wait.delay + wait.timeout;
        if gone || late {
            let log = match &wait.log {
                Some(path) => tail(host, path, &limits)?,
                None => None,
            };
            return Err(HostError::NotHappened {
                what: wait.what.clone(),
                after: started.elapsed(),
                gone,
                log,
            });
        }
        limits.sleep(wait.interval)?;
    }
}

/// Lines of a log that an error shows.
const LOG_LINES: usize = 30;

fn tail(host: &dyn Host, path: &Utf8PathBuf, limits: &Limits) -> Result<Option<String>, HostError> {
    let look = |content| Question::Path {
        path: path.clone(),
        follow: true,
        content,
    };
    let answers = host.ask(&[look(Content::None)], limits)?;
    let Some(Answer::Path(Some(node))) = answers.into_iter().next() else {
        return Ok(None);
    };
    let from = node.size.saturating_sub(16 * 1024);
    let answers = host.ask(&[look(Content::From(from))], limits)?;
    let Some(Answer::Path(Some(node))) = answers.into_iter().next() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&node.content.unwrap_or_default()).into_owned();
    let lines: Vec<_> = text.lines().collect();
    Ok(Some(
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n"),
    ))
}

impl Condition {
    /// Returns what must be asked to know whether it holds.
    pub fn question(&self) -> Question {
        match self {
            Condition::Path { path, .. } => Question::Path {
                path: path.clone(),
                follow: true,
                content: Content::None,
            },
            Condition::Text { path, from, .. } => Question::Path {
                path: path.clone(),
                follow: true,
                content: Content::From(*from),
            },
            Condition::Port { host, port, .. } => Question::Port {
                host: host.clone(),
                port: *port,
            },
            Condition::Process { recognise, .. } => Question::Processes(recognise.clone()),
        }
    }

    /// Returns whether the answer to its question says that it holds.
    pub fn holds(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Condition::Path { present, .. }, Answer::Path(node)) => node.is_some() == *present,
            (Condition::Text { pattern, .. }, Answer::Path(Some(node))) => {
                let text = String::from_utf8_lossy(node.content.as_deref().unwrap_or_default());
                fancy_regex::Regex::new(&format!("(?m){pattern}"))
                    .is_ok_and(|pattern| pattern.is_match(&*text).unwrap_or(false))
            }
            (Condition::Port { open, .. }, Answer::Port(is_open)) => open == is_open,
            (Condition::Process { running, .. }, Answer::Processes(found)) => {
                found.is_empty() != *running
            }
            _ => false,
        }
    }
}
