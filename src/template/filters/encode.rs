//! Filters that encode, decode and hash text.

use crate::template::call::Call;
use crate::template::compare::is_list;
use crate::template::text;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE};
use minijinja::Error;
use minijinja::value::ValueKind;
use sha2::Digest;
use std::fmt::Write;

type Result = std::result::Result<Value, Error>;

/// Returns the bytes of a value in an encoding.
fn bytes(call: &Call<'_, '_, '_>) -> std::result::Result<Vec<u8>, Error> {
    if let Some(bytes) = call
        .value()?
        .as_bytes()
        .filter(|_| call.value().is_ok_and(|value| value.as_str().is_none()))
    {
        return Ok(bytes.to_vec());
    }
    let text = call.value_text()?;
    let encoding = call.text("encoding")?.unwrap_or_else(|| "utf-8".to_owned());
    let wide = |little: bool| {
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    match encoding.to_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" => Ok(text.into_bytes()),
        "utf-16-le" | "utf-16le" => Ok(wide(true)),
        "utf-16-be" | "utf-16be" => Ok(wide(false)),
        "utf-16" => Ok([vec![0xff, 0xfe], wide(true)].concat()),
        "ascii" if text.is_ascii() => Ok(text.into_bytes()),
        "latin-1" | "latin1" | "iso-8859-1" => text
            .chars()
            .map(|c| u8::try_from(u32::from(c)))
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| call.wrong("the text has characters that latin-1 lacks")),
        _ => Err(call.wrong(&format!("the text cannot be encoded as {encoding}"))),
    }
}

fn decoded(call: &Call<'_, '_, '_>, bytes: Vec<u8>) -> Result {
    let encoding = call.text("encoding")?.unwrap_or_else(|| "utf-8".to_owned());
    let wide = |bytes: &[u8], little: bool| {
        let unit = |pair: &[u8]| match *pair {
            [low, high] if little => u16::from_le_bytes([low, high]),
            [high, low] => u16::from_be_bytes([high, low]),
            _ => 0xfffd,
        };
        String::from_utf16_lossy(&bytes.chunks(2).map(unit).collect::<Vec<_>>())
    };
    Ok(match encoding.to_lowercase().replace('_', "-").as_str() {
        "utf-16-le" | "utf-16le" => wide(&bytes, true),
        "utf-16-be" | "utf-16be" => wide(&bytes, false),
        "utf-16" if bytes.starts_with(&[0xfe, 0xff]) => {
            wide(bytes.get(2..).unwrap_or_default(), false)
        }
        "utf-16" if bytes.starts_with(&[0xff, 0xfe]) => {
            wide(bytes.get(2..).unwrap_or_default(), true)
        }
        "utf-16" => wide(&bytes, true),
        "latin-1" | "latin1" | "iso-8859-1" => bytes.into_iter().map(char::from).collect(),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
    .into())
}

/// `b64encode`: in Base64.
pub(super) fn b64encode(call: &mut Call<'_, '_, '_>) -> Result {
    let engine = if call.flag("urlsafe", false)? {
        &URL_SAFE
    } else {
        &STANDARD
    };
    Ok(engine.encode(bytes(call)?).into())
}

/// `b64decode`: the text that is in Base64.
pub(super) fn b64decode(call: &mut Call<'_, '_, '_>) -> Result {
    let alphabet = if call.flag("urlsafe", false)? {
        base64::alphabet::URL_SAFE
    } else {
        base64::alphabet::STANDARD
    };
    let member = |c: &char| alphabet.as_str().contains(*c) || *c == '=';
    // Python's decoder ignores characters outside of the alphabet.
    let text: String = call.value_text()?.chars().filter(member).collect();
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet, config);
    let bytes = engine
        .decode(text)
        .map_err(|error| call.wrong(&error.to_string()))?;
    decoded(call, bytes)
}

/// `md5`: the MD5 digest in hexadecimal.
pub(super) fn md5(call: &mut Call<'_, '_, '_>) -> Result {
    digest(call, "md5")
}

/// `sha1` and `checksum`: the SHA-1 digest in hexadecimal.
pub(super) fn sha1(call: &mut Call<'_, '_, '_>) -> Result {
    digest(call, "sha1")
}

/// `hash`: a digest in hexadecimal, SHA-1 unless another is named.
pub(super) fn hash(call: &mut Call<'_, '_, '_>) -> Result {
    let algorithm = call.text("hashtype")?.unwrap_or_else(|| "sha1".to_owned());
    digest(call, &algorithm)
}

fn digest(call: &Call<'_, '_, '_>, algorithm: &str) -> Result {
    let bytes = bytes(call)?;
    Ok(match algorithm.to_lowercase().as_str() {
        "md5" => hexadecimal(&md5::Md5::digest(&bytes)),
        "sha1" => hexadecimal(&sha1::Sha1::digest(&bytes)),
        "sha224" => hexadecimal(&sha2::Sha224::digest(&bytes)),
        "sha256" => hexadecimal(&sha2::Sha256::digest(&bytes)),
        "sha384" => hexadecimal(&sha2::Sha384::digest(&bytes)),
        "sha512" => hexadecimal(&sha2::Sha512::digest(&bytes)),
        _ => return Err(call.wrong(&format!("unsupported hash type {algorithm}"))),
    }
    .into())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Ansible's name space for `to_uuid`.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

/// `to_uuid`: the UUID (version 5) of a name.
pub(super) fn to_uuid(call: &mut Call<'_, '_, '_>) -> Result {
    let namespace = call
        .text("namespace")?
        .unwrap_or_else(|| NAMESPACE.to_owned());
    let digits: String = namespace.chars().filter(|c| !"{}-".contains(*c)).collect();
    let digits = digits.strip_prefix("urn:uuid:").unwrap_or(&digits);
    let bad = || call.wrong(&format!("Invalid value '{namespace}' for 'namespace'"));
    let space = u128::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 32);
    let space = space.ok_or_else(bad)?.to_be_bytes();
    let digest = sha1::Sha1::digest([&space[..], call.value_text()?.as_bytes()].concat());
    let hex = hexadecimal(&digest);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let variant = digest.get(8).map_or(0, |byte| byte & 0x3f | 0x80);
    Ok(format!(
        "{}-{}-5{}-{variant:02x}{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(18, 20),
        part(20, 32)
    )
    .into())
}

fn percent(text: &str, safe: &str, plus: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "_.-~".contains(character) || safe.contains(character) {
            out.push(character);
        } else if plus && byte == b' ' {
            out.push('+');
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `urlencode`: a text, or the entries of a map, as a part of a URL.
pub(super) fn urlencode(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    if value.as_str().is_some() || !(is_list(&value) || value.kind() == ValueKind::Map) {
        return Ok(percent(&text::text(&value)?, "/", false).into());
    }
    let pairs = if value.kind() == ValueKind::Map {
        super::maps::pairs(&value)?
    } else {
        let items = call.items()?.into_iter();
        items
            .map(|item| Ok((item.get_item_by_index(0)?, item.get_item_by_index(1)?)))
            .collect::<std::result::Result<_, Error>>()?
    };
    let mut out = Vec::new();
    for (key, value) in pairs {
        let part = |value: &Value| Ok::<_, Error>(percent(&text::text(value)?, "", true));
        out.push(format!("{}={}", part(&key)?, part(&value)?));
    }
    Ok(out.join("&").into())
}

/// `urldecode`: the text that is a part of a URL.
pub(super) fn urldecode(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?.replace('+', " ");
    let mut out = Vec::new();
    let mut bytes = text.bytes().enumerate();
    while let Some((index, byte)) = bytes.next() {
        let code = text
            .get(index + 1..index + 3)
            .filter(|code| code.chars().all(|c| c.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                out.push(decoded);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned().into())
}

/// `urlsplit`: the parts of a URL, or one of them.
pub(super) fn urlsplit(call: &mut Call<'_, '_, '_>) -> Result {
    let url = call.value_text()?;
    let parts = crate::template::url::parts(&url);
    let Some(wanted) = call.text("query")?.filter(|wanted| !wanted.is_empty()) else {
        return Ok(Value::from_pairs(parts));
    };
    let found = parts.into_iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, value)| value)
        .ok_or_else(|| call.wrong(&format!("unknown URL component: {wanted}")))
}
