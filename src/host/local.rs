//! This machine as a host: the carrier of its shells is its own processes.

use super::shell::{Backlog, Channel, Received, Transport};
use super::tcp::{self, LocalStream};
use super::thread::start_thread;
use super::{HostError, Limits, Stream};
use crate::source::LocalPath;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel,
};

/// This machine as a host.
#[derive(Debug, Clone)]
pub struct Local {
    folder: LocalPath,
}

impl Local {
    /// Returns this machine, with shells that start in `folder`.
    pub fn starting_in(folder: LocalPath) -> Self {
        Self { folder }
    }
}

impl Default for Local {
    fn default() -> Self {
        Self::starting_in(LocalPath::start())
    }
}

/// Parts of output that may wait to be received, 64 KiB each: then the process has to wait.
const QUEUE: usize = 16;

impl Transport for Local {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where programs of this machine are its host's"
    )]
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError> {
        limits.check()?;
        let child = std::process::Command::new("/bin/sh")
            .args(["-c", command])
            .current_dir(&self.folder)
            // A group of its own, as sshd gives it: so ^C does not reach it, and all of it can be
            // killed.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| HostError::Unreachable {
            reason: format!(
                "cannot start /bin/sh on this machine in {}: {error}",
                self.folder
            ),
            help: None,
        })?;
        let (events, received) = sync_channel(QUEUE);
        let (bodies, to_write) = channel();
        // A thread that cannot start drops its end of the pipes, which ends the program.
        if let Some(stdin) = child.stdin.take() {
            let events = events.clone();
            start_thread(move || write(stdin, &to_write, &events))?;
        }
        if let Some(stdout) = child.stdout.take() {
            let events = events.clone();
            start_thread(move || read(stdout, Received::Stdout, &events))?;
        }
        if let Some(stderr) = child.stderr.take() {
            let events = events.clone();
            start_thread(move || read(stderr, Received::Stderr, &events))?;
        }
        start_thread(move || {
            let status = child.wait().map_or(1, exit_code);
            // Nobody listens any more: then nobody wants to know.
            let _ = events.send(Event::Received(Received::Exit(status)));
            let _ = events.send(Event::Ended);
        })?;
        Ok(Box::new(LocalChannel {
            received: Some(received),
            bodies: Some(bodies),
            kept: Backlog::default(),
            ended: 0,
        }))
    }

    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError> {
        match tcp::connect(host, port, limits) {
            Ok(_) => Ok(Some(true)),
            Err(HostError::NotConnected { .. }) => Ok(Some(false)),
            Err(error) => Err(error),
        }
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        let stream = tcp::connect(host, port, limits)?;
        Ok(Box::new(LocalStream::new(stream, format!("{host}:{port}"))))
    }

    fn describe(&self) -> String {
        "this machine".to_owned()
    }
}

enum Event {
    Received(Received),
    /// The body handed to the writer is written, or nobody reads it.
    Written,
    /// One of both streams or the process has ended.
    Ended,
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn read(mut pipe: impl Read, wrap: impl Fn(Vec<u8>) -> Received, events: &SyncSender<Event>) {
    let mut buffer = vec![0; 64 << 10];
    // An error of a pipe is its end.
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if events.send(Event::Received(wrap(bytes))).is_err() {
            return;
        }
    }
    let _ = events.send(Event::Ended);
}

fn write(mut stdin: ChildStdin, bodies: &Receiver<Vec<u8>>, events: &SyncSender<Event>) {
    let mut broken = false;
    while let Ok(body) = bodies.recv() {
        broken = broken || stdin.write_all(&body).is_err();
        if events.send(Event::Written).is_err() {
            return;
        }
    }
}

/// The pipes of a process. Threads carry them, for the pipes of the standard library cannot wait
/// with a limit.
struct LocalChannel {
    received: Option<Receiver<Event>>,
    bodies: Option<Sender<Vec<u8>>>,
    /// What arrived while a body was written.
    kept: Backlog,
    /// How many of the process and its two streams have ended.
    ended: usize,
}

impl LocalChannel {
    /// Returns the next event; `None` when the process and both streams have ended.
    fn next(&mut self, limits: &Limits) -> Result<Option<Event>, HostError> {
        while self.ended < 3
            && let Some(received) = &self.received
        {
            // What is there is returned whatever the limits.
            let event = match received.try_recv() {
                Err(TryRecvError::Empty) => received.recv_timeout(limits.patience()?),
                event => event.map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(Event::Ended) => self.ended += 1,
                Ok(event) => return Ok(Some(event)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(None)
    }
}

impl Channel for LocalChannel {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        let Some(bodies) = &self.bodies else {
            return Ok(());
        };
        if bodies.send(bytes.to_vec()).is_err() {
            return Ok(());
        }
        loop {
            match self.next(limits)? {
                Some(Event::Received(received)) => self.kept.push(received)?,
                Some(_) | None => return Ok(()),
            }
        }
    }

    fn finish_input(&mut self, _: &Limits) -> Result<(), HostError> {
        self.bodies = None;
        Ok(())
    }

    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError> {
        if let Some(kept) = self.kept.pop() {
            return Ok(kept);
        }
        loop {
            match self.next(limits)? {
                Some(Event::Received(received)) => return Ok(received),
                Some(_) => {}
                None => return Ok(Received::Closed),
            }
        }
    }

    fn close(&mut self) {
        self.bodies = None;
        self.received = None;
        self.kept.clear();
    }
}
