//! `wait_for`: waits for a port, a file or a text in a file, or just waits.

use crate::change::Change;
use crate::host::{Condition, Content, HostError, Step, Wait, look};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{Fields, Value};
use camino::{Utf8Path, Utf8PathBuf};
use fancy_regex::Regex;
use std::time::Duration;

/// Waits until a port of a host is open or closed, or a file exists, is gone, or contains a text.
/// Without any of these it waits for `timeout` seconds.
///
/// The host checks, not this machine. Waiting never counts as a change.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WaitFor {
    /// Name or address, as resolved by the host; `127.0.0.1` by default.
    host: Option<String>,
    /// TCP port.
    port: Option<u16>,
    /// A file or directory, instead of `port`.
    #[schemars(with = "Option<String>")]
    path: Option<Utf8PathBuf>,
    /// A regular expression that must match in the file at `path`; `^` and `$` match at lines.
    search_regex: Option<String>,
    /// The state to wait for.
    state: State,
    /// Time limit in seconds; 300 by default.
    timeout: Option<u64>,
    /// Seconds before the first check.
    delay: u64,
    /// Seconds between checks; 1 by default.
    sleep: Option<u64>,
    /// Seconds for one connection. Ignored: the host uses at most 5 seconds for each.
    connect_timeout: Option<u64>,
    /// The message if the time limit is reached.
    msg: Option<String>,
    /// For `state: drained`: the states of TCP connections that count as active.
    active_connection_states: Vec<TcpState>,
}

/// The state to wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The port is open, or the file exists (with a match of `search_regex`).
    #[default]
    Started,
    /// The same as `started`.
    Present,
    /// The port is closed, or the file does not exist (or has no match of `search_regex`).
    Stopped,
    /// The same as `stopped`.
    Absent,
    /// The port has no active connections.
    Drained,
}

/// A state of a TCP connection, as numbered by Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum TcpState {
    Established = 1,
    SynSent,
    SynRecv,
    FinWait1,
    FinWait2,
    TimeWait,
    Close,
    CloseWait,
    LastAck,
}

impl BuiltIn for WaitFor {
    const NAME: &'static str = "wait_for";
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: Nothing listens on the port any more
  wait_for:
    port: 10911
    state: stopped
    timeout: 60
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("state", "The state that was waited for."),
        ("host", "The host whose port it was."),
        ("port", "The port."),
        ("path", "The file."),
        ("search_regex", "The expression."),
        (
            "match_groups",
            "The groups of the match, if there was one when the task began.",
        ),
        ("match_groupdict", "The named groups."),
        ("elapsed", "0 if there was nothing to wait for."),
    ];
}

impl Module for WaitFor {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let mut change = Change::default();
        self.add_arguments(&mut change);
        let conditions = self.conditions();
        if conditions.is_empty() {
            change.steps.push(Step::Wait(self.wait(conditions)));
            return Ok(change);
        }
        if self.delay == 0 {
            let mut conditions = conditions.clone();
            match look(&mut conditions, None, |questions| {
                context.host.ask(questions)
            }) {
                Ok((true, _)) => {
                    change.returns("elapsed", 0);
                    self.add_groups(&mut change, context)?;
                    return Ok(change);
                }
                // In check mode nobody knows: the run will wait.
                Ok((false, _)) | Err(HostError::NotKnown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        change.steps.push(Step::Wait(self.wait(conditions)));
        Ok(change)
    }
}

impl WaitFor {
    fn check(&self) -> Result<(), ModuleError> {
        let refuse = |message: &str| Err(ModuleError::refused(message));
        if let Some(expression) = &self.search_regex
            && let Err(error) = Regex::new(expression)
        {
            return refuse(&format!("search_regex cannot be read: {error}"));
        }
        match (&self.port, &self.path) {
            (Some(_), Some(_)) => refuse("port and path are mutually exclusive"),
            (Some(_), None) if self.search_regex.is_some() => {
                refuse("search_regex needs path: it does not apply to a port")
            }
            (None, Some(path)) if path.is_relative() => {
                refuse(&format!("path must be absolute, {path} is not"))
            }
            (None, Some(_)) if self.state == State::Drained => {
                refuse("state drained needs port: a file has no connections")
            }
            (None, None) if self.search_regex.is_some() => refuse("search_regex needs path"),
            _ => Ok(()),
        }
    }

    fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("127.0.0.1")
    }

    fn add_arguments(&self, change: &mut Change) {
        let state = format!("{:?}", self.state).to_lowercase();
        change.returns("state", state);
        if let Some(port) = self.port {
            change.returns("host", self.host());
            change.returns("port", port);
        }
        if let Some(path) = &self.path {
            change.returns("path", path.as_str());
        }
        if let Some(expression) = &self.search_regex {
            change.returns("search_regex", expression.as_str());
        }
    }

    fn conditions(&self) -> Vec<Condition> {
        let present = matches!(self.state, State::Started | State::Present);
        match (self.port, &self.path, &self.search_regex) {
            (Some(port), ..) if self.state == State::Drained => self.drained(port),
            (Some(port), ..) => vec![Condition::Port {
                host: self.host().to_owned(),
                port,
                open: present,
            }],
            (None, Some(path), Some(pattern)) => vec![text(path, pattern, present)],
            (None, Some(path), None) => vec![Condition::Path {
                path: path.clone(),
                present,
            }],
            (None, None, _) => Vec::new(),
        }
    }

    /// The kernel lists connections as `12: LOCAL:PORT REMOTE:PORT STATE …`, in hexadecimal.
    fn drained(&self, port: u16) -> Vec<Condition> {
        use TcpState::{Established, FinWait1, FinWait2, SynRecv, SynSent, TimeWait};
        let states = match self.active_connection_states.as_slice() {
            [] => &[Established, FinWait1, FinWait2, SynRecv, SynSent, TimeWait],
            given => given,
        };
        let states: Vec<_> = states
            .iter()
            .map(|state| format!("{:02X}", *state as u8))
            .collect();
        let states = states.join("|");
        let pattern = format!(r"^ *\d+: [0-9A-F]+:{port:04X} [0-9A-F]+:[0-9A-F]+ (?:{states}) ");
        ["/proc/net/tcp", "/proc/net/tcp6"]
            .map(|path| text(path.into(), &pattern, false))
            .to_vec()
    }

    fn wait(&self, conditions: Vec<Condition>) -> Wait {
        let timeout = Duration::from_secs(self.timeout.unwrap_or(300));
        let delay = Duration::from_secs(self.delay);
        // With nothing to look at, the time is over when the first look would be due.
        let (timeout, delay) = if conditions.is_empty() {
            (Duration::ZERO, delay + timeout)
        } else {
            (timeout, delay)
        };
        Wait {
            conditions,
            timeout,
            interval: Duration::from_secs(self.sleep.unwrap_or(1)),
            delay,
            settle: Duration::ZERO,
            while_running: None,
            log: None,
            what: self.what(),
            help: self.msg.clone(),
            mark: None,
            follows: false,
            last_resort: Vec::new(),
        }
    }

    fn what(&self) -> String {
        let host = self.host();
        match (self.port, &self.path, &self.search_regex) {
            (Some(port), ..) => match self.state {
                State::Started | State::Present => format!("port {port} of {host}"),
                State::Stopped | State::Absent => format!("port {port} of {host} to be closed"),
                State::Drained => format!("the connections to port {port} to end"),
            },
            (None, Some(path), Some(expression)) => match self.state {
                State::Started | State::Present => format!("{expression:?} in {path}"),
                _ => format!("{expression:?} to go from {path}"),
            },
            (None, Some(path), None) => match self.state {
                State::Started | State::Present => format!("{path}"),
                _ => format!("{path} to go"),
            },
            (None, None, _) => "the time to pass".to_owned(),
        }
    }

    /// Returns the groups of the match in the first mebibyte of the file.
    fn add_groups(&self, change: &mut Change, context: &PlanContext) -> Result<(), ModuleError> {
        let present = matches!(self.state, State::Started | State::Present);
        let (Some(path), Some(expression), true) = (&self.path, &self.search_regex, present) else {
            return Ok(());
        };
        let node = context.host.look(path, true, Content::From(0))?;
        let bytes = node.and_then(|node| node.content).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let Ok(expression) = Regex::new(&format!("(?m){expression}")) else {
            return Ok(());
        };
        let Ok(Some(found)) = expression.captures(&*text) else {
            return Ok(());
        };
        let value = |group: Option<fancy_regex::Match>| {
            group.map_or(Value::from(()), |group| Value::from(group.as_str()))
        };
        change.returns(
            "match_groups",
            found.iter().skip(1).map(value).collect::<Value>(),
        );
        let named: Fields = expression
            .capture_names()
            .flatten()
            .map(|name| (name.to_owned(), value(found.name(name))))
            .collect();
        change.returns("match_groupdict", crate::value::map(named));
        Ok(())
    }
}

fn text(path: &Utf8Path, pattern: &str, present: bool) -> Condition {
    Condition::Text {
        path: path.to_owned(),
        pattern: pattern.to_owned(),
        from: 0,
        inode: None,
        present,
    }
}
