//! Steps that are one request to the shell that is kept, and several of them sent together.

use super::conclude;
use crate::host::shell::script::Script;
use crate::host::shell::shell_host::ShellHost;
use crate::host::{HostError, Limits};
use camino::{Utf8Path, Utf8PathBuf};

/// The bytes of requests that are sent together. A deadline or an interrupt is heeded between two
/// such parts.
const TOGETHER: usize = 512 << 10;

/// A step as a request.
pub(super) struct Request {
    script: Script,
    /// What it does, such as `write /etc/hosts`.
    action: String,
    /// What it is about.
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

    /// Sends it, and fails as the step does.
    pub(super) fn send(self, host: &ShellHost, limits: &Limits) -> Result<(), HostError> {
        let reply = host.request(&self.script, limits)?;
        conclude(&reply, &self.action, &self.path)
    }
}

/// Requests to be sent together.
#[derive(Default)]
pub(super) struct Batch {
    scripts: Vec<Script>,
    /// What each does, and to what.
    steps: Vec<(String, Utf8PathBuf)>,
    size: usize,
}

impl Batch {
    /// Adds a request; those before it are sent first if there are enough of them.
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

    /// Sends all, and fails as the first step that does.
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
