//! The digests used to compare content.

use sha2::{Digest, Sha256};
use std::io::Write;

/// Returns the SHA-256 of `bytes` in lower-case hexadecimal, as `sha256sum` prints it.
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Digests of a content, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256, to compare with hosts.
    pub sha256: String,
    /// SHA-1, which tasks return as `checksum`.
    pub sha1: String,
    /// MD5, which tasks return as `md5sum`.
    pub md5: String,
}

impl Digests {
    /// Returns the digests of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut digesting = Digesting::default();
        digesting.update(bytes);
        digesting.finish()
    }
}

/// Makes the digests of content that comes in parts.
#[derive(Default)]
pub struct Digesting {
    sha256: Sha256,
    sha1: sha1::Sha1,
    md5: md5::Md5,
}

impl Digesting {
    /// Takes the next part.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha1.update(bytes);
        self.md5.update(bytes);
    }

    /// Returns the digests of all parts.
    pub fn finish(self) -> Digests {
        Digests {
            sha256: format!("{:x}", self.sha256.finalize()),
            sha1: format!("{:x}", self.sha1.finalize()),
            md5: format!("{:x}", self.md5.finalize()),
        }
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_usual_programs() {
        let digests = Digests::of(b"abc");
        assert_eq!(digests.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digests.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
