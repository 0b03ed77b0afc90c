//! A host through its POSIX shell: all shell text, quoting and framing is made here.

mod become_user;
mod transport;

pub use become_user::{Become, BecomeMethod};
pub use transport::{Channel, Received, Transport};
