//! Input typed at the terminal.

use crate::host::Cancel;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::AsFd;
use rustix::io::{Errno, read};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Error, ErrorKind, IsTerminal as _, Result, Write};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Returns a line typed on standard input after a prompt. Fails if that is not a terminal, and as
/// soon as the run is interrupted.
pub(super) fn line(prompt: &str, cancel: &Cancel) -> Result<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Error::new(
            ErrorKind::NotConnected,
            "stdin is not a terminal",
        ));
    }
    ask(&stdin, &mut anstream::stderr(), prompt, cancel)
}

/// Returns a line typed at the terminal after a prompt, without echo. Fails without a terminal, and
/// as soon as the input ends or the run is interrupted.
pub(super) fn secret(prompt: &str, cancel: &Cancel) -> Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    // Disable echo before the prompt appears, since the user may type immediately.
    let _unseen = Unseen::on(terminal.try_clone()?)?;
    let input = terminal.try_clone()?;
    ask(&input, &mut terminal, prompt, cancel)
}

fn ask(input: &impl AsFd, shown: &mut impl Write, prompt: &str, cancel: &Cancel) -> Result<String> {
    write!(shown, "{prompt}")?;
    shown.flush()?;
    let typed = typed(input, cancel)?;
    if typed.is_empty() {
        // ^D leaves the cursor behind the prompt.
        writeln!(shown)?;
        return Err(Error::new(
            ErrorKind::UnexpectedEof,
            "the input ended (^D) before an answer",
        ));
    }
    let text = typed.strip_suffix(b"\n").unwrap_or(&typed);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let not_text = |_| Error::new(ErrorKind::InvalidData, "the input is not UTF-8");
    std::str::from_utf8(text)
        .map(str::to_owned)
        .map_err(not_text)
}

/// Reads up to the end of a line or of the input, whichever comes first.
fn typed(input: &impl AsFd, cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>> {
    let mut typed = Zeroizing::new(Vec::new());
    // A terminal delivers one line at a time, so nothing of the next one is read.
    let mut buffer = Zeroizing::new([0; 4096]);
    let (called_off, call_off) = std::io::pipe()?;
    let on_cancel: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        let _ = (&call_off).write(b"!");
    });
    cancel.on_cancel(&on_cancel);
    if cancel.is_cancelled() {
        return Err(ErrorKind::Interrupted.into());
    }
    while !typed.ends_with(b"\n") {
        let mut waits = [
            PollFd::new(input, PollFlags::IN),
            PollFd::new(&called_off, PollFlags::IN),
        ];
        match poll(&mut waits, None) {
            Err(Errno::INTR) => continue,
            ready => ready?,
        };
        let [of_input, of_cancel] = &waits;
        if !of_cancel.revents().is_empty() {
            return Err(ErrorKind::Interrupted.into());
        }
        if of_input.revents().is_empty() {
            continue;
        }
        let length = match read(input, &mut buffer[..]) {
            Err(Errno::INTR) => continue,
            length => length?,
        };
        match buffer.get(..length) {
            Some([]) | None => break,
            Some(bytes) => typed.extend_from_slice(bytes),
        }
    }
    Ok(typed)
}

/// A terminal without echo, until this is dropped.
struct Unseen(File, Termios);

impl Unseen {
    fn on(terminal: File) -> Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut unseen = before.clone();
        unseen.local_modes -= LocalModes::ECHO;
        // Print the line break, so that the following output starts on its own line.
        unseen.local_modes |= LocalModes::ECHONL;
        tcsetattr(&terminal, OptionalActions::Now, &unseen)?;
        Ok(Self(terminal, before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.0, OptionalActions::Now, &self.1);
    }
}
