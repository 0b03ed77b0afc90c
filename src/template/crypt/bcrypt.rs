//! bcrypt: `$2b$`.

use super::Unhashed;
use crate::host::Limits;
use blowfish::Blowfish;

/// The characters that stand for six bits in bcrypt, most bits first.
pub(super) const ALPHABET: &str =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns the hash of a password; `rounds` is the logarithm of their number.
pub(super) fn bcrypt(
    password: &[u8],
    salt: &str,
    rounds: u32,
    ident: &str,
) -> Result<String, Unhashed> {
    if !(4..=31).contains(&rounds) {
        return Err(Unhashed::Refused("rounds must be from 4 to 31".to_owned()));
    }
    if !matches!(ident, "2" | "2a" | "2b" | "2y") {
        return Err(Unhashed::Refused(format!(
            "ident must be 2, 2a, 2b or 2y, not {ident}"
        )));
    }
    if salt.len() != 22 {
        return Err(Unhashed::Refused(format!(
            "the salt must have 22 characters, not {}",
            salt.len()
        )));
    }
    let bytes = decode(salt);
    let mut key: Vec<u8> = [password, &[0]].concat();
    key.truncate(72);
    let mut state: Blowfish = Blowfish::bc_init_state();
    state.salted_expand_key(&bytes, &key);
    for _ in 0..1u64 << rounds {
        Limits::look()?;
        state.bc_expand_key(&key);
        state.bc_expand_key(&bytes);
    }
    let mut digest = Vec::new();
    for word in [*b"OrpheanB", *b"eholderS", *b"cryDoubt"] {
        let half = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0u32, |word, byte| word << 8 | u32::from(*byte))
        };
        let mut block = [half(&word[..4]), half(&word[4..])];
        for _ in 0..64 {
            block = state.bc_encrypt(block);
        }
        digest.extend(block.iter().flat_map(|half| half.to_be_bytes()));
    }
    digest.truncate(23);
    Ok(format!(
        "${ident}${rounds:02}${}{}",
        encode(&bytes),
        encode(&digest)
    ))
}

fn encode(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let groups = bits.as_bytes().chunks(6).map(|group| {
        let group = format!("{:0<6}", String::from_utf8_lossy(group));
        usize::from_str_radix(&group, 2).unwrap_or(0)
    });
    groups
        .filter_map(|index| ALPHABET.chars().nth(index))
        .collect()
}

fn decode(text: &str) -> Vec<u8> {
    let bits: String = text
        .chars()
        .filter_map(|character| ALPHABET.find(character))
        .map(|index| format!("{index:06b}"))
        .collect();
    let bytes = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(&String::from_utf8_lossy(byte), 2).unwrap_or(0));
    bytes.take(16).collect()
}
