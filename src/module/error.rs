//! Why a module could not plan.

use crate::host::{HostError, Limits};
use crate::source::Problem;
use crate::value::{Fields, NotKnown, Value};

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
    /// A failure whose words or return values playbooks for Ansible test for.
    #[error("{error}")]
    Known {
        /// The failure.
        error: Box<Self>,
        /// What Ansible says of it, if it differs.
        words: Option<String>,
        /// Further return values.
        returns: Fields,
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

    /// Returns the refusal for a host that lacks a program, with what to do then.
    pub fn no_program(name: &str, help: &str) -> Self {
        Self::Refused {
            message: format!("the host has no program {name}"),
            help: Some(help.to_owned()),
        }
    }

    /// Returns the refusal of arguments of which only one may be given.
    pub fn exclusive(arguments: &[&str]) -> Self {
        let message = match arguments {
            [others @ .., last] => {
                format!("{} and {last} are mutually exclusive", others.join(", "))
            }
            [] => String::new(),
        };
        let words = arguments.join("|");
        Self::refused(message).as_ansible(format!("parameters are mutually exclusive: {words}"))
    }

    /// Returns the failure with what Ansible says of it, which playbooks for Ansible test for.
    #[must_use]
    pub fn as_ansible(self, says: impl Into<String>) -> Self {
        let (error, _, returns) = self.known();
        Self::Known {
            error,
            words: Some(says.into()),
            returns,
        }
    }

    /// Returns the failure with a value that the failed task returns.
    #[must_use]
    pub fn returning(self, name: &str, value: impl Into<Value>) -> Self {
        // Of what check mode does not know, nothing is known.
        if matches!(self, Self::NotKnown(_) | Self::Host(HostError::NotKnown(_))) {
            return self;
        }
        let (error, words, mut returns) = self.known();
        returns.insert(name.to_owned(), value.into());
        Self::Known {
            error,
            words,
            returns,
        }
    }

    /// Returns what Ansible says of it, or else what it is.
    pub fn words(&self) -> String {
        match self {
            Self::Known {
                words: Some(words), ..
            } => words.clone(),
            error => error.to_string(),
        }
    }

    fn known(self) -> (Box<Self>, Option<String>, Fields) {
        match self {
            Self::Known {
                error,
                words,
                returns,
            } => (error, words, returns),
            error => (Box::new(error), None, Fields::new()),
        }
    }

    /// Returns the failure in the words of Ansible, if it has others.
    #[must_use]
    pub fn in_words_of_ansible(self) -> Self {
        match self {
            Self::Known {
                words: Some(words),
                returns,
                ..
            } => Self::Known {
                error: Box::new(Self::refused(words)),
                words: None,
                returns,
            },
            error => error,
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
            None => Self::refused(error.to_string()).as_ansible(error.in_words_of_ansible()),
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
