//! The parsers of answers, for tests with arbitrary bytes.

use super::facts::{distribution as distributions, network as networks};
use super::processes::{read_owners, read_program};
use super::stat_line::StatLine;
use camino::Utf8Path;

/// Parses `os-release` and the other files of a distribution.
pub(in crate::host::shell) fn distribution(bytes: &[u8]) {
    let [os_release, own, system, _] = texts(bytes);
    let _ = distributions::facts(&os_release, &own, &system);
}

/// Parses the output of `ip` and its replacements.
pub(in crate::host::shell) fn network(bytes: &[u8]) {
    let [links, addresses, routes, bare] = texts(bytes);
    let _ = networks::facts(&links, &addresses, &routes, &bare);
}

/// Parses entries of `/proc`.
pub(in crate::host::shell) fn processes(bytes: &[u8]) {
    let _ = read_program(bytes, &read_owners(bytes));
}

/// Parses a line of `stat`.
pub(in crate::host::shell) fn stat_line(bytes: &[u8]) {
    let _ = StatLine::read(bytes, Utf8Path::new("/etc/hosts"));
}

/// Splits bytes into four texts at lines of `--`.
fn texts(bytes: &[u8]) -> [String; 4] {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("--\n").map(str::to_owned);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
