//! Readers of bytes from outside survive anything: they read, or refuse. Fuzzing tries the same
//! functions for longer (`fuzz/README.md`).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rmqplay::foreign::readers;
use std::path::Path;

/// What many formats give a meaning to.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\0",
    " ",
    "\t",
    "'",
    "\"",
    "\\",
    "\\u",
    "\\x4",
    "[",
    "]",
    "[1:",
    "[a:c]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    ": ",
    "- ",
    "=",
    "#",
    "%",
    "@",
    "!",
    "!!",
    "&a ",
    "*a",
    "|",
    ">",
    "~",
    "/",
    "//",
    "--\n",
    "mark",
    "\nmark",
    "0x",
    "08",
    "-1",
    "99999999999999999999",
    "1e999",
    "\u{fffd}",
    "é",
    "e\u{301}",
    "\u{202e}",
    "null",
    "true",
];

fn seed(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("fuzz/corpus").join(name).join("seed")).unwrap()
}

/// Arbitrary bytes, pieces of many formats, or a good input with a part replaced.
fn input(seed: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec(prop::sample::select(PIECES), 0..40);
    let pieces = pieces.prop_map(|pieces| pieces.concat().into_bytes());
    let length = seed.len();
    let part = (
        0..=length,
        0..=length,
        prop_oneof![vec(any::<u8>(), 0..9), pieces.clone()],
    );
    let changed = part.prop_map(move |(one, other, new)| {
        let mut changed = seed.clone();
        changed.splice(one.min(other)..one.max(other), new);
        changed
    });
    prop_oneof![vec(any::<u8>(), 0..300), pieces, changed]
}

#[test]
fn readers_survive_arbitrary_bytes() {
    for (name, read) in readers() {
        let seed = seed(name);
        read(&seed);
        let config = Config {
            cases: 200,
            failure_persistence: None,
            ..Config::default()
        };
        let run = TestRunner::new(config).run(&input(seed), |bytes| {
            read(&bytes);
            Ok(())
        });
        assert!(run.is_ok(), "{name}: {}", run.unwrap_err());
    }
}

#[test]
fn every_reader_has_a_fuzz_target_and_a_seed() {
    let manifest = std::fs::read_to_string("fuzz/Cargo.toml").unwrap();
    let mut targets = 0;
    for (name, _) in readers() {
        let path = Path::new("fuzz/fuzz_targets").join(format!("{name}.rs"));
        let target = std::fs::read_to_string(&path).unwrap();
        assert!(
            target.contains(&format!("\"{name}\"")),
            "{}",
            path.display()
        );
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(!seed(name).is_empty(), "{name}");
        targets += 1;
    }
    assert_eq!(
        std::fs::read_dir("fuzz/fuzz_targets").unwrap().count(),
        targets
    );
}
