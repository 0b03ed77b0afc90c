//! The parts of `stat` that only programs of the host know.

use crate::host::{Command, HostError, Probe};
use crate::value::{Fields, Value};
use camino::Utf8Path;

/// The letters of `lsattr` and their names in Ansible.
const ATTRIBUTES: [(char, &str); 20] = [
    ('A', "noatime"),
    ('a', "append"),
    ('c', "compressed"),
    ('C', "nocow"),
    ('d', "nodump"),
    ('D', "dirsync"),
    ('e', "extents"),
    ('E', "encrypted"),
    ('h', "blocksize"),
    ('i', "immutable"),
    ('I', "indexed"),
    ('j', "journalled"),
    ('N', "inline"),
    ('s', "zero"),
    ('S', "synchronous"),
    ('t', "notail"),
    ('T', "blockroot"),
    ('u', "undelete"),
    ('X', "compressedraw"),
    ('Z', "compresseddirty"),
];

/// Returns `mimetype` and `charset`: `unknown` if the host cannot tell.
pub(super) fn mime(host: &Probe, path: &Utf8Path) -> Result<Fields, HostError> {
    let argv = ["file", "--mime-type", "--mime-encoding", path.as_str()];
    let printed = printed(host, &argv)?;
    // `/etc/hosts: text/plain; charset=us-ascii`
    let told = printed.rsplit_once(':').and_then(|(_, told)| {
        let (kind, charset) = told.split_once(';')?;
        Some((kind.trim(), charset.split_once('=')?.1.trim()))
    });
    let (kind, charset) = told.unwrap_or(("unknown", "unknown"));
    Ok(Fields::from_iter([
        ("mimetype".to_owned(), kind.into()),
        ("charset".to_owned(), charset.into()),
    ]))
}

/// Returns `version`, `attr_flags` and `attributes`: empty if the host cannot tell.
pub(super) fn attributes(host: &Probe, path: &Utf8Path) -> Result<Fields, HostError> {
    let printed = printed(host, &["lsattr", "-vd", path.as_str()])?;
    // `381700746 --------------e------- /etc/hosts`
    let mut words = printed.split_whitespace();
    let version = words.next().map_or(Value::from(()), Value::from);
    let flags = words.next().unwrap_or_default().replace('-', "");
    let known = flags.chars().filter_map(|flag| {
        let found = ATTRIBUTES.iter().find(|(letter, _)| *letter == flag);
        found.map(|(_, name)| Value::from(*name))
    });
    let attributes: Vec<Value> = known.collect();
    Ok(Fields::from_iter([
        ("version".to_owned(), version),
        ("attributes".to_owned(), attributes.into()),
        ("attr_flags".to_owned(), flags.into()),
    ]))
}

/// Returns the output of a program, or an empty text if it fails.
fn printed(host: &Probe, argv: &[&str]) -> Result<String, HostError> {
    let output = host.query(&Command::new(argv.iter().copied()))?;
    if output.status != 0 {
        return Ok(String::new());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
