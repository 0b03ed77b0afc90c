//! Why a request to RocketMQ failed.

use super::code::meaning;
use super::{Address, Code};
use crate::host::HostError;
use crate::module::ModuleError;

/// Why a request to RocketMQ failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The connection failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The answer reports a failure.
    #[error("cannot {} on {address}: {code} ({}){}", request.action, meaning(*code), after(remark))]
    Refused {
        address: Address,
        request: Code,
        code: i32,
        remark: String,
    },
    /// The answer is invalid.
    #[error("cannot {} on {address}: {reason}", request.action)]
    Nonsense {
        address: Address,
        request: Code,
        reason: String,
    },
}

fn after(remark: &str) -> String {
    if remark.is_empty() {
        String::new()
    } else {
        format!(": {remark}")
    }
}

impl WireError {
    /// Returns the reason if a later attempt may succeed, otherwise the error itself.
    pub(crate) fn transient(self) -> Result<String, Self> {
        match self {
            Self::Host(HostError::NotConnected { .. }) | Self::Refused { .. } => {
                Ok(self.to_string())
            }
            _ => Err(self),
        }
    }
}

impl From<WireError> for HostError {
    fn from(error: WireError) -> Self {
        let (address, request, reason) = match error {
            WireError::Host(error) => return error,
            WireError::Refused {
                address,
                request,
                code,
                remark,
            } => {
                let reason = format!("{code} ({}){}", meaning(code), after(&remark));
                (address, request, reason)
            }
            WireError::Nonsense {
                address,
                request,
                reason,
            } => (address, request, reason),
        };
        HostError::Step {
            action: format!("{} on {address}", request.action),
            reason,
        }
    }
}

impl From<WireError> for ModuleError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Host(error) => error.into(),
            other => ModuleError::refused(other.to_string()),
        }
    }
}
