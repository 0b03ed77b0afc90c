//! The filters `vault` and `unvault`.

use crate::template::call::Call;
use crate::value::Value;
use crate::vault::{self, DEFAULT_LABEL, Envelope, VaultError};
use minijinja::Error;
use zeroize::Zeroizing;

/// The label of texts that `vault` encrypts, unless another is given.
const LABEL: &str = "filter_default";

/// `vault`: the text, encrypted with a password.
pub(super) fn vault(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let plain = Zeroizing::new(call.value_text()?);
    let password = password(call)?;
    if call.flag("wrap_object", false)? {
        return Err(call.wrong("wrap_object is not supported: the result is always text"));
    }
    let salt = match call.text("salt")?.filter(|salt| !salt.is_empty()) {
        Some(salt) => salt.into_bytes(),
        None => vault::new_salt().map_err(|error| call.wrong(&error.to_string()))?,
    };
    let label = label(call)?.unwrap_or_else(|| LABEL.to_owned());
    let label = Some(label).filter(|label| label != DEFAULT_LABEL);
    let sealed = Envelope::seal(plain.as_bytes(), password.as_bytes(), salt, label);
    Ok(sealed.write().into())
}

/// `unvault`: the plaintext of what `vault` encrypted. Other text is returned as it is.
pub(super) fn unvault(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let password = password(call)?;
    if !vault::is_encrypted(text.as_bytes()) {
        return Ok(text.into());
    }
    let wrong = |error: VaultError| call.wrong(&error.to_string());
    let envelope = Envelope::read(text.as_bytes()).map_err(wrong)?;
    let opened = envelope.open(password.as_bytes());
    let opened = opened.ok_or_else(|| call.wrong("wrong vault password"))?;
    let plain = std::str::from_utf8(&opened)
        .map_err(|_| call.wrong("the decrypted value is not UTF-8 text"))?;
    vault::reveal(plain);
    Ok(plain.into())
}

fn password(call: &Call<'_, '_, '_>) -> Result<Zeroizing<String>, Error> {
    let secret = call.required("secret")?;
    match secret.as_str() {
        Some(secret) => Ok(Zeroizing::new(secret.to_owned())),
        None => Err(call.wrong("the password must be text")),
    }
}

/// Returns the label, under its current or its former name.
fn label(call: &Call<'_, '_, '_>) -> Result<Option<String>, Error> {
    let former = call.text("vaultid")?;
    Ok(former.or(call.text("vault_id")?))
}
