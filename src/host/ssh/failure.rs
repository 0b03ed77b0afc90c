//! Why a host cannot be reached.

use crate::host::HostError;

/// Why a host cannot be reached; everything waiting for the same connection gets the same failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// What failed.
    pub(super) reason: String,
    /// What the user can do about it.
    pub(super) help: Option<String>,
}

impl Failure {
    /// Returns a failure without advice.
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: None,
        }
    }

    /// Adds what the user can do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<Failure> for HostError {
    fn from(failure: Failure) -> Self {
        HostError::Unreachable {
            reason: failure.reason,
            help: failure.help,
        }
    }
}
