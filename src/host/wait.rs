//! Waits for conditions on a host.

use super::{Answer, Content, Host, HostError, Limits, ProcessMatch, Question, Step};
use camino::Utf8PathBuf;
use std::time::{Duration, Instant};

/// A bounded wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// All must be true at the same time.
    pub conditions: Vec<Condition>,
    /// The time limit.
    pub timeout: Duration,
    /// The time between two checks.
    pub interval: Duration,
    /// Before the first look.
    pub delay: Duration,
    /// How long all conditions must hold.
    pub settle: Duration,
    /// A program that must go on running meanwhile: when it is gone, waiting is over and failed.
    pub while_running: Option<ProcessMatch>,
    /// A log whose last lines belong into the error.
    pub log: Option<Utf8PathBuf>,
    /// Whether the task itself causes it, such as the port of the program that it starts: check mode
    /// then assumes that it happens.
    pub follows: bool,
    /// What is waited for, for messages: `port 10911 of 127.0.0.1`.
    pub what: String,
    /// How to fix it if it does not happen.
    pub help: Option<String>,
    /// The environment entry, as `NAME=VALUE`, of the processes started for it: if the program
    /// exits, they are killed and the error names them.
    pub mark: Option<String>,
    /// Steps to take once when the time is up, such as a stronger signal, before waiting for 10 s
    /// more.
    pub last_resort: Vec<Step>,
}

/// A condition that can become true on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A path exists, or does not.
    Path {
        /// The path.
        path: Utf8PathBuf,
        /// Whether it must exist.
        present: bool,
    },
    /// A file has a match of a regular expression (of fancy-regex; `^` and `$` match at lines), or
    /// does not. A missing file has no match.
    Text {
        /// The file.
        path: Utf8PathBuf,
        /// The expression.
        pattern: String,
        /// How many bytes at the start to ignore, such as earlier lines of a log.
        from: u64,
        /// The file that `from` refers to: a different file with the same name is read from its
        /// start.
        inode: Option<u64>,
        /// Whether there must be a match.
        present: bool,
    },
    /// A TCP port accepts connections from the host, or does not.
    Port {
        /// Name or address, as resolved by the host.
        host: String,
        /// Port.
        port: u16,
        /// Whether it must be open.
        open: bool,
    },
    /// A program is running, or not.
    Process {
        /// The program.
        recognise: ProcessMatch,
        /// Whether it must be running.
        running: bool,
    },
}

/// How long a started program may take to appear: a launcher may run first.
const APPEARS_WITHIN: Duration = Duration::from_secs(3);

/// How long to wait after the last resort.
const AFTER_LAST_RESORT: Duration = Duration::from_secs(10);

/// Waits by polling `host`: all conditions in one round trip each time.
pub fn poll(host: &dyn Host, wait: &Wait, limits: &Limits) -> Result<(), HostError> {
    let started = Instant::now();
    let mut end = started + wait.delay + wait.timeout;
    let limits = limits.sooner(end + wait.settle + AFTER_LAST_RESORT + Duration::from_secs(10));
    limits.sleep(wait.delay)?;
    let mut conditions = wait.conditions.clone();
    let mut last_resort = wait.last_resort.as_slice();
    let mut seen = false;
    let mut held_since = None;
    loop {
        let (held, runs) = look(&mut conditions, wait.while_running.as_ref(), |questions| {
            host.ask(questions, &limits)
        })?;
        let now = Instant::now();
        // A program that was seen once may become another one at once.
        let is_first = held && held_since.is_none();
        held_since = held.then(|| held_since.unwrap_or(now));
        let is_settled = held_since.is_some_and(|since| now - since >= wait.settle);
        if is_settled && !(is_first && wait.mark.is_some()) {
            return Ok(());
        }
        seen |= runs;
        let gone = !runs && (seen || started.elapsed() >= wait.delay + APPEARS_WITHIN);
        let late = !held && Instant::now() >= end;
        if late && !gone && !last_resort.is_empty() {
            for step in std::mem::take(&mut last_resort) {
                host.apply(step, &limits)?;
            }
            end = Instant::now() + AFTER_LAST_RESORT;
        } else if gone || late {
            let log = match &wait.log {
                Some(path) => tail(host, path, &limits)?,
                None => None,
            };
            let after = started.elapsed();
            let others = wait.mark.as_ref().filter(|_| gone);
            let others = others.map(|mark| end_marked(host, mark, &limits));
            let others = others.transpose()?.unwrap_or_default();
            let advice = others.first().map(|_| RECOGNISE.to_owned());
            return Err(HostError::NotHappened {
                what: std::iter::once(wait.what.clone())
                    .chain(others)
                    .collect::<Vec<_>>()
                    .join("; "),
                after,
                gone,
                log,
                help: advice.or(wait.help.clone()),
            });
        }
        limits.sleep(wait.interval)?;
    }
}

/// What to do if a program turns into another one.
const RECOGNISE: &str = "if this is the right program, describe it with `recognise`, for example \
                         by its executable and an argument";

/// Kills the leftovers of a start, and returns a message about each.
fn end_marked(host: &dyn Host, mark: &str, limits: &Limits) -> Result<Vec<String>, HostError> {
    let output = host.apply(&Step::EndMarked(mark.to_owned()), limits)?;
    let told = |line: &str| {
        let (pid, command) = line.split_once(' ')?;
        Some(format!("pid {pid} ran `{command}` instead and was killed"))
    };
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(lines.lines().filter_map(told).collect())
}

/// Returns whether all conditions are met, and whether the program is running (true if none is
/// given). A long text takes several questions; its condition records how far it was read.
pub fn look(
    conditions: &mut [Condition],
    program: Option<&ProcessMatch>,
    ask: impl Fn(&[Question]) -> Result<Vec<Answer>, HostError>,
) -> Result<(bool, bool), HostError> {
    loop {
        let mut questions: Vec<_> = conditions.iter().map(Condition::question).collect();
        questions.extend(program.cloned().map(Question::Processes));
        let answers = ask(&questions)?;
        let mut held = true;
        let mut more = false;
        for (condition, answer) in conditions.iter_mut().zip(&answers) {
            held &= condition.holds(answer);
            more |= condition.advance(answer);
        }
        if !more {
            let ended =
                matches!(answers.last(), Some(Answer::Processes(found)) if found.is_empty());
            return Ok((held, program.is_none() || !ended));
        }
    }
}

/// How many lines of a log an error shows.
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
    /// Returns the question that decides whether it is met.
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
                content: if path.starts_with("/proc") {
                    // Files of /proc have no size.
                    Content::UpTo(u64::MAX)
                } else {
                    Content::From(*from)
                },
            },
            Condition::Port { host, port, .. } => Question::Port {
                host: host.clone(),
                port: *port,
            },
            Condition::Process { recognise, .. } => Question::Processes(recognise.clone()),
        }
    }

    /// Returns whether the answer to its question means that it is met.
    pub fn holds(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Condition::Path { present, .. }, Answer::Path(node)) => node.is_some() == *present,
            (
                Condition::Text {
                    pattern, present, ..
                },
                Answer::Path(node),
            ) => {
                let content = node.as_ref().and_then(|node| node.content.as_deref());
                let text = String::from_utf8_lossy(content.unwrap_or_default());
                fancy_regex::Regex::new(&format!("(?m){pattern}"))
                    .is_ok_and(|pattern| pattern.is_match(&*text).unwrap_or(false) == *present)
            }
            (Condition::Port { open, .. }, Answer::Port(is_open)) => open == is_open,
            (Condition::Process { running, .. }, Answer::Processes(found)) => {
                found.is_empty() != *running
            }
            _ => false,
        }
    }

    /// Moves on to the rest of a text that had no match, or back to the start of one that was
    /// truncated or replaced. Returns whether there is more to read immediately.
    fn advance(&mut self, answer: &Answer) -> bool {
        let found = self.holds(answer);
        let (
            Condition::Text {
                path,
                from,
                inode,
                present,
                ..
            },
            Answer::Path(Some(node)),
        ) = (self, answer)
        else {
            return false;
        };
        if found == *present || path.starts_with("/proc") {
            return false;
        }
        let another = inode.is_some_and(|inode| inode != node.inode);
        if another || node.size < *from {
            *from = 0;
            *inode = Some(node.inode);
            return true;
        }
        let length = node
            .content
            .as_ref()
            .map_or(0, |content| content.len() as u64);
        let full = length >= LONGEST_TEXT;
        if full {
            *from += length - LONGEST_MATCH;
        }
        full
    }
}

/// How much [`Content::From`] returns at most.
const LONGEST_TEXT: u64 = 1024 * 1024;

/// A match longer than this may be missed across two pieces of a long text.
const LONGEST_MATCH: u64 = 64 * 1024;

#[cfg(test)]
mod tests;
