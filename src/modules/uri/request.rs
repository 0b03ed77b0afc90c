//! A request to a web server, sent over a connection of the host.

use super::address::Address;
use super::answer::Answer;
use super::tls::{Trust, secured};
use crate::host::{Connect, HostError, Limits, Stream};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use std::io::{Read, Write};

/// How many redirects are followed.
const REDIRECTS: usize = 10;

/// A request to a web server.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) address: Address,
    /// Headers by name, as given.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    /// User name and password.
    pub(super) user: Option<(String, String)>,
    /// Whether they are sent before the server asks for them.
    pub(super) is_forced: bool,
    pub(super) redirects: Redirects,
    /// Headers that no redirect gets, in lower case.
    pub(super) unredirected: Vec<String>,
    pub(super) trust: Trust,
}

/// Which redirects are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Redirects {
    /// All of them.
    All,
    /// The same as `all`.
    Yes,
    /// None.
    None,
    /// The same as `none`.
    No,
    /// Those of requests that change nothing.
    #[default]
    Safe,
    /// The same as `safe`.
    Urllib2,
}

/// What a request led to.
pub(super) struct Reached {
    pub(super) answer: Answer,
    /// The last address.
    pub(super) address: Address,
    /// Cookies by name, in the order they came.
    pub(super) cookies: Vec<(String, String)>,
}

/// Why there is no answer.
pub(super) enum Missing {
    /// The task cannot go on.
    Host(HostError),
    /// The server cannot be reached, or does not answer as it should.
    Server(String),
}

impl Request {
    /// Sends the request and follows redirects.
    pub(super) fn send(&self, connect: &Connect, limits: &Limits) -> Result<Reached, Missing> {
        let mut now = self.clone();
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut followed = 0;
        loop {
            let answer = now.once(&cookies, connect, limits)?;
            for (name, value) in answer.headers.iter().filter_map(cookie) {
                cookies.retain(|(known, _)| *known != name);
                cookies.push((name, value));
            }
            let asks = answer.header("www-authenticate").unwrap_or_default();
            let is_basic = asks.to_ascii_lowercase().contains("basic");
            if answer.status == 401 && now.user.is_some() && !now.is_forced && is_basic {
                now.is_forced = true;
                continue;
            }
            let location = answer.header("location").map(str::to_owned);
            match location.filter(|_| now.follows(answer.status) && followed < REDIRECTS) {
                None => {
                    return Ok(Reached {
                        answer,
                        address: now.address,
                        cookies,
                    });
                }
                Some(location) => now = now.redirected(answer.status, &location)?,
            }
            followed += 1;
        }
    }

    fn follows(&self, status: u16) -> bool {
        let is_safe = ["GET", "HEAD"].contains(&self.method.as_str());
        [301, 302, 303, 307, 308].contains(&status)
            && match self.redirects {
                Redirects::All | Redirects::Yes => true,
                Redirects::None | Redirects::No => false,
                Redirects::Safe | Redirects::Urllib2 => is_safe,
            }
    }

    /// Returns the request that follows a redirect: only 307 and 308 keep method and body.
    fn redirected(mut self, status: u16, location: &str) -> Result<Self, Missing> {
        let to = self.address.joined(location);
        let to = to.ok_or_else(|| Missing::Server(format!("it redirects to {location:?}")))?;
        if ![307, 308].contains(&status) && self.method != "HEAD" {
            self.method = "GET".to_owned();
            self.body = None;
            let of_body = |name: &str| name.to_ascii_lowercase().starts_with("content-");
            self.headers.retain(|(name, _)| !of_body(name));
        }
        // Another server must not get what is meant for this one.
        let is_other = (&to.host, to.port, to.is_secure)
            != (
                &self.address.host,
                self.address.port,
                self.address.is_secure,
            );
        let unredirected = self.unredirected.clone();
        self.headers.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            let is_secret = ["authorization", "cookie"].contains(&name.as_str());
            !(unredirected.contains(&name) || is_other && is_secret)
        });
        if is_other {
            self.user = None;
        }
        self.address = to;
        Ok(self)
    }

    /// Sends the request once.
    fn once(
        &self,
        cookies: &[(String, String)],
        connect: &Connect,
        limits: &Limits,
    ) -> Result<Answer, Missing> {
        let Address { host, port, .. } = &self.address;
        let stream = connect(host, *port, limits).map_err(|error| missing(error, limits))?;
        let mut pipe = Pipe {
            stream,
            limits: limits.clone(),
            left: Vec::new(),
        };
        let is_head = self.method == "HEAD";
        let head = self.head(cookies);
        let exchange = |pipe: &mut dyn ReadWrite| {
            pipe.write_all(head.as_bytes())?;
            pipe.write_all(self.body.as_deref().unwrap_or_default())?;
            pipe.flush()?;
            Answer::read(pipe.as_read(), is_head)
        };
        let answer = if self.address.is_secure {
            secured(&self.trust, host, pipe)
                .map_err(Missing::Server)
                .map(|mut pipe| exchange(&mut pipe))?
        } else {
            exchange(&mut pipe)
        };
        answer.map_err(|error| match limits.check() {
            Err(error) => missing(error, limits),
            Ok(()) => Missing::Server(error.to_string()),
        })
    }

    /// Returns the line of the request and its headers.
    fn head(&self, cookies: &[(String, String)]) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.address.path);
        let mut add = |name: &str, value: &str| {
            let _ = write!(head, "{name}: {value}\r\n");
        };
        let has = |name: &str| {
            let mut headers = self.headers.iter();
            headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            add("Host", &self.address.server());
        }
        if !has("connection") {
            add("Connection", "close");
        }
        if !has("accept-encoding") {
            add("Accept-Encoding", "identity");
        }
        if let (Some((name, password)), true, false) =
            (&self.user, self.is_forced, has("authorization"))
        {
            let both = STANDARD.encode(format!("{name}:{password}"));
            add("Authorization", &format!("Basic {both}"));
        }
        if !cookies.is_empty() && !has("cookie") {
            add("Cookie", &cookies_string(cookies));
        }
        let length = self.body.as_ref().map(Vec::len);
        let needs_length = ["POST", "PUT", "PATCH"].contains(&self.method.as_str());
        if let Some(length) = length.or(needs_length.then_some(0))
            && !has("content-length")
        {
            add("Content-Length", &length.to_string());
        }
        for (name, value) in &self.headers {
            add(name, value);
        }
        head + "\r\n"
    }
}

/// Returns cookies as a header sends them.
pub(super) fn cookies_string(cookies: &[(String, String)]) -> String {
    let pairs = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

fn cookie((name, value): &(String, String)) -> Option<(String, String)> {
    let pair = value.split(';').next().filter(|_| name == "set-cookie")?;
    let (name, value) = pair.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

/// What ends the task is an error; a server that does not answer is not.
fn missing(error: HostError, limits: &Limits) -> Missing {
    match error {
        HostError::NotConnected { reason, .. } => Missing::Server(reason),
        HostError::TimedOut if limits.check().is_err() => Missing::Server("timed out".to_owned()),
        error => Missing::Host(error),
    }
}

/// A connection of the host, as readers and writers.
pub(super) struct Pipe {
    stream: Box<dyn Stream>,
    limits: Limits,
    left: Vec<u8>,
}

/// Both directions of a connection.
trait ReadWrite: Read + Write {
    fn as_read(&mut self) -> &mut dyn Read;
}

impl<T: Read + Write> ReadWrite for T {
    fn as_read(&mut self) -> &mut dyn Read {
        self
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left.is_empty() {
            let received = self.stream.receive(&self.limits);
            self.left = received.map_err(std::io::Error::other)?;
        }
        let length = buffer.len().min(self.left.len());
        let taken: Vec<u8> = self.left.drain(..length).collect();
        buffer
            .iter_mut()
            .zip(taken)
            .for_each(|(to, byte)| *to = byte);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let sent = self.stream.send(bytes, &self.limits);
        sent.map(|()| bytes.len()).map_err(std::io::Error::other)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
