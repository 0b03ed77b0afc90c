//! The ids of OpenPGP public keys, so that hosts need no `gpg`.

use crate::module::ModuleError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Tags of packets with public keys: the primary ones and those below them.
const PRIMARY: u8 = 6;
const BELOW: u8 = 14;

/// Returns the fingerprints of the keys in a file, in upper-case hexadecimal: that of the first
/// primary key first. `what` names the file in errors.
pub(super) fn fingerprints(what: &str, file: &[u8]) -> Result<Vec<String>, ModuleError> {
    let bytes = match std::str::from_utf8(file) {
        Ok(text) if text.contains(BEGIN) => unarmored(text),
        _ => Some(file.to_vec()),
    };
    let found = bytes.map(|bytes| packets(&bytes)).unwrap_or_default();
    if found.first().is_some_and(|(tag, _)| *tag == PRIMARY) {
        return Ok(found
            .into_iter()
            .map(|(_, fingerprint)| fingerprint)
            .collect());
    }
    Err(ModuleError::Refused {
        message: format!("{what} is not an OpenPGP public key"),
        help: Some(format!(
            "expected `{BEGIN}`, or the binary form of such a key"
        )),
    })
}

/// Returns whether a text is a public key in text form.
pub(super) fn is_armored(file: &[u8]) -> bool {
    file.windows(BEGIN.len())
        .any(|part| part == BEGIN.as_bytes())
}

/// Decodes the text form: headers, an empty line, base64, and a checksum after `=`.
fn unarmored(text: &str) -> Option<Vec<u8>> {
    let (_, text) = text.split_once(BEGIN)?;
    let (text, _) = text.split_once(END)?;
    let lines = text.lines().map(str::trim).skip(1);
    let is_header = |line: &&str| line.contains(": ");
    let body = lines
        .skip_while(is_header)
        .filter(|line| !line.starts_with('='));
    STANDARD.decode(body.collect::<String>()).ok()
}

/// Returns the tag and fingerprint of each packet with a key, up to the first that cannot be read.
fn packets(mut bytes: &[u8]) -> Vec<(u8, String)> {
    let mut found = Vec::new();
    while let Some((tag, body, rest)) = packet(bytes) {
        if [PRIMARY, BELOW].contains(&tag)
            && let Some(fingerprint) = fingerprint(body)
        {
            found.push((tag, fingerprint));
        }
        bytes = rest;
    }
    found
}

/// Splits off the first packet: its tag, its body, and what follows (RFC 4880, 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let is_new = first & 0x40 != 0;
    if first & 0x80 == 0 {
        return None;
    }
    let (tag, length, rest) = if is_new {
        let (length, rest) = new_length(rest)?;
        (first & 0x3f, length, rest)
    } else {
        let octets = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        let (length, rest) = rest.split_at_checked(octets)?;
        (first >> 2 & 0xf, number(length), rest)
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((tag, body, rest))
}

/// Returns the length of a packet in the new form; parts of unknown length have no keys.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match *first {
        short @ 0..=191 => Some((short.into(), rest)),
        high @ 192..=223 => {
            let (low, rest) = rest.split_first()?;
            let high = usize::from(high) - 192;
            Some((high * 256 + usize::from(*low) + 192, rest))
        }
        255 => {
            let (length, rest) = rest.split_at_checked(4)?;
            Some((number(length), rest))
        }
        _ => None,
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Returns the fingerprint of a key of version 4; older ones are insecure, newer ones are not used
/// by package managers yet.
fn fingerprint(body: &[u8]) -> Option<String> {
    if body.first() != Some(&4) {
        return None;
    }
    let length = u16::try_from(body.len()).ok()?;
    let mut hash = Sha1::new();
    hash.update([0x99]);
    hash.update(length.to_be_bytes());
    hash.update(body);
    let hex = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    Some(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key without signatures, made for this test.
    const KEY: &str = include_str!("../../tests/modules/rpm_key/key.asc");
    const FINGERPRINT: &str = include_str!("../../tests/modules/rpm_key/fingerprint.txt");

    #[test]
    fn the_fingerprint_is_that_of_gpg() {
        let found = fingerprints("key", KEY.as_bytes()).unwrap();
        assert_eq!(found.first().map(String::as_str), Some(FINGERPRINT.trim()));
        let binary = unarmored(KEY).unwrap();
        assert_eq!(fingerprints("key", &binary).unwrap(), found);
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in [
            "",
            "ssh-rsa AAAA",
            BEGIN,
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
        ] {
            let error = fingerprints("the file", bytes.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "the file is not an OpenPGP public key");
        }
    }
}
