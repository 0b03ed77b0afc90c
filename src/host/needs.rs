//! The programs that a step needs besides those of any POSIX system.

use super::{Command, HostError, Setting, Step, User};

/// The alternative names of a program that a step needs, the usual one first.
pub(super) type Need<'a> = Vec<&'a str>;

impl Step {
    /// Returns the programs that this step needs.
    pub(super) fn needs(&self) -> Vec<Need<'_>> {
        match self {
            Step::Unpack(_) => vec![vec!["tar"]],
            Step::User {
                before,
                after,
                password,
                aging,
                ..
            } => {
                let own = match (before, after) {
                    (None, Some(_)) => vec!["useradd", "adduser"],
                    (Some(_), None) => vec!["userdel", "deluser"],
                    (Some(before), Some(after)) if before != after => {
                        // Busybox can only change a user's groups.
                        let groups = after.groups.clone();
                        let joins = *after
                            == User {
                                groups,
                                ..before.clone()
                            };
                        let names = if joins { 2 } else { 1 };
                        ["usermod", "addgroup"].into_iter().take(names).collect()
                    }
                    _ => Vec::new(),
                };
                let password = password.iter().map(|_| vec!["chpasswd"]);
                let aging = (!aging.is_empty()).then(|| vec!["chage"]);
                [own]
                    .into_iter()
                    .filter(|own| !own.is_empty())
                    .chain(password)
                    .chain(aging)
                    .collect()
            }
            Step::Group { before, after, .. } => match (before, after) {
                (None, Some(_)) => vec![vec!["groupadd", "addgroup"]],
                (Some(_), None) => vec![vec!["groupdel", "delgroup"]],
                _ => Vec::new(),
            },
            Step::Set(Setting { setters, .. }) => {
                let programs = setters.iter().filter_map(|setter| setter.argv.first());
                // What a later command starts by its path may be what an earlier one makes.
                let programs = programs.enumerate();
                let needed = programs.filter(|(index, name)| *index == 0 || !name.contains('/'));
                needed.map(|(_, name)| vec![name.as_str()]).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Prints where one of the programs is that are its arguments, after the folders that the first one
/// adds to the user's own.
const LOOK: &str = "PATH=$PATH$1; shift; for name do case $name in \
                    */*) [ -f \"$name\" ] && [ -x \"$name\" ] && printf '%s\\n' \"$name\" && exit 0;; \
                    *) command -v \"$name\" && exit 0;; esac; done; exit 1";

/// Where steps find programs besides, as their scripts do.
const FOLDERS: &str = ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Words of such a question before the programs.
const QUESTION_WORDS: usize = 5;

/// Returns the command that finds one of these programs where the step would, and changes nothing.
pub(super) fn question(step: &Step, need: &Need<'_>) -> Command {
    // Commands that change a setting are found like those of the user.
    match step {
        Step::Set(_) => look(need, ""),
        _ => look(need, FOLDERS),
    }
}

/// Returns the command that finds a program where a command of the user would.
pub(super) fn question_of_user(program: &str) -> Command {
    look(&[program], "")
}

fn look(need: &[&str], folders: &str) -> Command {
    let words: [&str; QUESTION_WORDS] = ["/bin/sh", "-c", LOOK, "sh", folders];
    Command::new(words.iter().chain(need).copied())
}

/// Returns whether a command looks for programs.
pub(super) fn is_question(command: &Command) -> bool {
    command.argv.get(2).is_some_and(|look| look == LOOK)
}

/// Returns the programs that such a command looks for.
pub(super) fn asked_for(command: &Command) -> impl Iterator<Item = &str> {
    command.argv.iter().skip(QUESTION_WORDS).map(String::as_str)
}

/// Returns the error for a host that lacks these programs.
pub(super) fn missing(need: &Need<'_>) -> HostError {
    HostError::Missing(need.join(" "))
}
