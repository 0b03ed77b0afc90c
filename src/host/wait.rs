//! Waiting until something holds on a host.

use super::{Answer, Content, Host, HostError, Limits, ProcessMatch, Question, Step};
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
    /// What to do about it where it does not happen.
    pub help: Option<String>,
    /// What those have in their environment, as `NAME=VALUE`, that were started for it: if the
    /// program is gone, they are ended and the error names them.
    pub mark: Option<String>,
    /// What is done once when the time is over, before it is waited for 10 s more: a stronger
    /// signal, for one.
    pub last_resort: Vec<Step>,
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
    /// A file has a match of a regular expression (of fancy-regex, `^` and `$` match at lines), or
    /// has none. Nothing has a match where there is no file.
    Text {
        /// The file.
        path: Utf8PathBuf,
        /// The expression.
        pattern: String,
        /// Bytes at the start that do not count, such as what a log held before.
        from: u64,
        /// The file that `from` is about: another one under its name counts from its start.
        inode: Option<u64>,
        /// Whether there must be a match.
        present: bool,
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

/// How long a program that was just started may take to be seen at all: a launcher may run first.
const APPEARS_WITHIN: Duration = Duration::from_secs(3);

/// How long is waited once more after the last resort.
const AFTER_LAST_RESORT: Duration = Duration::from_secs(10);

/// Waits on `host` by asking again and again: all conditions in one round trip each time.
pub fn poll(host: &dyn Host, wait: &Wait, limits: &Limits) -> Result<(), HostError> {
    let started = Instant::now();
    let mut end = started + wait.delay + wait.timeout;
    let limits = limits.sooner(end + AFTER_LAST_RESORT + Duration::from_secs(10));
    limits.sleep(wait.delay)?;
    let mut conditions = wait.conditions.clone();
    let mut last_resort = wait.last_resort.as_slice();
    let mut seen = false;
    let mut steady = false;
    loop {
        let (held, runs) = look(&mut conditions, wait.while_running.as_ref(), |questions| {
            host.ask(questions, &limits)
        })?;
        // A program that was seen once may become another one at once.
        if held && (steady || wait.mark.is_none()) {
            return Ok(());
        }
        steady = held;
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

/// What to do if a program becomes another one.
const RECOGNISE: &str = "if that is the program, say with `recognise` what it runs as, such as its \
                         executable and an argument";

/// Ends what a start has left, and returns what is said of each of them.
fn end_marked(host: &dyn Host, mark: &str, limits: &Limits) -> Result<Vec<String>, HostError> {
    let output = host.apply(&Step::EndMarked(mark.to_owned()), limits)?;
    let told = |line: &str| {
        let (pid, command) = line.split_once(' ')?;
        Some(format!("pid {pid} ran `{command}` instead and was ended"))
    };
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(lines.lines().filter_map(told).collect())
}

/// Returns whether all conditions hold, and whether the program runs (true where none is given).
/// A long text takes several questions; what was read of it is noted in its condition.
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
                content: if path.starts_with("/proc") {
                    // What the kernel shows there has no size.
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

    /// Returns whether the answer to its question says that it holds.
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

    /// Goes on to what follows in a text where nothing was found, and back to the start of one that
    /// was cut off or replaced; returns whether there is more to look at at once.
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

/// The most that [`Content::From`] brings.
const LONGEST_TEXT: u64 = 1024 * 1024;

/// A match longer than this may be missed where it lies across two pieces of a long text.
const LONGEST_MATCH: u64 = 64 * 1024;

#[cfg(test)]
mod tests;
