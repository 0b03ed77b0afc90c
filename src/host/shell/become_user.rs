//! Working as another user of the host.

use crate::host::Secret;

/// Working as another user of the host (`become` in a playbook).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Become {
    /// The user's name.
    pub user: String,
    /// The program that makes it possible.
    pub method: BecomeMethod,
    /// That program in other words than the method's name: its path, with arguments of its own
    /// such as in `sudo su -`.
    pub executable: Option<String>,
    /// Further arguments of that program (`become_flags`), before those made here.
    pub flags: Vec<String>,
    /// What the program asks for; `None` where it must not ask.
    pub password: Option<Secret>,
}

/// The program that starts a shell as another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BecomeMethod {
    /// `sudo`: asks for the login user's password.
    Sudo,
    /// `su`: asks for the other user's password, nothing where the login user is root.
    Su,
    /// `doas`: asks nothing here, for it reads a password from a terminal only.
    Doas,
}
