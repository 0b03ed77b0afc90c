//! Hosts accessed through their POSIX shell: all shell text, quoting and framing is created here.
//!
//! A fixed line starts a shell ([`login`]), which evaluates one request per line ([`script`]) and
//! ends each piece of its reply with a random mark ([`frames`]).

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
pub use quote::quote_lines;
pub use shell_host::ShellHost;
pub use transport::{Backlog, Channel, Received, Transport};
