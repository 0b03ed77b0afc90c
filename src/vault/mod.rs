//! Ansible Vault: values and files encrypted with a password.
//!
//! The passwords of a process are those of its command line. They are set once, before anything is
//! read, so that a value can be decrypted wherever it is used: inventories, playbooks, roles and
//! templates are read in many places, and none of them has a password of its own.

mod cipher;
mod envelope;
mod keyring;
mod password;

pub use envelope::{Envelope, HEADER, is_encrypted, new_salt};
pub use keyring::{decrypt, decrypt_text, is_decrypted_value, reveal, revealed, use_passwords};
pub use password::{DEFAULT_LABEL, Password};

/// Why encrypted text cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no password to try.
    #[error("no vault password was given")]
    NoPassword {
        /// The label of the text.
        label: Option<String>,
    },
    /// No password fits.
    #[error("wrong vault password{}", of(label.as_deref(), tried))]
    WrongPassword {
        /// The label of the text.
        label: Option<String>,
        /// The labels of the passwords.
        tried: Vec<String>,
    },
    /// The text is not what Ansible Vault writes.
    #[error("invalid vault text: {0}")]
    Invalid(String),
}

impl VaultError {
    /// Returns what the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoPassword { label: Some(label) } => Some(format!(
                "pass --vault-id {label}@FILE, --vault-id {label}@prompt or --vault-password-file FILE"
            )),
            Self::NoPassword { label: None } => {
                Some("pass --vault-password-file FILE or --ask-vault-pass".to_owned())
            }
            Self::WrongPassword { label, tried } => {
                let label = label.as_ref().filter(|label| !tried.contains(label))?;
                Some(format!("pass its password with --vault-id {label}@FILE"))
            }
            Self::Invalid(_) => None,
        }
    }
}

/// Describes the label of a text and those of the passwords that do not fit.
fn of(label: Option<&str>, tried: &[String]) -> String {
    let wanted = label.map_or_else(String::new, |label| {
        format!(" (encrypted with vault ID \"{label}\"; ")
    });
    let open = if wanted.is_empty() { " (" } else { &wanted };
    format!("{open}tried: {})", tried.join(", "))
}
