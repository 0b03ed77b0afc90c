//! Answers all questions of a call in one round trip.

mod access;
mod accounts;
mod facts;
pub(super) mod foreign;
mod lock;
mod path;
mod port;
mod processes;
mod stat_line;
mod tree;

use super::reply::{Piece, Reply, told};
use super::script::{Library, Script};
use super::shell_host::{BASE, ShellHost};
use crate::host::{Answer, HostError, Limits, Node, Question};
use camino::Utf8Path;
use stat_line::StatLine;

pub(super) use accounts::ACCOUNTS;
pub(super) use path::PATH;
use std::collections::VecDeque;

/// The length in bytes at which another request is started. They are sent together.
///
/// A shell reads a line byte by byte (0.5 µs each), and the arguments of a program must stay far
/// below the 128 KiB that every system accepts.
const REQUEST: usize = 32 << 10;

/// Answers the questions in order.
pub(super) fn ask(
    host: &ShellHost,
    questions: &[Question],
    limits: &Limits,
) -> Result<Vec<Answer>, HostError> {
    let mut answers = Answers {
        list: vec![None; questions.len()],
        links: Vec::new(),
    };
    let mut plan = Plan::default();
    for (index, question) in questions.iter().enumerate() {
        match question {
            // These are combined below.
            Question::Path { .. } => {}
            Question::Access(path) => access::ask(&mut plan, index, path)?,
            Question::Tree { path, depth } => tree::ask(&mut plan, index, path, *depth)?,
            Question::Processes(recognise) => processes::ask(&mut plan, index, recognise),
            Question::User(name) => accounts::ask_user(&mut plan, index, name),
            Question::Group(name) => accounts::ask_group(&mut plan, index, name),
            Question::Lock(lock) => lock::ask(&mut plan, index, lock),
            Question::Facts => facts::ask(&mut plan, index),
            Question::Port { host: name, port } => match host.connects(name, *port, limits)? {
                Some(open) => answers.set(index, Answer::Port(open)),
                None => port::ask(&mut plan, index, name, *port),
            },
        }
    }
    path::ask(&mut plan, questions)?;
    plan.send(host, &mut answers, limits)?;
    path::ask_again(host, questions, &mut answers, limits)?;
    let complete: Option<Vec<_>> = answers.list.into_iter().collect();
    complete.ok_or_else(|| HostError::Protocol("a question was not answered".to_owned()))
}

/// Returns the path if it is absolute, as every path here must be: the shell's functions cannot
/// mistake it for anything else.
fn absolute(path: &Utf8Path) -> Result<&Utf8Path, HostError> {
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(HostError::Read {
            path: path.to_owned(),
            reason: "it is not an absolute path".to_owned(),
        })
    }
}

/// The answers known so far.
struct Answers {
    list: Vec<Option<Answer>>,
    /// Questions about links whose target is not yet known.
    links: Vec<usize>,
}

impl Answers {
    fn set(&mut self, index: usize, answer: Answer) {
        if let Some(place) = self.list.get_mut(index) {
            *place = Some(answer);
        }
    }

    /// Sets the node of a path.
    fn set_line(&mut self, index: usize, line: StatLine) {
        if !line.has_target {
            self.links.push(index);
        }
        self.set(index, Answer::Path(Some(line.node)));
    }

    /// Returns the node of a path, to complete it.
    fn node(&mut self, index: usize) -> Option<&mut Node> {
        match self.list.get_mut(index) {
            Some(Some(Answer::Path(Some(node)))) => Some(node),
            _ => None,
        }
    }

    /// Takes an answer back: it is asked for again.
    fn reopen(&mut self, index: usize) {
        self.links.retain(|link| *link != index);
        if let Some(place) = self.list.get_mut(index) {
            *place = None;
        }
    }

    fn is_open(&self, index: usize) -> bool {
        self.list.get(index).is_some_and(Option::is_none)
    }
}

/// Interprets the pieces of the reply to one call.
type Reader<'a> = Box<dyn FnOnce(&mut Pieces, &mut Answers) -> Result<(), HostError> + 'a>;

/// Requests to be sent together, and how to interpret the replies.
#[derive(Default)]
struct Plan<'a> {
    requests: Vec<(Script, Vec<Reader<'a>>)>,
}

impl<'a> Plan<'a> {
    /// Adds a call of a function of the last library, which needs the others.
    fn call<W: AsRef<str>>(
        &mut self,
        libraries: &[&'static Library],
        function: &str,
        words: impl IntoIterator<Item = W>,
        reader: impl FnOnce(&mut Pieces, &mut Answers) -> Result<(), HostError> + 'a,
    ) {
        let full = |(script, _): &(Script, _)| script.len() > REQUEST;
        if self.requests.last().is_none_or(full) {
            self.requests.push((Script::with(&[&BASE]), Vec::new()));
        }
        if let Some((script, readers)) = self.requests.last_mut() {
            script.require(libraries);
            script.call(function, words);
            readers.push(Box::new(reader));
        }
    }

    /// Sends all requests and interprets the replies.
    fn send(
        self,
        host: &ShellHost,
        answers: &mut Answers,
        limits: &Limits,
    ) -> Result<(), HostError> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let (scripts, readers): (Vec<_>, Vec<_>) = self.requests.into_iter().unzip();
        let replies = host.exchange(&scripts, limits)?;
        for (reply, readers) in replies.into_iter().zip(readers) {
            let mut pieces = Pieces::of(reply);
            for reader in readers {
                reader(&mut pieces, answers)?;
            }
        }
        Ok(())
    }
}

/// The pieces of a reply, taken in order.
struct Pieces {
    pieces: VecDeque<Piece>,
    /// The standard error of all calls.
    stderr: String,
}

impl Pieces {
    fn of(reply: Reply) -> Self {
        Self {
            stderr: String::from_utf8_lossy(&reply.stderr).into_owned(),
            pieces: reply.pieces.into(),
        }
    }

    /// Takes the next piece.
    fn next(&mut self) -> Result<Piece, HostError> {
        let piece = self.pieces.pop_front();
        piece.ok_or_else(|| HostError::Protocol(format!("a piece is missing: {}", self.stderr)))
    }

    /// Takes the next piece if `wanted` accepts its word.
    fn next_if(&mut self, wanted: impl Fn(&str) -> bool) -> Option<Piece> {
        if wanted(&self.pieces.front()?.word) {
            self.pieces.pop_front()
        } else {
            None
        }
    }

    /// Returns the line of standard error about `path`, or else the last line.
    fn complaint(&self, path: &str) -> String {
        let lines = || self.stderr.lines().filter(|line| !line.trim().is_empty());
        let line = lines()
            .find(|line| line.contains(path))
            .or_else(|| lines().next_back());
        told(line.unwrap_or_default().as_bytes())
    }
}
