//! Steps that are a single request to the kept shell; several of them are sent together.

use super::conclude;
use crate::host::shell::script::Script;
use crate::host::shell::shell_host::ShellHost;
use crate::host::{HostError, Limits};
use camino::{Utf8Path, Utf8PathBuf};

/// The number of bytes of requests sent together. Deadlines and interrupts are checked between two
/// such parts.
const TOGETHER: usize = 512 << 10;

/// A step as a request.
pub(super) struct Request {
    script: Script,
    /// Its action, such as `write /etc/hosts`.
    action: String,
    /// Its path.
    path: Utf8PathBuf,
}

impl Request {
    pub(super) fn new(script: Script, action: String, path: &Utf8Path) -> Self {
        Self {
            script,
            action,
            path: path.to_owned(),
        }
    }

    /// Sends the request, and returns the error of the step if it fails.
    pub(super) fn send(self, host: &ShellHost, limits: &Limits) -> Result<(), HostError> {
        let reply = host.request(&self.script, limits)?;
        conclude(&reply, &self.action, &self.path)
    }
}

/// Requests to be sent together.
#[derive(Default)]
pub(super) struct Batch {
    scripts: Vec<Script>,
    /// The action and path of each step.
    steps: Vec<(String, Utf8PathBuf)>,
    size: usize,
}

impl Batch {
    /// Adds a request; the ones before it are sent first if there are enough of them.
    pub(super) fn add(
        &mut self,
        request: Request,
        host: &ShellHost,
        limits: &Limits,
    ) -> Result<(), HostError> {
        if self.size > TOGETHER {
            self.send(host, limits)?;
        }
        self.size += request.script.len();
        let script = request.script.in_order(self.scripts.is_empty());
        self.scripts.push(script);
        self.steps.push((request.action, request.path));
        Ok(())
    }

    /// Sends all requests, and returns the error of the first failed step.
    pub(super) fn send(&mut self, host: &ShellHost, limits: &Limits) -> Result<(), HostError> {
        let batch = std::mem::take(self);
        if batch.scripts.is_empty() {
            return Ok(());
        }
        limits.check()?;
        let replies = host.exchange(&batch.scripts, limits)?;
        for (reply, (action, path)) in replies.iter().zip(&batch.steps) {
            conclude(reply, action, path)?;
        }
        Ok(())
    }
}
