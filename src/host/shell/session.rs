//! A shell running on the machine, and how requests and replies are exchanged with it.

use super::counters::Counters;
use super::frames::{Frame, Frames};
use super::login::{Login, MOST_NOISE, NotStarted, random_word};
use super::reply::{Part, Piece, Reply};
use super::script::{Script, define};
use super::transport::{Channel, LARGEST_REPLY, Received, Transport, too_much};
use super::unfinished::{SWEEP, UNFINISHED};
use crate::host::{HostError, Limits, RUN_AGAIN};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CORE: &str = include_str!("core.sh");

/// How long to wait for more output of a shell that has exited.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many bytes of a body are sent before the shell has replied. A program started instead of a
/// shell may read nothing and print forever.
const UNHEARD: usize = 64 << 10;

/// After how much silence a shell is checked before it is used again: the network or the host may
/// have vanished without notice.
const QUIET: Duration = Duration::from_secs(10);

/// How many unsolicited messages a shell may have sent since it was last used.
const LATE_MESSAGES: usize = 64;

/// A shell running on the machine.
pub(super) struct Session {
    channel: Box<dyn Channel>,
    stdout: Frames,
    stderr: Frames,
    machine: String,
    login: Login,
    /// Sent before the first request.
    greeting: String,
    loaded: HashSet<&'static str>,
    group: Option<u32>,
    /// Whether the first mark has arrived on standard error.
    greeted: bool,
    /// How the shell ended. Its children may hold its pipes for a long time.
    exited: Option<i32>,
    /// What rc files and sudo printed before.
    noise: Vec<u8>,
    /// How long it may take to start.
    patience: Duration,
    /// When it must have started, once somebody waits for it.
    start_by: Option<Instant>,
    /// Bytes sent before it replied for the first time.
    unheard: usize,
    /// When it last replied.
    used: Instant,
    counters: Arc<Counters>,
}

impl Session {
    /// Starts a shell. The first reply shows whether it works.
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
            patience: login.patience(transport),
            login: login.clone(),
            greeting: format!("rmq_nl=${{IFS#??}};rmq_marker={marker};{}", define(CORE)),
            loaded: HashSet::new(),
            group: None,
            greeted: false,
            exited: None,
            noise: Vec::new(),
            start_by: None,
            unheard: 0,
            used: Instant::now(),
            counters: Arc::clone(counters),
        })
    }

    /// Makes it clean up after killed shells before the first request.
    pub(super) fn sweep(&mut self) {
        let script = Script::with(&[&UNFINISHED]);
        self.greeting.push_str(&script.line(&mut self.loaded));
        self.greeting.push_str(SWEEP);
    }

    /// Returns the process group of the shell and its children, which is the first thing it
    /// reports.
    pub(super) fn group(&mut self, limits: &Limits) -> Option<u32> {
        self.await_start(limits).ok()?;
        self.group
    }

    /// Waits until the shell has started.
    fn await_start(&mut self, limits: &Limits) -> Result<(), HostError> {
        let ignore = &mut |_| Ok(());
        loop {
            while !self.greeted
                && let Some(frame) = self.stderr.next()
            {
                self.stderr_frame(frame, ignore)?;
            }
            while self.group.is_none()
                && let Some(frame) = self.stdout.next()
            {
                self.stdout_frame(frame, ignore)?;
            }
            if self.group.is_some() {
                return Ok(());
            }
            self.take_in(limits)?;
        }
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

    /// Sends a request after which the shell exits. Bytes sent from then on are the standard input
    /// of a command run with `<&3`.
    pub(super) fn send_last(&mut self, script: &Script, limits: &Limits) -> Result<(), HostError> {
        // Without the end marker, a body that was not read completely would be evaluated.
        self.counters.round_trip();
        self.send_line(script, "exit;", limits)
    }

    /// Ends the shell and waits until it is gone, as far as the limits allow.
    pub(super) fn end(mut self, limits: &Limits) {
        let told = self.send_last(&Script::default(), limits);
        if told.and_then(|()| self.reply(limits)).is_ok() {
            while self.exited.is_none() && self.take_in(limits).is_ok() {}
        }
    }

    /// Returns whether it is known to have started.
    pub(super) fn has_started(&self) -> bool {
        self.group.is_some()
    }

    /// Returns whether an idle shell can still be used. It is only asked if it has not been used
    /// for long; otherwise this costs nothing.
    pub(super) fn is_alive(&mut self, limits: &Limits) -> bool {
        let now = Limits::default().sooner(Instant::now());
        for _ in 0..LATE_MESSAGES {
            match self.take_in(&now) {
                Ok(()) if self.exited.is_none() => {}
                Err(HostError::TimedOut) if self.used.elapsed() < QUIET => return true,
                Err(HostError::TimedOut) => {
                    return self.exchange(&Script::default(), limits).is_ok();
                }
                _ => return false,
            }
        }
        false
    }

    /// Sends bytes unchanged.
    pub(super) fn send_bytes(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        self.unheard += bytes.len();
        if self.unheard > UNHEARD {
            self.await_start(limits)?;
        }
        self.counters.sent(bytes.len());
        self.channel.send(bytes, limits)
    }

    /// Closes the input of the shell.
    pub(super) fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError> {
        self.channel.finish_input(limits)
    }

    /// Sends a request, whose reply is then received in parts.
    pub(super) fn send(&mut self, script: &Script, limits: &Limits) -> Result<(), HostError> {
        self.counters.round_trip();
        self.send_line(script, "", limits)
    }

    fn send_line(&mut self, script: &Script, end: &str, limits: &Limits) -> Result<(), HostError> {
        if script.has_nul() {
            return Err(HostError::Step {
                action: "pass a text with a NUL byte".to_owned(),
                reason: "no path, argument or name can contain one".to_owned(),
            });
        }
        let mut line = std::mem::take(&mut self.greeting);
        let request = script.line(&mut self.loaded);
        if !line.is_empty() && line.len() + request.len() > UNHEARD {
            // It replies to this, and gets the long request afterwards.
            line.push('\n');
            self.send_bytes(line.as_bytes(), limits)?;
            line.clear();
        }
        line.push_str(&request);
        line.push_str("rmq_end;");
        line.push_str(end);
        line.push('\n');
        self.send_bytes(line.as_bytes(), limits)
    }

    /// Receives a complete reply.
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
                return Err(too_much());
            }
            Ok(())
        })?;
        Ok(reply)
    }

    /// Receives a reply in parts. An error of `take` ends it, and makes the shell unusable.
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
                self.used = Instant::now();
                return Ok(());
            }
            self.take_in(limits)?;
        }
    }

    /// Takes one part of standard output; returns whether the reply continues.
    fn stdout_frame(
        &mut self,
        frame: Frame,
        take: &mut dyn FnMut(Part) -> Result<(), HostError>,
    ) -> Result<bool, HostError> {
        match (frame, self.group) {
            (Frame::Bytes(noise), None) => self.add_noise(&noise)?,
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

    /// Takes one part of standard error; returns whether the reply continues.
    fn stderr_frame(
        &mut self,
        frame: Frame,
        take: &mut dyn FnMut(Part) -> Result<(), HostError>,
    ) -> Result<bool, HostError> {
        match frame {
            Frame::Bytes(noise) if !self.greeted => self.add_noise(&noise)?,
            Frame::Bytes(bytes) => take(Part::Stderr(bytes))?,
            Frame::Mark(_) if !self.greeted => {
                self.greeted = true;
                self.noise.clear();
            }
            Frame::Mark(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Keeps what was printed before the shell started, up to a limit.
    fn add_noise(&mut self, noise: &[u8]) -> Result<(), HostError> {
        self.noise.extend_from_slice(noise);
        if self.noise.len() > MOST_NOISE {
            return Err(self.not_started(NotStarted::Noise));
        }
        Ok(())
    }

    fn take_in(&mut self, limits: &Limits) -> Result<(), HostError> {
        let own = match (self.exited, self.group) {
            (Some(_), _) => Some(Instant::now() + LAST_WORDS),
            (None, None) => {
                let patience = self.patience;
                Some(
                    *self
                        .start_by
                        .get_or_insert_with(|| Instant::now() + patience),
                )
            }
            (None, Some(_)) => None,
        };
        let sooner = own.map_or_else(|| limits.clone(), |own| limits.sooner(own));
        let received = match self.channel.receive(&sooner) {
            Err(HostError::TimedOut) if limits.check().is_ok() => {
                return Err(match self.exited {
                    Some(_) => self.ended(),
                    None => self.not_started(NotStarted::Late(self.patience)),
                });
            }
            received => received?,
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
            Received::Exit(code) => self.exited = Some(code),
            Received::Closed => return Err(self.ended()),
        }
        Ok(())
    }

    /// Returns the error for a shell that exited before the end of its reply.
    fn ended(&mut self) -> HostError {
        if self.group.is_none() {
            return self.not_started(NotStarted::Ended(self.exited));
        }
        let said = self.last_words();
        HostError::Unreachable {
            reason: match said.trim() {
                "" => format!("the shell on {} exited unexpectedly", self.machine),
                said => format!("the shell on {} exited unexpectedly: {said}", self.machine),
            },
            help: Some(RUN_AGAIN.to_owned()),
        }
    }

    /// Returns the error for a shell that did not start.
    fn not_started(&mut self, how: NotStarted) -> HostError {
        let said = self.last_words();
        self.login.not_started(&self.machine, how, &said)
    }

    fn last_words(&mut self) -> String {
        let mut said = std::mem::take(&mut self.noise);
        said.extend(self.stdout.take());
        said.extend(self.stderr.take());
        String::from_utf8_lossy(&said).into_owned()
    }
}
