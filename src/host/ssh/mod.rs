//! SSH: the only asynchronous part of rmqplay, and OpenSSH's own files.

pub mod known_hosts;
mod pattern;
pub mod ssh_config;
