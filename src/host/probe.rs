//! The read-only view of a host that modules and scripts plan with.

use super::{
    Answer, Command, Content, Doubtful, Draft, Facts, Group, Host, HostError, Limits, Node, Output,
    Process, ProcessMatch, Question, Stream, User,
};
use crate::value::NotKnown;
use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

/// The read-only view of a host that modules and scripts plan with.
#[derive(Clone)]
pub struct Probe {
    host: Arc<dyn Host>,
    limits: Limits,
}

impl Probe {
    /// Returns a view of `host` whose calls all obey `limits`.
    pub fn new(host: Arc<dyn Host>, limits: Limits) -> Self {
        Self { host, limits }
    }

    /// Returns the host as it is now, to try steps on.
    pub fn draft(&self) -> Draft {
        Draft::over(self.host.clone(), self.limits.clone())
    }

    /// Asks all questions, in one round trip if possible.
    pub fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, HostError> {
        self.host.ask(questions, &self.limits)
    }

    /// Returns the node at a path, without following a link there.
    pub fn stat(&self, path: &Utf8Path) -> Result<Option<Node>, HostError> {
        self.look(path, false, Content::None)
    }

    /// Returns the node at a path, with the requested content.
    pub fn look(
        &self,
        path: &Utf8Path,
        follow: bool,
        content: Content,
    ) -> Result<Option<Node>, HostError> {
        let question = Question::Path {
            path: path.to_owned(),
            follow,
            content,
        };
        match self.one(question)? {
            Answer::Path(node) => Ok(node),
            other => Err(mismatch(&other)),
        }
    }

    /// Returns the whole content of a file of any size.
    pub fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, HostError> {
        let mut content = Vec::new();
        self.host.fetch(path, &mut content, &self.limits)?;
        Ok(content)
    }

    /// Copies a file to `sink` and returns its length.
    pub fn fetch(&self, path: &Utf8Path, sink: &mut dyn std::io::Write) -> Result<u64, HostError> {
        self.host.fetch(path, sink, &self.limits)
    }

    /// Returns everything below a directory, sorted by path, without content.
    pub fn tree(
        &self,
        path: &Utf8Path,
        depth: Option<u32>,
    ) -> Result<Vec<(Utf8PathBuf, Node)>, HostError> {
        match self.one(Question::Tree {
            path: path.to_owned(),
            depth,
        })? {
            Answer::Tree(nodes) => Ok(nodes),
            other => Err(mismatch(&other)),
        }
    }

    /// Returns the running processes that match.
    pub fn processes(&self, recognise: &ProcessMatch) -> Result<Vec<Process>, HostError> {
        match self.one(Question::Processes(recognise.clone()))? {
            Answer::Processes(found) => Ok(found),
            other => Err(mismatch(&other)),
        }
    }

    /// Returns a user account.
    pub fn user(&self, name: &str) -> Result<Option<User>, HostError> {
        match self.one(Question::User(name.to_owned()))? {
            Answer::User(user) => Ok(user),
            other => Err(mismatch(&other)),
        }
    }

    /// Returns a group.
    pub fn group(&self, name: &str) -> Result<Option<Group>, HostError> {
        match self.one(Question::Group(name.to_owned()))? {
            Answer::Group(group) => Ok(group),
            other => Err(mismatch(&other)),
        }
    }

    /// Returns facts about the machine.
    pub fn facts(&self) -> Result<Facts, HostError> {
        match self.one(Question::Facts)? {
            Answer::Facts(facts) => Ok(*facts),
            other => Err(mismatch(&other)),
        }
    }

    /// Runs a command that does not change the machine.
    pub fn query(&self, command: &Command) -> Result<Output, HostError> {
        self.host.query(command, &self.limits)
    }

    /// Returns why programs of the host do not see this part as the host shows it.
    pub fn foreseen(&self, part: &Doubtful) -> Result<Option<NotKnown>, HostError> {
        self.host.foreseen(part, &self.limits)
    }

    /// Makes a TCP connection from the host to a port, to find something out.
    pub fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.host.connect(host, port, limits)
    }

    /// Returns the limits that every call obeys.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn one(&self, question: Question) -> Result<Answer, HostError> {
        let answers = self.host.ask(&[question], &self.limits)?;
        answers
            .into_iter()
            .next()
            .ok_or_else(|| HostError::Protocol("no answer".to_owned()))
    }
}

fn mismatch(answer: &Answer) -> HostError {
    HostError::Protocol(format!("an answer to a different question: {answer:?}"))
}
