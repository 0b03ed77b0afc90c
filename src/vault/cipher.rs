//! The cipher AES256 of Ansible Vault: PBKDF2, AES in counter mode, and an HMAC.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use ring::{hmac, pbkdf2};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// The rounds of the key derivation; fixed by the format.
const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// The size of a block, which padding fills, in bytes.
const BLOCK: usize = 16;

/// The keys that a password and a salt make.
struct Keys {
    /// 32 bytes of cipher key, 32 of HMAC key, 16 of counter.
    derived: Zeroizing<[u8; 80]>,
}

impl Keys {
    fn derive(password: &[u8], salt: &[u8]) -> Self {
        let mut derived = Zeroizing::new([0; 80]);
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(algorithm, ROUNDS, salt, password, &mut *derived);
        Self { derived }
    }

    fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derived[32..64])
    }

    /// Encrypts or decrypts, which is the same in counter mode.
    fn apply(&self, bytes: &mut [u8]) {
        let key = (&self.derived[..32]).try_into();
        let counter = (&self.derived[64..]).try_into();
        if let (Ok(key), Ok(counter)) = (key, counter) {
            Ctr128BE::<Aes256>::new(key, counter).apply_keystream(bytes);
        }
    }
}

/// Encrypts bytes; returns their HMAC and the ciphertext.
pub(super) fn encrypt(plain: &[u8], password: &[u8], salt: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let keys = Keys::derive(password, salt);
    let padding = BLOCK - plain.len() % BLOCK;
    // With its final size, so that no copy of the plaintext is left behind.
    let mut bytes = Vec::with_capacity(plain.len() + padding);
    bytes.extend_from_slice(plain);
    bytes.extend(std::iter::repeat_n(
        u8::try_from(padding).unwrap_or_default(),
        padding,
    ));
    keys.apply(&mut bytes);
    (hmac::sign(&keys.hmac(), &bytes).as_ref().to_vec(), bytes)
}

/// Decrypts a ciphertext; `None` if the password does not fit.
pub(super) fn decrypt(
    ciphertext: &[u8],
    hmac: &[u8],
    password: &[u8],
    salt: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let keys = Keys::derive(password, salt);
    hmac::verify(&keys.hmac(), ciphertext, hmac).ok()?;
    let mut bytes = Zeroizing::new(ciphertext.to_vec());
    keys.apply(&mut bytes);
    let padding = usize::from(*bytes.last()?);
    let length = bytes.len().checked_sub(padding)?;
    if padding == 0 || padding > BLOCK {
        return None;
    }
    bytes.truncate(length);
    Some(bytes)
}
