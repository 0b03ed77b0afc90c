//! md5-crypt: `$1$`.

use super::{NONE, encode_all, stretched};
use md5::{Digest, Md5};

/// The order in which the bytes of the digest are written.
const MD5_ORDER: [[u8; 3]; 6] = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
    [NONE, NONE, 11],
];

/// Returns the hash of a password.
pub(super) fn md5_crypt(password: &[u8], salt: &str) -> String {
    let md5 = |parts: &[&[u8]]| Md5::digest(parts.concat()).to_vec();
    let salt_bytes = salt.as_bytes();
    let inner = md5(&[password, salt_bytes, password]);
    let mut first = [password, b"$1$", salt_bytes].concat();
    first.extend(stretched(&inner, password.len()));
    let mut length = password.len();
    while length > 0 {
        first.push(if length & 1 == 1 {
            0
        } else {
            password.first().copied().unwrap_or(0)
        });
        length >>= 1;
    }
    let mut digest = md5(&[&first]);
    for round in 0..1000 {
        let mut text = if round % 2 == 1 {
            password.to_vec()
        } else {
            digest.clone()
        };
        if round % 3 != 0 {
            text.extend(salt_bytes);
        }
        if round % 7 != 0 {
            text.extend(password);
        }
        text.extend(if round % 2 == 1 { &digest } else { password });
        digest = md5(&[&text]);
    }
    let mut out = format!("$1${salt}$");
    encode_all(&mut out, &digest, &MD5_ORDER);
    out
}
