//! Starts a shell on the machine, as the login user or another user.

use super::become_user::{Become, BecomeMethod};
use super::quote::{quote_for_login_shell, without_dollars};
use super::transport::{Channel, Received, Transport};
use crate::host::{HostError, Limits, Secret};
use std::time::{Duration, Instant};

/// Reads lines and evaluates them. `ps` shows this line, and not the requests.
///
/// Bash ends a `read` that waits longer than TMOUT; `core.sh` restores it for programs.
const LOADER: &str = r#"rmq_tmout=${TMOUT-}; unset TMOUT; while IFS= read -r rmq_l; do eval "$rmq_l" 3<&0 </dev/null; done"#;

/// How long sudo or su may take to start a shell.
const BECOME_TIMEOUT: Duration = Duration::from_secs(30);

/// How many bytes start-up files, sudo and the like may print before the shell has started.
pub(super) const MOST_NOISE: usize = 64 << 10;

/// How many bytes of the output an error shows.
const SHOWN: usize = 300;

/// How many lines of the output an error shows.
const SHOWN_LINES: usize = 5;

/// Why there is no shell.
#[derive(Debug, Clone, Copy)]
pub(super) enum NotStarted {
    /// The started program has ended, with this exit code.
    Ended(Option<i32>),
    /// It printed more than [`MOST_NOISE`].
    Noise,
    /// It has not answered for this long.
    Late(Duration),
}

/// How a shell is started.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// The shell and its arguments, such as `/bin/sh` or `busybox sh`.
    pub(super) shell: String,
    /// The user it runs as, if not the login user.
    pub(super) other: Option<Become>,
}

impl Login {
    /// Starts a shell that evaluates the lines it is sent, answering questions on the way.
    pub(super) fn start(
        &self,
        transport: &dyn Transport,
        limits: &Limits,
    ) -> Result<Box<dyn Channel>, HostError> {
        let word = random_word()?;
        let prompt = format!("password-{word}:");
        let Some(other) = self.other.as_ref().filter(|other| other.password.is_some()) else {
            return transport.open(&self.command_line(LOADER, &prompt)?, limits);
        };
        let loader = format!("echo; echo ready-{word}; {LOADER}");
        let mut channel = transport.open(&self.command_line(&loader, &prompt)?, limits)?;
        let mut dialog = Dialog {
            other,
            prompt: match other.method {
                BecomeMethod::Sudo => prompt,
                BecomeMethod::Su | BecomeMethod::Doas => "assword:".to_owned(),
            },
            ready: format!("ready-{word}\n"),
            said: String::new(),
            printed: String::new(),
            exited: None,
            answered: false,
        };
        let time = self.patience(transport);
        match dialog.hold(&mut *channel, &limits.sooner(Instant::now() + time)) {
            Ok(()) => Ok(channel),
            // Unless the caller's own limit was reached.
            Err(HostError::TimedOut) if limits.check().is_ok() => {
                Err(dialog.failed(NotStarted::Late(time)))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns how long the shell may take to start.
    pub(super) fn patience(&self, transport: &dyn Transport) -> Duration {
        match self.other {
            Some(_) => transport.patience().max(BECOME_TIMEOUT),
            None => transport.patience(),
        }
    }

    /// Returns the error for a shell that did not start, with what was printed instead.
    pub(super) fn not_started(&self, machine: &str, how: NotStarted, said: &str) -> HostError {
        let said = match how {
            // The reason why it ended is at the end.
            NotStarted::Ended(_) => excerpt(&end(said)),
            NotStarted::Noise | NotStarted::Late(_) => excerpt(said),
        };
        if let Some(other) = &self.other {
            return other.not_started(how, &said);
        }
        let (reason, help) = match how {
            NotStarted::Ended(_) if !said.is_empty() => {
                (format!("no shell on {machine}: {said}"), None)
            }
            NotStarted::Ended(code) => (
                format!(
                    "no shell on {machine}: the login shell exited immediately{}",
                    with_code(code)
                ),
                Some("check the user's login shell and its start-up files on the host"),
            ),
            NotStarted::Noise => (
                format!(
                    "{machine} does not start a shell: it printed more than {} KiB instead, \
                     beginning with: {said}",
                    MOST_NOISE >> 10
                ),
                Some("check the user's login shell and its start-up files on the host"),
            ),
            NotStarted::Late(time) => (
                format!(
                    "{machine} does not start a shell: no answer within {time:?}{}",
                    after_words(&said)
                ),
                Some(
                    "check the user's login shell and its start-up files on the host, \
                     or allow more time with --timeout",
                ),
            ),
        };
        HostError::Unreachable {
            reason,
            help: help.map(str::to_owned),
        }
    }

    fn command_line(&self, loader: &str, prompt: &str) -> Result<String, HostError> {
        let Some(other) = &self.other else {
            let words = self.shell.split_whitespace().chain(["-c", loader]);
            return line(words).ok_or_else(|| {
                HostError::Missing(format!("shell that can be called as {:?}", self.shell))
            });
        };
        let hidden = without_dollars(loader);
        let loader = match other.method {
            BecomeMethod::Sudo if !other.flags.is_empty() => hidden.as_str(),
            _ => loader,
        };
        let shell = self.shell.split_whitespace().chain(["-c", loader]);
        let flags = other.flags.iter().map(String::as_str);
        // With a password, the program must ask for it.
        let flags = flags.filter(|flag| other.password.is_none() || *flag != "-n");
        let start: Vec<&str> = other.program().split_whitespace().chain(flags).collect();
        let whole = match other.method {
            BecomeMethod::Sudo => {
                let mut words = start;
                if other.flags.is_empty() {
                    words.push("-H");
                }
                match other.password {
                    Some(_) => words.extend(["-S", "-p", prompt]),
                    None => words.push("-n"),
                }
                words.extend(["-u", &other.user, "--"]);
                line(words.into_iter().chain(shell))
            }
            BecomeMethod::Su => line(shell).and_then(|inner| {
                let words = start.into_iter().chain([other.user.as_str(), "-c", &inner]);
                // Its question must be in a known language.
                line(words).map(|su| su.replacen("exec ", "exec env LC_ALL=C ", 1))
            }),
            BecomeMethod::Doas => {
                let words = start.into_iter().chain(["-n", "-u", &other.user, "--"]);
                line(words.chain(shell))
            }
        };
        whole.ok_or_else(|| {
            other.error("its name, flags or shell contain characters that cannot be passed to the login shell")
        })
    }
}

/// Returns the first lines of the output, in characters that are harmless to a terminal.
fn excerpt(said: &str) -> String {
    let mut shown = String::new();
    let mut lines = 1;
    for character in said.trim().chars() {
        lines += usize::from(character == '\n');
        if lines > SHOWN_LINES || shown.len() > SHOWN {
            return shown + "…";
        }
        if character.is_control() && character != '\n' {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns the last lines of the output. sudo warns that it does not know its own host's name, and goes
/// on: where it says more, that is the reason.
fn end(said: &str) -> String {
    let lines: Vec<_> = said.trim().lines().collect();
    let is_reason = |line: &&str| !line.contains("unable to resolve host");
    let reasons: Vec<_> = lines.iter().copied().filter(is_reason).collect();
    let shown = if reasons.is_empty() { lines } else { reasons };
    let start = shown.len().saturating_sub(SHOWN_LINES);
    shown.get(start..).unwrap_or_default().join("\n")
}

fn with_code(code: Option<i32>) -> String {
    code.map_or_else(String::new, |code| format!(" (exit code {code})"))
}

fn after_words(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(" after it printed: {said}")
    }
}

/// Returns the words as a command line that replaces the login shell.
fn line<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let words: Option<Vec<_>> = words.map(quote_for_login_shell).collect();
    Some(format!("exec {}", words?.join(" ")))
}

impl Become {
    fn program(&self) -> &str {
        self.executable.as_deref().unwrap_or(match self.method {
            BecomeMethod::Sudo => "sudo",
            BecomeMethod::Su => "su",
            BecomeMethod::Doas => "doas",
        })
    }

    /// Returns the error for a program that did not start a shell.
    fn not_started(&self, how: NotStarted, said: &str) -> HostError {
        let program = self.program();
        self.error(&match how {
            NotStarted::Ended(_) if !said.is_empty() => said.to_owned(),
            NotStarted::Ended(code) => {
                format!("{program} printed nothing and ended{}", with_code(code))
            }
            NotStarted::Noise => format!(
                "{program} printed more than {} KiB instead of starting a shell, beginning with: \
                 {said}",
                MOST_NOISE >> 10
            ),
            NotStarted::Late(time) => format!(
                "{program} started no shell within {time:?}{}",
                after_words(said)
            ),
        })
    }

    fn error(&self, reason: &str) -> HostError {
        HostError::Become {
            user: self.user.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// The exchange with a program that may ask for a password before it starts the shell.
struct Dialog<'a> {
    other: &'a Become,
    prompt: String,
    ready: String,
    /// Standard error since the last question.
    said: String,
    /// Standard output.
    printed: String,
    exited: Option<i32>,
    answered: bool,
}

impl Dialog<'_> {
    /// Returns once the shell is ready.
    fn hold(&mut self, channel: &mut dyn Channel, limits: &Limits) -> Result<(), HostError> {
        loop {
            if self.said.len() + self.printed.len() > MOST_NOISE {
                self.said.insert_str(0, &std::mem::take(&mut self.printed));
                return Err(self.failed(NotStarted::Noise));
            }
            match channel.receive(limits)? {
                Received::Stdout(bytes) => {
                    self.printed.push_str(&String::from_utf8_lossy(&bytes));
                    if self.printed.ends_with(&self.ready) {
                        return Ok(());
                    }
                }
                Received::Stderr(bytes) => {
                    self.said.push_str(&String::from_utf8_lossy(&bytes));
                    self.answer(channel, limits)?;
                }
                Received::Exit(code) => self.exited = Some(code),
                Received::Closed => return Err(self.failed(NotStarted::Ended(self.exited))),
            }
        }
    }

    fn answer(&mut self, channel: &mut dyn Channel, limits: &Limits) -> Result<(), HostError> {
        let Some(at) = self.said.find(&self.prompt) else {
            return Ok(());
        };
        if self.answered {
            channel.close();
            self.said.truncate(at);
            if self.said.trim().is_empty() {
                self.said.push_str("wrong password");
            }
            return Err(self.failed(NotStarted::Ended(None)));
        }
        let password = self.other.password.as_ref().map(Secret::reveal);
        // Not earlier: a program that does not ask would leave the password to the shell as a
        // command.
        let line = zeroize::Zeroizing::new(format!("{}\n", password.unwrap_or_default()));
        channel.send(line.as_bytes(), limits)?;
        self.answered = true;
        self.said.clear();
        Ok(())
    }

    /// Returns the error, with the output of the program.
    fn failed(&self, how: NotStarted) -> HostError {
        let said = if self.said.trim().is_empty() {
            &self.printed
        } else {
            &self.said
        };
        self.other.not_started(how, &excerpt(&end(said)))
    }
}

/// Returns 32 random hexadecimal digits.
pub(super) fn random_word() -> Result<String, HostError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        HostError::Protocol(format!(
            "cannot read random numbers on this machine: {error}"
        ))
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn a_warning_does_not_hide_the_reason() {
        let warning = "sudo: unable to resolve host web1: Name or service not known";
        for (said, shown) in [
            (
                format!("{warning}\nsudo: a password is required\n"),
                "sudo: a password is required",
            ),
            (format!("{warning}\n"), warning),
            ("1\n2\n3\n4\n5\n6\n".to_owned(), "2\n3\n4\n5\n6"),
            (String::new(), ""),
        ] {
            assert_eq!(end(&said), shown);
        }
    }
}
