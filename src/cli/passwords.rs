//! Passwords, from the terminal or a file.

use crate::host::Secret;
use crate::source::{Problem, Result, SourceFile};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// Returns the password that is asked for on the terminal, or read from a file's first line;
/// `None` where neither is wanted.
pub(super) fn read(ask: bool, file: Option<&Path>, prompt: &str) -> Result<Option<Secret>> {
    if let Some(path) = file {
        let text = SourceFile::read(path)?;
        let first = text.text.lines().next().unwrap_or_default();
        return Ok(Some(Secret::new(first.to_owned())));
    }
    if !ask {
        return Ok(None);
    }
    let typed = typed(prompt).map_err(|error| {
        Problem::new(format!("cannot ask for a password: {error}"))
            .help("without a terminal, give the password by a file".to_owned())
    })?;
    Ok(Some(Secret::new(typed)))
}

/// Returns what is typed at the terminal, which does not show it.
pub(super) fn typed(prompt: &str) -> std::io::Result<String> {
    let unseen = Unseen::from_now_on();
    let typed = rpassword::prompt_password(prompt);
    drop(unseen);
    if matches!(&typed, Err(error) if error.kind() == ErrorKind::Interrupted) {
        // The signal of ^C is on its way, and what it does is the answer: it ends rmqplay, or
        // calls the run off. A complaint about a missing password must not come before it.
        std::thread::sleep(Duration::from_secs(1));
    }
    typed
}

/// A terminal that does not show what is typed, until this is dropped. rpassword sees to that only
/// once the prompt stands there, and who types at once would be seen.
struct Unseen(File, Termios);

impl Unseen {
    /// Returns nothing where there is no terminal.
    fn from_now_on() -> Option<Self> {
        let terminal = File::open("/dev/tty").ok()?;
        let before = tcgetattr(&terminal).ok()?;
        let mut unseen = before.clone();
        unseen.local_modes -= LocalModes::ECHO;
        tcsetattr(&terminal, OptionalActions::Now, &unseen).ok()?;
        Some(Self(terminal, before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.0, OptionalActions::Now, &self.1);
    }
}
