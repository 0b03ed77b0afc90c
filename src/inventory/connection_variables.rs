//! The variables that control how hosts are reached and as which user, and how Ansible's other ones
//! are treated.

use std::fmt::Write;

/// A variable that controls how a host is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionVariable {
    /// Its name.
    pub name: &'static str,
    /// Its aliases; if several are set, the last one counts, as in Ansible.
    pub aliases: &'static [&'static str],
    /// Its meaning, for the documentation.
    pub description: &'static str,
    /// How it is treated.
    pub kind: Kind,
}

/// How a connection variable is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is used.
    Used,
    /// It is used, and its value is never shown.
    Secret,
    /// It has no effect, and is silently accepted.
    Ignored,
}

/// All connection variables, the used ones first.
pub const CONNECTION_VARIABLES: &[ConnectionVariable] = &[
    used(
        "ansible_connection",
        &[],
        "`ssh` (the default) or `local`, this machine without SSH.",
    ),
    used(
        "ansible_host",
        &["ansible_ssh_host"],
        "Name or address to connect to; the host's own name by default.",
    ),
    used(
        "ansible_port",
        &["ansible_ssh_port"],
        "Port of sshd; default: Port of `~/.ssh/config`, else 22.",
    ),
    used(
        "ansible_user",
        &["ansible_ssh_user"],
        "User to log in as; default: User of `~/.ssh/config`, else the current user.",
    ),
    secret(
        "ansible_password",
        &["ansible_ssh_pass", "ansible_ssh_password"],
        "Password to log in with if no key is accepted.",
    ),
    used(
        "ansible_private_key_file",
        &["ansible_ssh_private_key_file"],
        "Private key to log in with, instead of those of the agent and the default ones.",
    ),
    used(
        "ansible_ssh_common_args",
        &[],
        "Options as for `ssh`, quoted as in a shell: `-J HOST`, `-i FILE`, `-l USER`, `-p PORT`, \
         `-F FILE`, and `-o` with settings supported in `~/.ssh/config`. Others are ignored.",
    ),
    used(
        "ansible_ssh_args",
        &[],
        "The same; on conflict, these win over the others, and `ansible_ssh_extra_args` come \
         last.",
    ),
    used("ansible_ssh_extra_args", &[], "The same."),
    used(
        "ansible_timeout",
        &["ansible_ssh_timeout"],
        "Time limit for connecting, in whole seconds: name, TCP, keys and login; default: `-T`, \
         else ConnectTimeout of `~/.ssh/config`, else 10.",
    ),
    used(
        "rmqplay_known_hosts",
        &[],
        "File of host keys to check against, instead of `~/.ssh/known_hosts`.",
    ),
    used(
        "rmqplay_tcp",
        &[],
        "Where modules connect from, such as those for RocketMQ: `host` (the default), through its \
         SSH connection, or `controller`, directly from this machine.",
    ),
    used("ansible_become", &[], "Whether tasks run as another user."),
    used(
        "ansible_become_user",
        &["ansible_sudo_user"],
        "That user; `root` by default.",
    ),
    used(
        "ansible_become_method",
        &[],
        "How to become that user: `sudo` (the default), `su` or `doas`.",
    ),
    used(
        "ansible_become_exe",
        &["ansible_sudo_exe"],
        "The program to use instead of the method's own, with optional arguments, as in `sudo su \
         -`.",
    ),
    used(
        "ansible_become_flags",
        &["ansible_sudo_flags"],
        "Its flags, separated by spaces; for sudo the default is `-H`.",
    ),
    secret(
        "ansible_become_password",
        &["ansible_become_pass", "ansible_sudo_pass"],
        "Password that sudo or su asks for.",
    ),
    ignored("ansible_python_interpreter", "No Python is needed."),
    ignored("ansible_shell_executable", "The shell is always `/bin/sh`."),
    ignored("ansible_shell_type", "The shell is always `/bin/sh`."),
    ignored("ansible_ssh_executable", "No `ssh` program is started."),
    ignored(
        "ansible_ssh_transfer_method",
        "Files are sent over the same connection.",
    ),
    ignored(
        "ansible_scp_extra_args",
        "Files are sent over the same connection.",
    ),
    ignored(
        "ansible_sftp_extra_args",
        "Files are sent over the same connection.",
    ),
    ignored("ansible_pipelining", "There is nothing to pipeline."),
    ignored("ansible_ssh_pipelining", "There is nothing to pipeline."),
    ignored(
        "ansible_ssh_retries",
        "An unreachable host is reported at once.",
    ),
    ignored("ansible_host_key_checking", "Host keys are always checked."),
    ignored(
        "ansible_ssh_host_key_checking",
        "Host keys are always checked.",
    ),
];

const fn used(
    name: &'static str,
    aliases: &'static [&'static str],
    description: &'static str,
) -> ConnectionVariable {
    ConnectionVariable {
        name,
        aliases,
        description,
        kind: Kind::Used,
    }
}

const fn secret(
    name: &'static str,
    aliases: &'static [&'static str],
    description: &'static str,
) -> ConnectionVariable {
    ConnectionVariable {
        name,
        aliases,
        description,
        kind: Kind::Secret,
    }
}

const fn ignored(name: &'static str, description: &'static str) -> ConnectionVariable {
    ConnectionVariable {
        name,
        aliases: &[],
        description,
        kind: Kind::Ignored,
    }
}

/// Returns the connection variable with this name or alias.
pub fn find(name: &str) -> Option<&'static ConnectionVariable> {
    CONNECTION_VARIABLES
        .iter()
        .find(|variable| variable.name == name || variable.aliases.contains(&name))
}

/// Returns the value of a connection variable, given a function that looks up a name.
pub fn value<T>(variable: &ConnectionVariable, get: impl Fn(&str) -> Option<T>) -> Option<T> {
    let names = std::iter::once(variable.name).chain(variable.aliases.iter().copied());
    names.rev().find_map(get)
}

/// Returns the connection variable that an unknown name was probably meant to be.
pub fn probably_meant(name: &str) -> Option<&'static str> {
    if !name.starts_with("ansible_") || find(name).is_some() {
        return None;
    }
    // Allow at most two typos: many facts have similar names.
    names().find(|known| strsim::damerau_levenshtein(name, known) <= 2)
}

/// Returns whether the value of this variable must never be shown.
pub fn is_secret(name: &str) -> bool {
    find(name).is_some_and(|variable| variable.kind == Kind::Secret)
}

/// Returns all names and aliases of all connection variables.
pub fn names() -> impl Iterator<Item = &'static str> {
    CONNECTION_VARIABLES
        .iter()
        .flat_map(|variable| std::iter::once(variable.name).chain(variable.aliases.iter().copied()))
}

/// Returns the connection variables as a Markdown table.
pub fn table() -> String {
    let mut table = "| variable | other names | meaning |\n|---|---|---|\n".to_owned();
    for variable in CONNECTION_VARIABLES {
        let aliases: Vec<_> = variable
            .aliases
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let note = match variable.kind {
            Kind::Used => "",
            Kind::Secret => " Never shown.",
            Kind::Ignored => "Ignored: ",
        };
        let meaning = match variable.kind {
            Kind::Ignored => format!("{note}{}", variable.description),
            _ => format!("{}{note}", variable.description),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {meaning} |",
            variable.name,
            aliases.join(", ")
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_name_is_there_once() {
        let all: Vec<_> = names().collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_slip_in_a_name_is_told_from_a_fact() {
        assert_eq!(probably_meant("ansible_hots"), Some("ansible_host"));
        assert_eq!(probably_meant("ansible_usr"), Some("ansible_user"));
        for name in [
            "ansible_host",
            "ansible_hostname",
            "ansible_distribution",
            "ansible_hosting",
        ] {
            assert_eq!(probably_meant(name), None, "{name}");
        }
    }

    #[test]
    fn the_last_of_several_names_counts() {
        let host = find("ansible_host").unwrap();
        assert_eq!(
            value(host, |name| Some(name.to_owned())).unwrap(),
            "ansible_ssh_host"
        );
        assert_eq!(
            value(host, |name| (name == "ansible_host").then_some(1)),
            Some(1)
        );
    }

    #[test]
    fn passwords_are_secret_under_every_name() {
        for name in names() {
            assert_eq!(is_secret(name), name.contains("pass"), "{name}");
        }
    }
}
