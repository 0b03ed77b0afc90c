//! SSH: the only asynchronous part of rmqplay, and OpenSSH's own files.

mod algorithms;
mod attempt;
mod authentication;
mod certificate;
mod channel;
mod connection;
mod connections;
mod controller;
mod failure;
mod forwarded;
mod handler;
mod host_key;
mod jump;
mod key_ring;
pub mod known_hosts;
mod lost;
mod pattern;
mod probe;
mod proxy_command;
mod reactor;
mod sessions;
pub mod ssh_config;
mod stream;
mod target;
mod tokens;
mod transport;

pub use algorithms::Algorithms;
pub use connections::Connections;
pub use controller::Controller;
pub use key_ring::AskPassphrase;
pub use target::{HostKeyPolicy, Route, Target, Wanted};
pub use transport::SshTransport;

use failure::Failure;
use jump::Jump;
