//! A host through its POSIX shell: all shell text, quoting and framing is made here.
//!
//! A shell is started by a fixed line ([`login`]), evaluates one request a line ([`script`]) and
//! ends each piece of its reply by a random mark ([`frames`]).

mod apply;
mod ask;
mod become_user;
mod counters;
mod date;
mod fetch;
#[doc(hidden)]
pub mod foreign;
mod frames;
mod lock;
mod login;
mod quote;
mod reply;
mod run;
mod script;
mod session;
mod shell_host;
mod transport;
mod unfinished;

pub use become_user::{Become, BecomeMethod};
pub use shell_host::ShellHost;
pub use transport::{Backlog, Channel, Received, Transport};
