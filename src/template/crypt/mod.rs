//! Password hashes of `/etc/shadow`: md5-crypt, sha-crypt and bcrypt.

mod bcrypt;
mod md5;
mod sha;

use super::bounds;
use crate::host::Reached;
use minijinja::Error;
use sha::{SHA256_ORDER, SHA512_ORDER, sha_crypt};

/// A password hashing scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `$1$`
    Md5,
    /// `$5$`
    Sha256,
    /// `$6$`
    Sha512,
    /// `$2b$`
    Blowfish,
}

impl Scheme {
    /// Returns the length of the salts that Ansible generates.
    pub(super) fn salt_size(self) -> usize {
        match self {
            Self::Md5 => 8,
            Self::Sha256 | Self::Sha512 => 16,
            Self::Blowfish => 22,
        }
    }

    /// Returns the highest number of rounds that takes seconds rather than days; the schemes allow
    /// more.
    pub(super) fn most_rounds(self) -> u32 {
        match self {
            Self::Md5 => u32::MAX,
            Self::Sha256 | Self::Sha512 => 5_000_000,
            // The exponent of a power of two.
            Self::Blowfish => 16,
        }
    }
}

/// Why there is no hash.
#[derive(Debug)]
pub(super) enum Unhashed {
    /// The scheme does not allow the salt or the rounds; the reason.
    Refused(String),
    /// The time is over, or the run was cancelled.
    Reached(Reached),
}

impl From<Reached> for Unhashed {
    fn from(limit: Reached) -> Self {
        Self::Reached(limit)
    }
}

impl Unhashed {
    /// Returns the error of the template; `refused` makes it of a reason.
    pub(super) fn error(self, refused: impl FnOnce(&str) -> Error) -> Error {
        match self {
            Self::Refused(why) => refused(&why),
            Self::Reached(limit) => bounds::reached(limit),
        }
    }
}

/// The maximum length of a password in bytes, as in passlib: the work grows with its square.
const LONGEST_PASSWORD: usize = 4096;

/// The characters that encode six bits, least significant bits first.
pub(super) const ALPHABET: &str =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns the hash of a password.
pub(super) fn hash(
    scheme: Scheme,
    password: &str,
    salt: &str,
    rounds: Option<u32>,
    ident: &str,
) -> Result<String, Unhashed> {
    if password.len() > LONGEST_PASSWORD {
        return Err(Unhashed::Refused(format!(
            "the password is longer than {LONGEST_PASSWORD} bytes"
        )));
    }
    let alphabet = if scheme == Scheme::Blowfish {
        bcrypt::ALPHABET
    } else {
        ALPHABET
    };
    if !salt.chars().all(|character| alphabet.contains(character)) {
        return Err(Unhashed::Refused(
            "the salt has characters other than letters, digits, '.' and '/'".to_owned(),
        ));
    }
    let most = scheme.salt_size();
    if salt.len() > most {
        return Err(Unhashed::Refused(format!(
            "the salt is longer than {most} characters"
        )));
    }
    match scheme {
        Scheme::Md5 => Ok(md5::md5_crypt(password.as_bytes(), salt)),
        Scheme::Sha256 => sha_crypt::<sha2::Sha256>(
            "5",
            password.as_bytes(),
            salt,
            rounds.unwrap_or(535_000),
            &SHA256_ORDER,
        ),
        Scheme::Sha512 => sha_crypt::<sha2::Sha512>(
            "6",
            password.as_bytes(),
            salt,
            rounds.unwrap_or(656_000),
            &SHA512_ORDER,
        ),
        Scheme::Blowfish => bcrypt::bcrypt(password.as_bytes(), salt, rounds.unwrap_or(12), ident),
    }
}

/// Encodes bytes as characters of six bits each, with the first byte as the most significant.
fn encode(out: &mut String, bytes: [u8; 3], count: usize) {
    let mut bits = u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
    for _ in 0..count {
        out.extend(ALPHABET.chars().nth((bits & 0x3f) as usize));
        bits >>= 6;
    }
}

/// Encodes a digest with its bytes in the given order; `NONE` in it is a zero.
fn encode_all(out: &mut String, digest: &[u8], order: &[[u8; 3]]) {
    let byte = |index: u8| digest.get(usize::from(index)).copied().unwrap_or(0);
    for group in order {
        let present = group
            .iter()
            .filter(|index| usize::from(**index) < digest.len())
            .count();
        encode(out, group.map(byte), present + 1);
    }
}

/// Returns `count` bytes that repeat `digest`.
fn stretched(digest: &[u8], count: usize) -> Vec<u8> {
    digest.iter().copied().cycle().take(count).collect()
}

/// Marks a position without a byte of the digest.
const NONE: u8 = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_passlib() {
        for (scheme, rounds, salt, expected) in [
            (
                Scheme::Md5,
                None,
                "saltsalt",
                "$1$saltsalt$d8bx2rClEHaETLtmz/uvT.",
            ),
            (
                Scheme::Sha256,
                Some(5000),
                "saltsalt",
                "$5$saltsalt$O3DgkgVdwEGnrAcDVtvaqYxWTBw0Sj38EpEpXegATXA",
            ),
            (
                Scheme::Sha512,
                Some(1000),
                "saltsalt",
                "$6$rounds=1000$saltsalt$COk9WGwRxFX7iGffLTT4mtAqyxAFq9jLIAKSnAy8z8ABbwQo/QEzLr9QGE7cf8xjoUIaR0Gilt8GNDTD33y4i1",
            ),
            (
                Scheme::Blowfish,
                Some(4),
                "abcdefghijklmnopqrstuu",
                "$2b$04$abcdefghijklmnopqrstuubAecMWGbmQxiv.1AEZk7PUTbAqyEGMO",
            ),
        ] {
            let hashed = hash(scheme, "pass wörd", salt, rounds, "2b").unwrap();
            assert_eq!(hashed, expected);
        }
    }
}
