//! Copies files of any size from the host.

use super::reply::{Part, told};
use super::script::{Library, Script};
use super::shell_host::{BASE, ShellHost};
use crate::host::{HostError, Limits};
use camino::Utf8Path;
use std::io::Write;

const FETCH: Library = Library {
    name: "fetch",
    text: include_str!("fetch.sh"),
};

/// Copies a file to `sink` and returns its length.
pub(super) fn fetch(
    host: &ShellHost,
    path: &Utf8Path,
    sink: &mut dyn Write,
    limits: &Limits,
) -> Result<u64, HostError> {
    let mut script = Script::with(&[&BASE, &FETCH]);
    script.call("rmq_fetch", [path]);
    let (mut length, mut status, mut said) = (0, String::new(), Vec::new());
    host.with_session(limits, |session| {
        session.send(&script, limits)?;
        session.receive(limits, &mut |part| {
            match part {
                Part::Stdout(bytes) => {
                    sink.write_all(&bytes).map_err(|error| HostError::Step {
                        action: format!("keep what is read from {path}"),
                        reason: error.to_string(),
                    })?;
                    length += bytes.len() as u64;
                }
                Part::Stderr(bytes) => said.extend(bytes),
                Part::Piece(word) => status = word,
            }
            Ok(())
        })
    })?;
    match status.as_str() {
        "0" => Ok(length),
        _ => Err(HostError::Read {
            path: path.to_owned(),
            reason: told(&said),
        }),
    }
}
