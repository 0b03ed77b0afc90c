//! The user's private keys, each read and opened once for all hosts.

use crate::host::Secret;
use crate::source::regular;
use russh::keys::{Error, PrivateKey, PublicKey, decode_secret_key, load_public_key};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Asks the user for the passphrase of a key; returns `None` if nobody can be asked.
pub type AskPassphrase = Box<dyn Fn(&Path) -> Option<Secret> + Send + Sync>;

/// How often a passphrase is asked for, as in ssh.
const TRIES: usize = 3;

/// The user's private keys, each read and opened once for all hosts.
pub(super) struct KeyRing {
    /// Locked while the user is asked, so that all others wait for the answer.
    ask: Mutex<AskPassphrase>,
    opened: Mutex<BTreeMap<PathBuf, Opened>>,
}

/// An opened key file, or why it could not be opened.
type Opened = Result<Arc<PrivateKey>, String>;

/// A key file, as far as it can be read without its passphrase.
#[derive(Clone)]
pub(super) enum KeyFile {
    /// It has no passphrase, or the passphrase is already known.
    Open(Arc<PrivateKey>),
    /// It has a passphrase; the public key shows whether asking for it is useful.
    Locked(Option<PublicKey>),
}

impl KeyFile {
    /// Returns the public key, if known.
    pub(super) fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Self::Open(key) => Some(key.public_key()),
            Self::Locked(public) => public.as_ref(),
        }
    }
}

impl KeyRing {
    pub(super) fn new(ask: AskPassphrase) -> Self {
        Self {
            ask: Mutex::new(ask),
            opened: Mutex::default(),
        }
    }

    /// Reads a key file without asking; returns `None` if there is none.
    pub(super) fn read(&self, path: &Path) -> Result<Option<KeyFile>, String> {
        match self.opened().get(path) {
            Some(Ok(key)) => return Ok(Some(KeyFile::Open(key.clone()))),
            Some(Err(reason)) => return Err(reason.clone()),
            None => {}
        }
        let Some(text) = text(path)? else {
            return Ok(None);
        };
        if is_locked(&text) {
            check_mode(path)?;
            return Ok(Some(KeyFile::Locked(public_key(path, &text))));
        }
        match decode_secret_key(&text, None) {
            Ok(key) => {
                check_mode(path)?;
                let key = Arc::new(key);
                self.opened().insert(path.to_owned(), Ok(key.clone()));
                Ok(Some(KeyFile::Open(key)))
            }
            Err(Error::KeyIsEncrypted) => {
                check_mode(path)?;
                Ok(Some(KeyFile::Locked(public_key(path, &text))))
            }
            Err(Error::CouldNotReadKey) => Err(not_a_key(&text).to_owned()),
            Err(error) => Err(format!("not a private key: {error}")),
        }
    }

    /// Opens a key file, possibly asking the user for the passphrase: once for all hosts that wait
    /// for it. Blocks until then.
    pub(super) fn open(&self, path: &Path) -> Opened {
        let ask = self.ask.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.opened().get(path) {
            return known.clone();
        }
        let result = ask_and_open(&ask, path);
        self.opened().insert(path.to_owned(), result.clone());
        result
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ask_and_open(ask: &AskPassphrase, path: &Path) -> Opened {
    let text = text(path)?.ok_or("there is no such file")?;
    for _ in 0..TRIES {
        let passphrase = ask(path).ok_or(
            "it has a passphrase and there is no terminal to ask for it; add it to the agent with `ssh-add`",
        )?;
        if let Ok(key) = decode_secret_key(&text, Some(passphrase.reveal())) {
            return Ok(Arc::new(key));
        }
    }
    Err(format!(
        "wrong passphrase, or an old format that `ssh-keygen -p -f {}` converts",
        path.display()
    ))
}

/// Refuses a key of this user that others can read, like ssh.
fn check_mode(path: &Path) -> Result<(), String> {
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    let mode = found.mode() & 0o7777;
    let of_others = mode & 0o077;
    if of_others == 0 || found.uid() != rustix::process::getuid().as_raw() {
        return Ok(());
    }
    Err(format!(
        "others may use it (mode {mode:04o}); `chmod 600 {}`",
        path.display()
    ))
}

fn not_a_key(text: &str) -> &'static str {
    let public = ["ssh-", "ecdsa-", "sk-", "---- BEGIN SSH2 PUBLIC KEY"];
    if public
        .iter()
        .any(|start| text.trim_start().starts_with(start))
    {
        "it is a public key; pass the private one"
    } else {
        "not a private key"
    }
}

/// Returns whether a PEM key is encrypted. In OpenSSH's own format this is stored inside.
fn is_locked(text: &str) -> bool {
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn text(path: &Path) -> Result<Option<zeroize::Zeroizing<String>>, String> {
    match regular::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(zeroize::Zeroizing::new(text))),
            Err(error) => {
                drop(zeroize::Zeroizing::new(error.into_bytes()));
                Err("not a private key".to_owned())
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Returns the public key of a locked one: OpenSSH's format contains it unencrypted; for others
/// there may be a file next to it.
fn public_key(path: &Path, text: &str) -> Option<PublicKey> {
    let inside = PrivateKey::from_openssh(text).map(|key| key.public_key().clone());
    inside.ok().or_else(|| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".pub");
        load_public_key(beside).ok()
    })
}
