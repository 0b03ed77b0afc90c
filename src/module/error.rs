//! Why a module could not plan.

use crate::host::{HostError, Limits};
use crate::source::Problem;
use crate::value::NotKnown;

/// Why a module could not plan.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The host could not be looked at.
    #[error(transparent)]
    Host(#[from] HostError),
    /// What is asked for cannot be done, such as a link over a directory.
    #[error("{message}")]
    Refused {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A mistake in a file of the user's, such as a template.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// It depends on what check mode did not carry out.
    #[error(transparent)]
    NotKnown(#[from] NotKnown),
}

impl ModuleError {
    /// Returns a refusal without advice.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            help: None,
        }
    }
}

impl From<crate::change::Refusal> for ModuleError {
    fn from(refusal: crate::change::Refusal) -> Self {
        Self::Refused {
            message: refusal.message,
            help: refusal.help,
        }
    }
}

impl From<Problem> for ModuleError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<crate::files::ReadError> for ModuleError {
    fn from(error: crate::files::ReadError) -> Self {
        // Reading a large file ends with the task's time.
        match Limits::look() {
            Err(limit) => HostError::from(limit).into(),
            Ok(()) => Self::refused(error.to_string()),
        }
    }
}

impl From<crate::files::NotFound> for ModuleError {
    fn from(error: crate::files::NotFound) -> Self {
        match error.not_known {
            Some(reason) => Self::NotKnown(reason),
            None => Self::refused(error.to_string()),
        }
    }
}

impl From<crate::archive::ArchiveError> for ModuleError {
    fn from(error: crate::archive::ArchiveError) -> Self {
        match error {
            crate::archive::ArchiveError::Limit(error) => Self::Host(error),
            error => Self::refused(error.to_string()),
        }
    }
}

/// Of an archive that several hosts share: what is wrong with it is the same for all.
impl From<std::sync::Arc<crate::archive::ArchiveError>> for ModuleError {
    fn from(error: std::sync::Arc<crate::archive::ArchiveError>) -> Self {
        match std::sync::Arc::try_unwrap(error) {
            Ok(error) => error.into(),
            Err(shared) => Self::refused(shared.to_string()),
        }
    }
}
