//! RocketMQ's remoting protocol: messages and addresses.

mod address;
mod client;
mod code;
mod command;
mod error;
pub(super) mod json;

pub(super) use address::Address;
pub(super) use client::{Client, read_body, refusal};
pub(super) use code::{Code, requests};
pub(super) use command::Command;
pub(super) use error::WireError;
pub(super) use json::read as read_json;
