//! The algorithms offered to a host.

use super::pattern::matches_list;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, kex, mac};
use std::borrow::Cow;

/// The algorithms set in `ssh_config`; each is a list like those of ssh, `None` for the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Algorithms {
    /// `KexAlgorithms`.
    pub key_exchange: Option<String>,
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<String>,
}

/// The defaults are those of OpenSSH, in its order, as far as russh supports them.
const KEY_EXCHANGES: [kex::Name; 12] = [
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G18_SHA512,
    kex::DH_G17_SHA512,
    kex::DH_G16_SHA512,
    kex::DH_G15_SHA512,
    kex::DH_G14_SHA256,
];

/// Only used if requested by name: they use SHA-1, or a group that is too small.
const OLD_KEY_EXCHANGES: [kex::Name; 3] = [kex::DH_G14_SHA1, kex::DH_GEX_SHA1, kex::DH_G1_SHA1];

/// These announce extensions of the protocol, whatever else is chosen.
const EXTENSIONS: [kex::Name; 4] = [
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// AES-256-GCM comes first: it takes half the processor time of russh's preference.
const CIPHERS: [cipher::Name; 6] = [
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const OLD_CIPHERS: [cipher::Name; 3] = [
    cipher::AES_256_CBC,
    cipher::AES_192_CBC,
    cipher::AES_128_CBC,
];

const MACS: [mac::Name; 6] = [
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512,
    mac::HMAC_SHA256,
    mac::HMAC_SHA1_ETM,
    mac::HMAC_SHA1,
];

const HOST_KEYS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

/// RSA with SHA-1.
const OLD_HOST_KEYS: [Algorithm; 1] = [Algorithm::Rsa { hash: None }];

/// The names of the settings in `ssh_config`, for messages.
const KEX: &str = "KexAlgorithms";
const CIPHER: &str = "Ciphers";
const MAC: &str = "MACs";
const HOST_KEY: &str = "HostKeyAlgorithms";

impl Algorithms {
    /// Returns the algorithms to offer, or an error if a list leaves none.
    pub(super) fn preferred(&self) -> Result<Preferred, String> {
        let mut kex = chosen(
            KEX,
            self.key_exchange.as_deref(),
            &KEY_EXCHANGES,
            &OLD_KEY_EXCHANGES,
        )?;
        kex.extend(EXTENSIONS);
        let cipher = chosen(CIPHER, self.ciphers.as_deref(), &CIPHERS, &OLD_CIPHERS)?;
        let mac = chosen(MAC, self.macs.as_deref(), &MACS, &[])?;
        let host_keys = self.host_keys.as_deref();
        let key = chosen(HOST_KEY, host_keys, &HOST_KEYS, &OLD_HOST_KEYS)?;
        Ok(Preferred {
            kex: Cow::Owned(kex),
            cipher: Cow::Owned(cipher),
            mac: Cow::Owned(mac),
            key: Cow::Owned(key),
            ..Preferred::default()
        })
    }
}

/// Returns advice for a host that has no algorithm in common with us.
pub(super) fn advice(kind: russh::AlgorithmKind, theirs: &[String]) -> String {
    use russh::AlgorithmKind as Kind;
    fn names<T: AsRef<str>>(names: &[T]) -> Vec<String> {
        names.iter().map(|name| name.as_ref().to_owned()).collect()
    }
    let (setting, old) = match kind {
        Kind::Kex => (KEX, names(&OLD_KEY_EXCHANGES)),
        Kind::Key => (HOST_KEY, names(&OLD_HOST_KEYS)),
        Kind::Cipher => (CIPHER, names(&OLD_CIPHERS)),
        Kind::Mac => (MAC, Vec::new()),
        Kind::Compression => ("Compression", Vec::new()),
    };
    match old.iter().find(|name| theirs.contains(name)) {
        Some(name) => format!(
            "the host only offers insecure algorithms; to use one anyway, set `{setting} \
             +{name}` in ssh_config, or `-o {setting}=+{name}` in ansible_ssh_common_args"
        ),
        None => format!("enable another one with `{setting}` in the host's sshd_config"),
    }
}

/// Returns the algorithms of a list like those of ssh: names separated by commas replace the
/// default; after `+` they are added to it, after `^` put before it, and after `-` removed from it
/// as patterns. Unsupported names are ignored.
fn chosen<T: AsRef<str> + Clone + PartialEq>(
    setting: &str,
    list: Option<&str>,
    usual: &[T],
    old: &[T],
) -> Result<Vec<T>, String> {
    let Some(list) = list else {
        return Ok(usual.to_vec());
    };
    let names: Vec<&str> = list
        .trim_start_matches(['+', '-', '^'])
        .split(',')
        .map(str::trim)
        .collect();
    let supported = || usual.iter().chain(old);
    let named = || {
        let mut found: Vec<T> = Vec::new();
        for name in &names {
            let matching = supported().filter(|one| matches_list([*name], one.as_ref()));
            for one in matching {
                if !found.contains(one) {
                    found.push(one.clone());
                }
            }
        }
        found
    };
    let chosen: Vec<T> = match list.chars().next() {
        Some('-') => {
            let left = usual.iter();
            left.filter(|one| !matches_list(names.iter().copied(), one.as_ref()))
                .cloned()
                .collect()
        }
        Some('+') => with(usual.to_vec(), named()),
        Some('^') => with(named(), usual.to_vec()),
        _ => named(),
    };
    if chosen.is_empty() {
        let supported: Vec<&str> = supported().map(AsRef::as_ref).collect();
        return Err(format!(
            "{setting} {list:?} contains none of the supported algorithms: {}",
            supported.join(", ")
        ));
    }
    Ok(chosen)
}

fn with<T: PartialEq>(mut first: Vec<T>, then: Vec<T>) -> Vec<T> {
    for one in then {
        if !first.contains(&one) {
            first.push(one);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ciphers(list: &str) -> Result<String, String> {
        let chosen = chosen(CIPHER, Some(list), &CIPHERS, &OLD_CIPHERS)?;
        let names: Vec<&str> = chosen.iter().map(AsRef::as_ref).collect();
        Ok(names.join(" ").replace("@openssh.com", ""))
    }

    #[test]
    fn lists_are_read_as_in_ssh() {
        let usual = "aes256-gcm chacha20-poly1305 aes128-gcm aes256-ctr aes192-ctr aes128-ctr";
        for (list, expected) in [
            ("aes128-ctr", "aes128-ctr".to_owned()),
            ("aes128-ctr, aes256-cbc", "aes128-ctr aes256-cbc".to_owned()),
            ("unknown,aes128-ctr,aes128-ctr", "aes128-ctr".to_owned()),
            ("+aes256-cbc", format!("{usual} aes256-cbc")),
            ("+aes256-ctr,unknown", usual.to_owned()),
            ("-*gcm*,chacha20*,*-ctr,!x", String::new()),
            (
                "-chacha20*,*gcm*",
                "aes256-ctr aes192-ctr aes128-ctr".to_owned(),
            ),
            (
                "^aes128-cbc,aes128-ctr",
                format!("aes128-cbc aes128-ctr {}", usual.replace(" aes128-ctr", "")),
            ),
        ] {
            match ciphers(list) {
                Ok(chosen) => assert_eq!(chosen, expected, "{list}"),
                Err(error) => assert!(expected.is_empty(), "{list}: {error}"),
            }
        }
        let error = ciphers("3des-cbc,nonsense").unwrap_err();
        assert!(
            error.starts_with(
                "Ciphers \"3des-cbc,nonsense\" contains none of the supported algorithms: "
            ),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_safe_is_offered_only_if_it_is_named() {
        let usual = Algorithms::default().preferred().unwrap();
        let old = Algorithms {
            key_exchange: Some("+diffie-hellman-group14-sha1".to_owned()),
            host_keys: Some("+ssh-rsa".to_owned()),
            ..Algorithms::default()
        };
        let old = old.preferred().unwrap();
        assert!(!usual.kex.contains(&kex::DH_G14_SHA1));
        assert!(!usual.key.contains(&OLD_HOST_KEYS[0]));
        assert!(old.kex.contains(&kex::DH_G14_SHA1));
        assert!(old.key.contains(&OLD_HOST_KEYS[0]));
        // The protocol is protected whatever is chosen.
        let strict = kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT;
        assert!(usual.kex.contains(&strict) && old.kex.contains(&strict));
    }
}
