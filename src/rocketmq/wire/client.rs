//! Requests to nameservers and brokers, one at a time, each with a deadline.

use super::{Address, Code, Command, WireError, read_json};
use crate::host::{Connect, HostError, Limits, Stream};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// How long an answer may take. 3.2.6 does not answer unknown requests at all.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that failed after this long was not refused: nobody was there.
const SLOW: Duration = Duration::from_secs(2);

/// Sends requests over connections that stay open as long as it lives.
pub(crate) struct Client<'a> {
    connect: &'a Connect<'a>,
    limits: Limits,
    lines: HashMap<Address, Line>,
    /// Machines that did not answer at all.
    silent: HashSet<String>,
    requests: i32,
}

/// One open connection.
struct Line {
    stream: Box<dyn Stream>,
    arrived: Vec<u8>,
}

impl<'a> Client<'a> {
    /// Returns a client whose connections are made by `connect`; everything it does obeys `limits`.
    pub(crate) fn new(connect: &'a Connect<'a>, limits: &Limits) -> Self {
        Self {
            connect,
            limits: limits.clone(),
            lines: HashMap::new(),
            silent: HashSet::new(),
            requests: 0,
        }
    }

    /// Returns what everything that it does obeys.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sends a request and returns the answer, which must report success.
    pub(crate) fn ask(
        &mut self,
        address: &Address,
        code: Code,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Command, WireError> {
        let answer = self.ask_any(address, code, fields, body)?;
        if answer.code == 0 {
            return Ok(answer);
        }
        Err(refusal(address, code, &answer))
    }

    /// Sends a request and returns the answer, whatever it reports.
    pub(crate) fn ask_any(
        &mut self,
        address: &Address,
        code: Code,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Command, WireError> {
        self.requests += 1;
        let mut request = Command::request(code.number, fields).with_body(body);
        request.opaque = self.requests;
        self.open(address)?;
        let limits = self.limits.sooner(Instant::now() + TIMEOUT);
        let answer = self.exchange(address, code, &request, &limits);
        if answer.is_err() {
            // What may still arrive on it would answer another request.
            self.lines.remove(address);
        }
        match answer {
            Err(WireError::Host(HostError::TimedOut)) => {
                self.limits.check()?;
                Err(WireError::Host(HostError::NotConnected {
                    address: address.to_string(),
                    reason: format!("no answer within {} s", TIMEOUT.as_secs()),
                }))
            }
            answer => answer,
        }
    }

    fn exchange(
        &mut self,
        address: &Address,
        code: Code,
        request: &Command,
        limits: &Limits,
    ) -> Result<Command, WireError> {
        let Some(line) = self.lines.get_mut(address) else {
            return Err(WireError::Host(Self::silence(address)));
        };
        line.stream.send(&request.encode(), limits)?;
        let nonsense = |reason: String| WireError::Nonsense {
            address: address.clone(),
            request: code,
            reason,
        };
        loop {
            let taken = Command::take(&mut line.arrived);
            match taken.map_err(|error| nonsense(format!("it answers with {error}")))? {
                // Brokers also make requests of their own, which nobody here answers.
                Some(answer) if answer.is_answer && answer.opaque == request.opaque => {
                    return Ok(answer);
                }
                Some(_) => continue,
                None => {}
            }
            let bytes = line.stream.receive(limits)?;
            if bytes.is_empty() {
                return Err(WireError::Host(HostError::NotConnected {
                    address: address.to_string(),
                    reason: "the connection was closed before an answer came".to_owned(),
                }));
            }
            line.arrived.extend(bytes);
        }
    }

    /// Connects, unless already connected. A machine that did not answer at all is not tried again,
    /// since each attempt takes long.
    fn open(&mut self, address: &Address) -> Result<(), HostError> {
        if self.lines.contains_key(address) {
            return Ok(());
        }
        if self.silent.contains(&address.host) {
            return Err(Self::silence(address));
        }
        let started = Instant::now();
        // This may take a login on the host first, which is not the other side's fault.
        match (self.connect)(&address.host, address.port, &self.limits) {
            Ok(stream) => {
                let arrived = Vec::new();
                self.lines.insert(address.clone(), Line { stream, arrived });
                Ok(())
            }
            Err(error) => {
                let is_slow = started.elapsed() >= SLOW;
                if is_slow && matches!(error, HostError::NotConnected { .. }) {
                    self.silent.insert(address.host.clone());
                }
                Err(error)
            }
        }
    }

    fn silence(address: &Address) -> HostError {
        HostError::NotConnected {
            address: address.to_string(),
            reason: "nothing answers".to_owned(),
        }
    }
}

/// Returns the body of an answer as JSON.
pub(crate) fn read_body(
    address: &Address,
    code: Code,
    answer: &Command,
) -> Result<serde_json::Value, WireError> {
    read_json(&answer.body).map_err(|error| WireError::Nonsense {
        address: address.clone(),
        request: code,
        reason: error.to_string(),
    })
}

/// Returns the error in an answer.
pub(crate) fn refusal(address: &Address, code: Code, answer: &Command) -> WireError {
    let remark = answer.remark.as_deref().unwrap_or_default();
    WireError::Refused {
        address: address.clone(),
        request: code,
        code: answer.code,
        // 3.2.6 puts a whole stack trace there.
        remark: remark.lines().next().unwrap_or_default().trim().to_owned(),
    }
}
