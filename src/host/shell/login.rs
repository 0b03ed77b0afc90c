//! Starting a shell on the machine, as the login user or as another.

use super::become_user::{Become, BecomeMethod};
use super::quote::quote_for_login_shell;
use super::transport::{Channel, Received, Transport};
use crate::host::{HostError, Limits, Secret};
use std::time::{Duration, Instant};

/// Reads lines and evaluates them. This, and not the requests, is what `ps` shows.
const LOADER: &str = r#"while IFS= read -r rmq_l; do eval "$rmq_l" 3<&0 </dev/null; done"#;

/// How long sudo or su may take before they have started a shell.
const BECOME_TIMEOUT: Duration = Duration::from_secs(30);

/// How a shell is started.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// The shell and its arguments, such as `/bin/sh` or `busybox sh`.
    pub(super) shell: String,
    /// The user it runs as, if another than the login's.
    pub(super) other: Option<Become>,
}

impl Login {
    /// Starts a shell that evaluates the lines it is sent, and answers what was asked on the way.
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
            answered: false,
        };
        let patience = limits.sooner(Instant::now() + BECOME_TIMEOUT);
        match dialog.hold(&mut *channel, &patience) {
            Ok(()) => Ok(channel),
            // Unless it is the caller's own patience that has ended.
            Err(HostError::TimedOut) if limits.check().is_ok() => Err(dialog.failed("no answer")),
            Err(error) => Err(error),
        }
    }

    /// Returns the error for a shell that ended before it said anything.
    pub(super) fn refused(&self, machine: &str, said: &str) -> HostError {
        let said = said.trim();
        match &self.other {
            Some(other) => other.error(said),
            None => HostError::Unreachable {
                reason: format!("no shell on {machine}: {said}"),
                help: None,
            },
        }
    }

    fn command_line(&self, loader: &str, prompt: &str) -> Result<String, HostError> {
        let Some(other) = &self.other else {
            let words = self.shell.split_whitespace().chain(["-c", loader]);
            return line(words).ok_or_else(|| {
                HostError::Missing(format!("shell that can be called as {:?}", self.shell))
            });
        };
        let shell = self.shell.split_whitespace().chain(["-c", loader]);
        let program = other.program();
        let flags = other.flags.iter().map(String::as_str);
        let start: Vec<&str> = std::iter::once(program).chain(flags).collect();
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
                // Its question must be in a language that is known here.
                line(words).map(|su| su.replacen("exec ", "exec env LC_ALL=C ", 1))
            }),
            BecomeMethod::Doas => {
                let words = start.into_iter().chain(["-n", "-u", &other.user, "--"]);
                line(words.chain(shell))
            }
        };
        whole.ok_or_else(|| {
            other.error("its name, flags or shell hold characters that no login shell can be given")
        })
    }
}

/// Returns the words as a command line that takes the login shell's place.
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

    fn error(&self, reason: &str) -> HostError {
        let reason = match reason {
            "" => format!("{} ended without a word", self.program()),
            text if text.contains("password is required")
                || text.contains("Authentication req") =>
            {
                format!("{text} (it can be given with --ask-become-pass)")
            }
            text => text.to_owned(),
        };
        HostError::Become {
            user: self.user.clone(),
            reason,
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
    answered: bool,
}

impl Dialog<'_> {
    /// Returns when the shell is there.
    fn hold(&mut self, channel: &mut dyn Channel, limits: &Limits) -> Result<(), HostError> {
        loop {
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
                Received::Exit(_) => {}
                Received::Closed => return Err(self.failed("")),
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
            return Err(self.failed("wrong password"));
        }
        let password = self.other.password.as_ref().map(Secret::reveal);
        // Only now: had it been sent before, a program that does not ask would leave it to the
        // shell as a command.
        let line = zeroize::Zeroizing::new(format!("{}\n", password.unwrap_or_default()));
        channel.send(line.as_bytes(), limits)?;
        self.answered = true;
        self.said.clear();
        Ok(())
    }

    /// Returns the error, with what the program said.
    fn failed(&self, otherwise: &str) -> HostError {
        let said = self.said.trim();
        let said = if said.is_empty() { otherwise } else { said };
        self.other.error(said)
    }
}

/// Returns 32 random hexadecimal digits.
pub(super) fn random_word() -> Result<String, HostError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        HostError::Protocol(format!("no random numbers on this machine: {error}"))
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
