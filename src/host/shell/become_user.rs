//! Running as another user of the host.

use crate::host::Secret;

/// Running as another user of the host (`become` in a playbook).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Become {
    /// The user's name.
    pub user: String,
    /// The program that switches the user.
    pub method: BecomeMethod,
    /// The command to use instead of the method's name: a path, optionally with arguments, as in
    /// `sudo su -`.
    pub executable: Option<String>,
    /// Further arguments of the program (`become_flags`), before the generated ones.
    pub flags: Vec<String>,
    /// The password it asks for; `None` if it must not ask.
    pub password: Option<Secret>,
}

/// The program that starts a shell as another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BecomeMethod {
    /// `sudo`: asks for the login user's password.
    Sudo,
    /// `su`: asks for the other user's password, or nothing if the login user is root.
    Su,
    /// `doas`: cannot be given a password, since it reads one only from a terminal.
    Doas,
}
