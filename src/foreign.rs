//! All parsers of bytes from outside in one table: fuzz targets and tests call the same functions.
//!
//! A parser may reject anything, but must not panic, loop or allocate without bound.

use crate::archive::Archive;
use crate::change::Mode;
use crate::host::ssh::known_hosts::KnownHosts;
use crate::host::ssh::ssh_config::SshConfig;
use crate::source::{Reader, SourceFile};
use crate::{glob, host, inventory, rocketmq, value, yaml};
use std::io::Write as _;
use std::path::Path;

const READERS: &[Reader] = &[
    ("archive", archive),
    ("boolean", boolean),
    ("glob", globs),
    ("known_hosts", known_hosts),
    ("mode", mode),
    ("ssh_config", ssh_config),
    ("yaml", yaml),
];

/// Returns all parsers; each name is that of its fuzz target.
pub fn readers() -> impl Iterator<Item = Reader> {
    let others = [
        host::shell::foreign::READERS,
        inventory::foreign::READERS,
        rocketmq::foreign::READERS,
    ];
    READERS.iter().chain(others.into_iter().flatten()).copied()
}

/// Runs the parser with this name on the bytes.
pub fn read(name: &str, bytes: &[u8]) {
    let found = readers().find(|(known, _)| *known == name);
    assert!(found.is_some(), "no reader is called {name}");
    if let Some((_, read)) = found {
        read(bytes);
    }
}

/// Opens a file as an archive of any format.
fn archive(bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new();
    if let Ok(mut file) = file
        && file.write_all(bytes).is_ok()
    {
        let _ = Archive::open(file.path());
    }
}

fn boolean(bytes: &[u8]) {
    let _ = value::boolean_of_text(&String::from_utf8_lossy(bytes));
}

/// Matches the first line as a pattern against the others.
fn globs(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (pattern, text) = text.split_once('\n').unwrap_or((&text, "web1"));
    let _ = glob::matches(pattern, text);
}

fn known_hosts(bytes: &[u8]) {
    let mut known = KnownHosts::default();
    known.add(Path::new("known_hosts"), &String::from_utf8_lossy(bytes));
    let _ = known.standing("web1", 22, b"key");
    let _ = known.algorithms("web1", 2222);
}

fn mode(bytes: &[u8]) {
    if let Ok(mode) = Mode::parse(&String::from_utf8_lossy(bytes)) {
        assert!(mode.apply(0o644, false) <= 0o7777);
    }
}

fn ssh_config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let is_include = |line: &str| line.to_lowercase().contains("include");
    let lines = text.lines().filter(|line| !is_include(line));
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    let _ = SshConfig::of_lines("ssh_config", &lines);
}

/// Parses YAML; problems quote the lines they are about.
fn yaml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = SourceFile::new("file.yml", text);
    let _ = yaml::read_documents(&file).map_err(|problems| problems.render(false));
    let _ = yaml::read_lenient(&file);
}
