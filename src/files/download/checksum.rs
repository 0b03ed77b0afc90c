//! Checksums in the forms in which playbooks declare and projects publish them.

use crate::host::Limits;
use sha2::digest::DynDigest;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

/// The checksum that a file must have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// A digest.
    Digest(Digest),
    /// The digest that a published list has for the file.
    List {
        /// The list's address.
        url: String,
        /// The digest's algorithm, if given.
        algorithm: Option<Algorithm>,
    },
}

/// A cryptographic hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// A digest; displays as `sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Lower-case hexadecimal.
    pub hex: String,
}

/// Text that is not a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a checksum (expected sha256:… or sha512:… with the digest or the address of a list)"
)]
pub struct ChecksumError(String);

impl Algorithm {
    /// Returns the name as used in playbooks.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    fn digits(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        }
    }

    fn hasher(self) -> Box<dyn DynDigest> {
        match self {
            Algorithm::Sha256 => Box::<sha2::Sha256>::default(),
            Algorithm::Sha512 => Box::<sha2::Sha512>::default(),
        }
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;

    fn from_str(text: &str) -> Result<Self, ChecksumError> {
        let text = text.trim();
        let (algorithm, rest) = match text.split_once(':') {
            Some((name, rest)) if name.eq_ignore_ascii_case("sha256") => {
                (Some(Algorithm::Sha256), rest.trim())
            }
            Some((name, rest)) if name.eq_ignore_ascii_case("sha512") => {
                (Some(Algorithm::Sha512), rest.trim())
            }
            _ => (None, text),
        };
        if rest.contains("://") {
            let url = rest.to_owned();
            return Ok(Checksum::List { url, algorithm });
        }
        Digest::read(rest, algorithm)
            .map(Checksum::Digest)
            .ok_or_else(|| ChecksumError(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl Digest {
    /// Parses hexadecimal digits; their number determines the algorithm if none is given.
    fn read(text: &str, algorithm: Option<Algorithm>) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let algorithm = [Algorithm::Sha256, Algorithm::Sha512]
            .into_iter()
            .find(|one| one.digits() == text.len() && algorithm.is_none_or(|said| said == *one))?;
        Some(Self {
            algorithm,
            hex: text.to_ascii_lowercase(),
        })
    }

    /// Returns the SHA-256 of a text, without the algorithm's name.
    pub(super) fn of_text(text: &str) -> String {
        let mut hasher = Algorithm::Sha256.hasher();
        hasher.update(text.as_bytes());
        hexadecimal(&hasher.finalize())
    }

    /// Returns a file's digest with the same algorithm.
    pub fn of_file(&self, path: &Path) -> std::io::Result<Self> {
        let mut file = crate::source::regular::open(path)?;
        let mut hasher = self.algorithm.hasher();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            Limits::look().map_err(std::io::Error::other)?;
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(Self {
            algorithm: self.algorithm,
            hex: hexadecimal(&hasher.finalize()),
        })
    }

    /// Returns whether the file exists and has this digest.
    pub fn fits(&self, path: &Path) -> bool {
        self.of_file(path).is_ok_and(|found| found == *self)
    }

    /// Returns the digest of a file in a list, which can have the form of `sha256sum`, BSD's
    /// `SHA256 (file) = …`, gpg's `file: AB CD …` over several lines, or a single digest without a
    /// name.
    pub(super) fn find(list: &str, file: &str, algorithm: Option<Algorithm>) -> Option<Self> {
        let is_file = |name: &str| {
            let name = name.trim().trim_start_matches('*');
            name.rsplit('/').next() == Some(file)
        };
        for line in list.lines() {
            let found = match line.split_once(") = ") {
                Some((start, hex)) => start.split_once('(').map(|(_, name)| (hex.trim(), name)),
                None => line.split_once([' ', '\t']),
            };
            if let Some((hex, name)) = found
                && is_file(name)
                && let Some(digest) = Self::read(hex, algorithm)
            {
                return Some(digest);
            }
        }
        let (name, digits) = match list.split_once(':') {
            Some((name, digits)) => (Some(name), digits),
            None => (None, list),
        };
        let digits: String = digits.split_whitespace().collect();
        name.is_none_or(is_file)
            .then(|| Self::read(&digits, algorithm))?
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
