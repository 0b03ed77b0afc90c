//! A password and its label.

use zeroize::Zeroizing;

/// The label of a password that was given without one.
pub const DEFAULT_LABEL: &str = "default";

/// A password with its label, which is called vault ID on the command line. Its memory is wiped
/// when it is dropped.
#[derive(Clone)]
pub struct Password {
    /// The label.
    pub label: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Password {
    /// Returns the password with this label.
    pub fn new(label: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            label: label.into(),
            bytes: Zeroizing::new(bytes),
        }
    }

    /// Returns the password itself: only for the cipher.
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: ***", self.label)
    }
}
