//! A shell that runs on the machine, and the exchange of requests and replies with it.

use super::counters::Counters;
use super::frames::{Frame, Frames};
use super::login::{Login, random_word};
use super::script::{Script, define};
use super::transport::{Channel, Received, Transport};
use crate::host::{HostError, Limits, RUN_AGAIN};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CORE: &str = include_str!("core.sh");

/// How long a silence ends what arrives of a shell that has itself ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a reply may hold in memory.
const LARGEST_REPLY: usize = 64 << 20;

/// A shell that runs on the machine.
pub(super) struct Session {
    channel: Box<dyn Channel>,
    stdout: Frames,
    stderr: Frames,
    machine: String,
    login: Login,
    /// What is sent before the first request.
    greeting: String,
    loaded: HashSet<&'static str>,
    group: Option<u32>,
    /// Whether the first mark has come on standard error.
    greeted: bool,
    /// Whether the shell has ended. What it started may hold its pipes for long after.
    exited: bool,
    /// What rc files and sudo said before.
    noise: Vec<u8>,
    counters: Arc<Counters>,
}

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) pieces: Vec<Piece>,
    pub(super) stderr: Vec<u8>,
}

/// What was printed between two marks.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// The word of the mark after it.
    pub(super) word: String,
}

/// A part of a reply while it arrives.
pub(super) enum Part {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// The piece has ended, with this word.
    Piece(String),
}

impl Session {
    /// Starts a shell. Whether it answers shows with the first reply.
    pub(super) fn open(
        transport: &dyn Transport,
        login: &Login,
        counters: &Arc<Counters>,
        limits: &Limits,
    ) -> Result<Self, HostError> {
        let marker = random_word()?;
        counters.round_trip();
        let channel = login.start(transport, limits)?;
        Ok(Self {
            channel,
            stdout: Frames::new(&marker),
            stderr: Frames::new(&marker),
            machine: transport.describe(),
            login: login.clone(),
            greeting: format!("rmq_nl=${{IFS#??}};rmq_marker={marker};{}", define(CORE)),
            loaded: HashSet::new(),
            group: None,
            greeted: false,
            exited: false,
            noise: Vec::new(),
            counters: Arc::clone(counters),
        })
    }

    /// Returns the process group of the shell and of all it runs, which is the first it says.
    pub(super) fn group(&mut self, limits: &Limits) -> Option<u32> {
        while self.group.is_none() {
            match self.stdout.next() {
                Some(frame) => self.stdout_frame(frame, &mut |_| Ok(())).ok()?,
                None => self.take_in(limits).map(|()| true).ok()?,
            };
        }
        self.group
    }

    /// Sends a request and returns its reply.
    pub(super) fn exchange(
        &mut self,
        script: &Script,
        limits: &Limits,
    ) -> Result<Reply, HostError> {
        self.exchange_all(std::slice::from_ref(script), limits)
            .map(|mut replies| replies.pop().unwrap_or_default())
    }

    /// Sends several requests at once and returns their replies: one round trip.
    pub(super) fn exchange_all(
        &mut self,
        scripts: &[Script],
        limits: &Limits,
    ) -> Result<Vec<Reply>, HostError> {
        self.counters.round_trip();
        for script in scripts {
            self.send_line(script, "", limits)?;
        }
        scripts.iter().map(|_| self.reply(limits)).collect()
    }

    /// Sends a request after which the shell ends. Bytes sent from then on are the standard input
    /// of what the request runs with `<&3`.
    pub(super) fn send_last(&mut self, script: &Script, limits: &Limits) -> Result<(), HostError> {
        // Without the end, a body that was not read to its end would be evaluated.
        self.counters.round_trip();
        self.send_line(script, "exit;", limits)
    }

    /// Sends bytes as they are.
    pub(super) fn send_bytes(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        self.counters.sent(bytes.len());
        self.channel.send(bytes, limits)
    }

    /// Ends the input of the shell.
    pub(super) fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError> {
        self.channel.finish_input(limits)
    }

    /// Sends a request, whose reply is then received part by part.
    pub(super) fn send(&mut self, script: &Script, limits: &Limits) -> Result<(), HostError> {
        self.counters.round_trip();
        self.send_line(script, "", limits)
    }

    fn send_line(&mut self, script: &Script, end: &str, limits: &Limits) -> Result<(), HostError> {
        if script.has_nul() {
            return Err(HostError::Step {
                action: "pass a text with a NUL byte".to_owned(),
                reason: "no path, argument or name can hold one".to_owned(),
            });
        }
        let mut line = std::mem::take(&mut self.greeting);
        line.push_str(&script.line(&mut self.loaded));
        line.push_str("rmq_end;");
        line.push_str(end);
        line.push('\n');
        self.send_bytes(line.as_bytes(), limits)
    }

    /// Receives one reply whole.
    pub(super) fn reply(&mut self, limits: &Limits) -> Result<Reply, HostError> {
        let mut reply = Reply::default();
        let mut bytes = Vec::new();
        let mut size = 0;
        self.receive(limits, &mut |part| {
            match part {
                Part::Stdout(more) => {
                    size += more.len();
                    bytes.extend(more);
                }
                Part::Stderr(more) => {
                    size += more.len();
                    reply.stderr.extend(more);
                }
                Part::Piece(word) => reply.pieces.push(Piece {
                    bytes: std::mem::take(&mut bytes),
                    word,
                }),
            }
            if size > LARGEST_REPLY {
                return Err(HostError::Step {
                    action: "take in what was printed".to_owned(),
                    reason: format!("it is more than {} MiB", LARGEST_REPLY >> 20),
                });
            }
            Ok(())
        })?;
        Ok(reply)
    }

    /// Receives one reply part by part. An error of `take` ends it, and makes the shell useless.
    pub(super) fn receive(
        &mut self,
        limits: &Limits,
        take: &mut dyn FnMut(Part) -> Result<(), HostError>,
    ) -> Result<(), HostError> {
        let (mut printing, mut complaining) = (true, true);
        loop {
            while printing && let Some(frame) = self.stdout.next() {
                printing = self.stdout_frame(frame, take)?;
            }
            while complaining && let Some(frame) = self.stderr.next() {
                complaining = self.stderr_frame(frame, take)?;
            }
            if !printing && !complaining {
                return Ok(());
            }
            self.take_in(limits)?;
        }
    }

    /// Takes one part of standard output; returns whether the reply goes on.
    fn stdout_frame(
        &mut self,
        frame: Frame,
        take: &mut dyn FnMut(Part) -> Result<(), HostError>,
    ) -> Result<bool, HostError> {
        match (frame, self.group) {
            (Frame::Bytes(noise), None) => self.noise.extend(noise),
            (Frame::Mark(group), None) => {
                let group = group.parse().map_err(|_| {
                    HostError::Protocol(format!("{group:?} is not a process group"))
                })?;
                self.group = Some(group);
            }
            (Frame::Bytes(bytes), Some(_)) => take(Part::Stdout(bytes))?,
            (Frame::Mark(word), Some(_)) => match word.strip_prefix('.') {
                Some(forks) => {
                    self.counters.forks(forks.parse().unwrap_or_default());
                    return Ok(false);
                }
                None => take(Part::Piece(word))?,
            },
        }
        Ok(true)
    }

    /// Takes one part of standard error; returns whether the reply goes on.
    fn stderr_frame(
        &mut self,
        frame: Frame,
        take: &mut dyn FnMut(Part) -> Result<(), HostError>,
    ) -> Result<bool, HostError> {
        match frame {
            Frame::Bytes(noise) if !self.greeted => self.noise.extend(noise),
            Frame::Bytes(bytes) => take(Part::Stderr(bytes))?,
            Frame::Mark(_) if !self.greeted => {
                self.greeted = true;
                self.noise.clear();
            }
            Frame::Mark(_) => return Ok(false),
        }
        Ok(true)
    }

    fn take_in(&mut self, limits: &Limits) -> Result<(), HostError> {
        let received = if self.exited {
            let soon = limits.sooner(Instant::now() + LAST_WORDS);
            match self.channel.receive(&soon) {
                Err(HostError::TimedOut) if limits.check().is_ok() => return Err(self.ended()),
                received => received?,
            }
        } else {
            self.channel.receive(limits)?
        };
        match received {
            Received::Stdout(bytes) => {
                self.counters.received(bytes.len());
                self.stdout.push(&bytes);
            }
            Received::Stderr(bytes) => {
                self.counters.received(bytes.len());
                self.stderr.push(&bytes);
            }
            Received::Exit(_) => self.exited = true,
            Received::Closed => return Err(self.ended()),
        }
        Ok(())
    }

    /// Returns the error for a shell that ended before its reply did.
    fn ended(&mut self) -> HostError {
        let mut said = std::mem::take(&mut self.noise);
        said.extend(self.stdout.take());
        said.extend(self.stderr.take());
        let said = String::from_utf8_lossy(&said);
        if self.group.is_none() {
            return self.login.refused(&self.machine, &said);
        }
        HostError::Unreachable {
            reason: match said.trim() {
                "" => format!("the shell on {} ended in the middle", self.machine),
                said => format!("the shell on {} ended in the middle: {said}", self.machine),
            },
            help: Some(RUN_AGAIN.to_owned()),
        }
    }
}

impl Reply {
    /// Returns what was said on standard error, for messages.
    pub(super) fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = text.trim();
        if text.is_empty() {
            "it failed without a word".to_owned()
        } else {
            text.to_owned()
        }
    }
}
