//! The parsers of data from RocketMQ and Java, for tests with arbitrary bytes.

use super::java::Size;
use super::last_words::Log;
use super::{properties, wire};
use crate::source::Reader;

/// Each parser with its name.
pub const READERS: &[Reader] = &[
    ("rocketmq_frames", frames),
    ("rocketmq_json", json),
    ("rocketmq_log", log),
    ("rocketmq_properties", properties),
    ("rocketmq_size", size),
];

/// Takes messages off a stream until it is empty or invalid.
fn frames(bytes: &[u8]) {
    let mut left = bytes.to_vec();
    let mut before = left.len();
    while let Ok(Some(_)) = wire::Command::take(&mut left) {
        assert!(left.len() < before, "a message of no bytes");
        before = left.len();
    }
}

fn json(bytes: &[u8]) {
    let _ = wire::json::read(bytes);
}

fn log(bytes: &[u8]) {
    let log = Log::read("broker.log".into(), &String::from_utf8_lossy(bytes), false);
    let _ = (
        log.failures(3),
        log.errors(3),
        log.tail(10),
        log.ends_in_order(),
    );
}

fn properties(bytes: &[u8]) {
    let _ = properties::read(&String::from_utf8_lossy(bytes));
}

fn size(bytes: &[u8]) {
    let _ = Size::read(&String::from_utf8_lossy(bytes));
}
