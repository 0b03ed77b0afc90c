//! Password hashes of `/etc/shadow`: md5-crypt, sha-crypt and bcrypt.

use blowfish::Blowfish;
use sha2::Digest;

/// A way to hash passwords.
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
    /// Returns how many characters a salt has that Ansible makes.
    pub(super) fn salt_size(self) -> usize {
        match self {
            Self::Md5 => 8,
            Self::Sha256 | Self::Sha512 => 16,
            Self::Blowfish => 22,
        }
    }
}

/// The characters that stand for six bits, least bits first.
pub(super) const ALPHABET: &str =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The characters that stand for six bits in bcrypt, most bits first.
const BCRYPT_ALPHABET: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns the hash of a password; fails where the salt or the rounds are none of the scheme.
pub(super) fn hash(
    scheme: Scheme,
    password: &str,
    salt: &str,
    rounds: Option<u32>,
    ident: &str,
) -> Result<String, String> {
    let alphabet = if scheme == Scheme::Blowfish {
        BCRYPT_ALPHABET
    } else {
        ALPHABET
    };
    if !salt.chars().all(|character| alphabet.contains(character)) {
        return Err("the salt has characters other than letters, digits, '.' and '/'".to_owned());
    }
    let most = scheme.salt_size();
    if salt.len() > most {
        return Err(format!("the salt is longer than {most} characters"));
    }
    match scheme {
        Scheme::Md5 => Ok(md5_crypt(password.as_bytes(), salt)),
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
        Scheme::Blowfish => bcrypt(password.as_bytes(), salt, rounds.unwrap_or(12), ident),
    }
}

/// Writes bytes as characters of six bits each, the first byte highest.
fn encode(out: &mut String, bytes: [u8; 3], count: usize) {
    let mut bits = u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
    for _ in 0..count {
        out.extend(ALPHABET.chars().nth((bits & 0x3f) as usize));
        bits >>= 6;
    }
}

/// Writes a digest with its bytes taken in an order; `!` in it is a zero.
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

/// No byte of a digest.
const NONE: u8 = 255;

const MD5_ORDER: [[u8; 3]; 6] = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
    [NONE, NONE, 11],
];

const SHA256_ORDER: [[u8; 3]; 11] = [
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

const SHA512_ORDER: [[u8; 3]; 22] = [
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

fn md5_crypt(password: &[u8], salt: &str) -> String {
    let md5 = |parts: &[&[u8]]| md5::Md5::digest(parts.concat()).to_vec();
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

/// sha-crypt as Ulrich Drepper specified it.
fn sha_crypt<D: Digest>(
    ident: &str,
    password: &[u8],
    salt: &str,
    rounds: u32,
    order: &[[u8; 3]],
) -> Result<String, String> {
    if !(1000..=999_999_999).contains(&rounds) {
        return Err("rounds must be from 1000 to 999999999".to_owned());
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
    // The number of rounds is left out where it is the one that crypt(3) takes by itself.
    let mut out = if rounds == 5000 {
        format!("${ident}${salt}$")
    } else {
        format!("${ident}$rounds={rounds}${salt}$")
    };
    encode_all(&mut out, &digest, order);
    Ok(out)
}

fn bcrypt(password: &[u8], salt: &str, rounds: u32, ident: &str) -> Result<String, String> {
    if !(4..=31).contains(&rounds) {
        return Err("rounds must be from 4 to 31".to_owned());
    }
    if !matches!(ident, "2" | "2a" | "2b" | "2y") {
        return Err(format!("ident must be 2, 2a, 2b or 2y, not {ident}"));
    }
    if salt.len() != 22 {
        return Err(format!(
            "the salt must have 22 characters, not {}",
            salt.len()
        ));
    }
    let bytes = bcrypt_decode(salt);
    let mut key: Vec<u8> = [password, &[0]].concat();
    key.truncate(72);
    let mut state: Blowfish = Blowfish::bc_init_state();
    state.salted_expand_key(&bytes, &key);
    for _ in 0..1u64 << rounds {
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
        bcrypt_encode(&bytes),
        bcrypt_encode(&digest)
    ))
}

fn bcrypt_encode(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let groups = bits.as_bytes().chunks(6).map(|group| {
        let group = format!("{:0<6}", String::from_utf8_lossy(group));
        usize::from_str_radix(&group, 2).unwrap_or(0)
    });
    groups
        .filter_map(|index| BCRYPT_ALPHABET.chars().nth(index))
        .collect()
}

fn bcrypt_decode(text: &str) -> Vec<u8> {
    let bits: String = text
        .chars()
        .filter_map(|character| BCRYPT_ALPHABET.find(character))
        .map(|index| format!("{index:06b}"))
        .collect();
    let bytes = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(&String::from_utf8_lossy(byte), 2).unwrap_or(0));
    bytes.take(16).collect()
}

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
