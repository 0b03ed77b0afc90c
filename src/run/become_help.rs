//! What to do if becoming another user failed, depending on what sudo, su or doas said.

/// Parts of what the programs say, and what to do then; `{user}` is the user to become. The first
/// match counts.
const HELP: [(&[&str], &str); 6] = [
    (
        &["have a tty"],
        "add `Defaults:USER !requiretty` to its sudoers, where USER is the login user",
    ),
    (
        &[
            "password is required",
            "no password was provided",
            "Authentication required",
            "must be run from a terminal",
        ],
        "give the password: -K, --become-password-file or ansible_become_password; or let the \
         login user become {user} without one (NOPASSWD in its sudoers)",
    ),
    (
        &[
            "wrong password",
            "incorrect password",
            "ry again",
            "uthentication fail",
            "uthentication token",
        ],
        "the password of -K, --become-password-file or ansible_become_password is wrong: sudo \
         wants that of the login user, su that of {user}",
    ),
    (
        &[
            "not in the sudoers",
            "not allowed",
            "may not run",
            "not permitted",
            "ermission denied",
        ],
        "let the login user become {user} in its sudoers or doas.conf, or set another \
         become_user or become_method",
    ),
    (
        &[
            "unknown user",
            "unknown uid",
            "does not exist",
            "no passwd entry",
            "unknown login",
        ],
        "set become_user to a user of the host, or make {user} first",
    ),
    (
        &["not found", "No such file"],
        "install it, or set become_method or become_exe to what the host has",
    ),
];

/// Returns what to do if becoming `user` failed for this reason.
pub(super) fn help(user: &str, reason: &str) -> String {
    let said = HELP
        .iter()
        .find(|(parts, _)| parts.iter().any(|part| reason.contains(part)));
    match said {
        Some((_, help)) => help.replace("{user}", user),
        None => {
            format!("try it by hand: log in to the host as the login user and become {user} there")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn the_help_is_about_what_was_said() {
        for (reason, expected) in [
            ("sudo: sorry, you must have a tty to run sudo", "requiretty"),
            ("sudo: a password is required", "give the password"),
            (
                "sudo: no password was provided\nsudo: a password is required",
                "give the password",
            ),
            (
                "Sorry, try again.\nsudo: 1 incorrect password attempt",
                "is wrong",
            ),
            ("wrong password", "is wrong"),
            ("su: Authentication failure", "is wrong"),
            ("su: incorrect password", "is wrong"),
            ("doas: Authentication failed", "is wrong"),
            (
                "guest is not in the sudoers file.",
                "let the login user become app",
            ),
            (
                "Sorry, user guest is not allowed to execute '/bin/sh' as app on centos201.",
                "let the login user become app",
            ),
            (
                "Sorry, user guest may not run sudo on centos201.",
                "let the login user become app",
            ),
            (
                "doas: Operation not permitted",
                "let the login user become app",
            ),
            ("sudo: unknown user app", "make app first"),
            (
                "su: user app does not exist or the user entry does not contain all",
                "make app first",
            ),
            ("sh: 1: exec: sudo: not found", "install it"),
            ("sudo printed nothing and ended (exit code 1)", "by hand"),
        ] {
            assert!(
                help("app", reason).contains(expected),
                "{reason}: {}",
                help("app", reason)
            );
        }
    }
}
