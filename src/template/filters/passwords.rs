//! The filter `password_hash`.

use crate::host::not_on_a_guess;
use crate::template::call::Call;
use crate::template::crypt::{self, Scheme};
use crate::template::random::Random;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

/// The maximum length of a salt.
const LONGEST_SALT: i64 = 1024;

/// `password_hash`: the hash of a password for `/etc/shadow`.
pub(super) fn password_hash(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    // It takes long on purpose.
    not_on_a_guess().map_err(|error| call.wrong(&error.to_string()))?;
    let password = call.value_text()?;
    let name = call
        .text("hashtype")?
        .unwrap_or_else(|| "sha512".to_owned());
    let scheme = match name.as_str() {
        "md5" | "md5_crypt" => Scheme::Md5,
        "sha256" | "sha256_crypt" => Scheme::Sha256,
        "sha512" | "sha512_crypt" => Scheme::Sha512,
        "blowfish" | "bcrypt" => Scheme::Blowfish,
        _ => {
            let why = format!(
                "{name} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
            );
            return Err(call.wrong(&why));
        }
    };
    let salt = match call.text("salt")?.filter(|salt| !salt.is_empty()) {
        Some(salt) => salt,
        None => {
            let size = call.integer("salt_size")?.filter(|size| *size > 0);
            if size.is_some_and(|size| size > LONGEST_SALT) {
                return Err(call.wrong(&format!("salt_size is at most {LONGEST_SALT}")));
            }
            let size = size.map_or(scheme.salt_size(), |size| {
                usize::try_from(size).unwrap_or(0)
            });
            random_salt(size)?
        }
    };
    let rounds = match call.integer("rounds")?.filter(|rounds| *rounds != 0) {
        Some(rounds) => {
            Some(u32::try_from(rounds).map_err(|_| call.wrong("rounds is out of range"))?)
        }
        None => None,
    };
    let most = scheme.most_rounds();
    if rounds.is_some_and(|rounds| rounds > most) {
        return Err(call.wrong(&format!("rounds must not be more than {most}")));
    }
    let ident = match call.some("ident") {
        Some(ident) => text::text(&ident)?,
        None => "2b".to_owned(),
    };
    crypt::hash(scheme, &password, &salt, rounds, &ident)
        .map(Value::from)
        .map_err(|why| why.error(|why| call.wrong(why)))
}

/// Returns random characters for a salt.
pub(in crate::template) fn random_salt(size: usize) -> Result<String, Error> {
    let mut random = Random::new(None)?;
    let mut salt = String::new();
    for _ in 0..size {
        let characters = crypt::ALPHABET.as_bytes();
        salt.extend(random.choose(characters)?.map(|byte| char::from(*byte)));
    }
    Ok(salt)
}
