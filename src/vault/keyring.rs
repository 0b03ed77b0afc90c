//! The passwords of this process, and what was decrypted with them.

use super::{Envelope, Password, VaultError};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use zeroize::Zeroizing;

/// Longer texts are not searched for in outputs: no secret is this long, and each has many forms.
const LONGEST: usize = 256 * 1024;

/// The shortest line of a file that counts as a secret: shorter ones are mostly syntax.
const SHORTEST_LINE: usize = 8;

/// The passwords of this process, and what was decrypted with them.
#[derive(Default)]
struct Keyring {
    passwords: Vec<Password>,
    /// Values by their ciphertext: deriving a key takes milliseconds, and a value may be used by
    /// every task on every host.
    values: HashMap<Arc<str>, Result<Arc<str>, VaultError>>,
    /// What outputs must not show, in the order it was decrypted.
    revealed: IndexSet<Arc<str>>,
}

static KEYRING: LazyLock<RwLock<Keyring>> = LazyLock::new(RwLock::default);

fn with<T>(look: impl FnOnce(&Keyring) -> T) -> T {
    look(&KEYRING.read().unwrap_or_else(PoisonError::into_inner))
}

fn change<T>(change: impl FnOnce(&mut Keyring) -> T) -> T {
    change(&mut KEYRING.write().unwrap_or_else(PoisonError::into_inner))
}

/// Sets the passwords of this process.
pub fn use_passwords(passwords: Vec<Password>) {
    change(|keyring| {
        keyring.passwords = passwords;
        keyring.values.clear();
    });
}

/// Decrypts the content of a file. What outputs must not show of it is for the caller to
/// [`reveal`].
pub fn decrypt(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let envelope = Envelope::read(content)?;
    let passwords = with(|keyring| keyring.passwords.clone());
    let label = envelope.label.clone();
    if passwords.is_empty() {
        return Err(VaultError::NoPassword { label });
    }
    // The label is a hint, as in Ansible: passwords of that label come first.
    let fits = |password: &&Password| Some(&password.label) == label.as_ref();
    let (first, others): (Vec<_>, Vec<_>) = passwords.iter().partition(fits);
    let mut candidates = first.into_iter().chain(others);
    let opened = candidates.find_map(|password| envelope.open(password.reveal()));
    opened.ok_or_else(|| VaultError::WrongPassword {
        label,
        tried: passwords.into_iter().map(|known| known.label).collect(),
    })
}

/// Decrypts a value. It is a secret from now on.
pub fn decrypt_text(ciphertext: &str) -> Result<Arc<str>, VaultError> {
    if let Some(known) = with(|keyring| keyring.values.get(ciphertext).cloned()) {
        return known;
    }
    let opened = decrypt(ciphertext.as_bytes()).and_then(|bytes| {
        let not_text = |_| VaultError::Invalid("the decrypted value is not UTF-8 text".to_owned());
        std::str::from_utf8(&bytes).map(Arc::from).map_err(not_text)
    });
    change(|keyring| {
        if let Ok(text) = &opened {
            keyring.revealed.insert(Arc::clone(text));
        }
        keyring.values.insert(ciphertext.into(), opened.clone());
    });
    opened
}

/// Returns whether the text is that of a decrypted value.
pub fn is_decrypted_value(text: &str) -> bool {
    with(|keyring| {
        let mut values = keyring.values.values();
        values.any(|value| value.as_ref().is_ok_and(|value| **value == *text))
    })
}

/// Adds text from an encrypted file to what outputs must not show: a value as a whole, and the
/// lines of a longer text.
pub fn reveal(text: &str) {
    if text.len() > LONGEST {
        return;
    }
    let lines = text.lines().map(str::trim);
    let is_long = text.trim().contains('\n');
    let lines = lines.filter(|line| !is_long || line.len() >= SHORTEST_LINE);
    let lines: Vec<_> = lines.collect();
    let is_known = with(|keyring| lines.iter().all(|line| keyring.revealed.contains(*line)));
    if !is_known {
        change(|keyring| keyring.revealed.extend(lines.into_iter().map(Arc::from)));
    }
}

/// Returns what outputs must not show, without the first ones.
pub fn revealed(known: usize) -> Vec<Arc<str>> {
    with(|keyring| keyring.revealed.iter().skip(known).cloned().collect())
}
