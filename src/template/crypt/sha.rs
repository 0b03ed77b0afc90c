//! sha-crypt: `$5$` and `$6$`.

use super::{NONE, Unhashed, encode_all, stretched};
use crate::host::Limits;
use sha2::Digest;

/// The order in which the bytes of a SHA-256 digest are written.
pub(super) const SHA256_ORDER: [[u8; 3]; 11] = [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
    [NONE, 31, 30],
];

/// The order in which the bytes of a SHA-512 digest are written.
pub(super) const SHA512_ORDER: [[u8; 3]; 22] = [
    [0, 21, 42],
    [22, 43, 1],
    [44, 2, 23],
    [3, 24, 45],
    [25, 46, 4],
    [47, 5, 26],
    [6, 27, 48],
    [28, 49, 7],
    [50, 8, 29],
    [9, 30, 51],
    [31, 52, 10],
    [53, 11, 32],
    [12, 33, 54],
    [34, 55, 13],
    [56, 14, 35],
    [15, 36, 57],
    [37, 58, 16],
    [59, 17, 38],
    [18, 39, 60],
    [40, 61, 19],
    [62, 20, 41],
    [NONE, NONE, 63],
];

/// sha-crypt as Ulrich Drepper specified it.
pub(super) fn sha_crypt<D: Digest>(
    ident: &str,
    password: &[u8],
    salt: &str,
    rounds: u32,
    order: &[[u8; 3]],
) -> Result<String, Unhashed> {
    if !(1000..=999_999_999).contains(&rounds) {
        return Err(Unhashed::Refused(
            "rounds must be from 1000 to 999999999".to_owned(),
        ));
    }
    let sha = |parts: &[&[u8]]| D::digest(parts.concat()).to_vec();
    let salt_bytes = salt.as_bytes();
    let inner = sha(&[password, salt_bytes, password]);
    let mut first = [password, salt_bytes].concat();
    first.extend(stretched(&inner, password.len()));
    let mut length = password.len();
    while length > 0 {
        first.extend(if length & 1 == 1 { &inner } else { password });
        length >>= 1;
    }
    let mut digest = sha(&[&first]);
    let words = stretched(&sha(&[&password.repeat(password.len())]), password.len());
    let times = 16 + usize::from(digest.first().copied().unwrap_or(0));
    let salts = stretched(&sha(&[&salt_bytes.repeat(times)]), salt_bytes.len());
    for round in 0..rounds {
        Limits::tick()?;
        let mut hasher = D::new();
        let (before, after) = if round % 2 == 1 {
            (&words, &digest)
        } else {
            (&digest, &words)
        };
        hasher.update(before);
        if round % 3 != 0 {
            hasher.update(&salts);
        }
        if round % 7 != 0 {
            hasher.update(&words);
        }
        hasher.update(after);
        digest = hasher.finalize().to_vec();
    }
    // The number of rounds is omitted if it is the default of crypt(3).
    let mut out = if rounds == 5000 {
        format!("${ident}${salt}$")
    } else {
        format!("${ident}$rounds={rounds}${salt}$")
    };
    encode_all(&mut out, &digest, order);
    Ok(out)
}
