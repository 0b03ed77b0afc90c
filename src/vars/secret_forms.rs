//! The forms in which a secret may be shown: quoted, escaped and encoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// The shortest part of an encoded secret that is searched for.
const SHORTEST_PART: usize = 5;

/// Returns the forms in which filters, shells and other programs show a text.
pub(super) fn forms(text: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([
        text.to_owned(),
        // Quoted for a shell: 'it'\''s', 'it'"'"'s', it\'s.
        text.replace('\'', r"'\''"),
        text.replace('\'', r#"'"'"'"#),
        escaped(text, |character| {
            let plain = character.is_alphanumeric() || "_-.,/:@%+=".contains(character);
            (!plain).then(|| format!("\\{character}"))
        }),
        // Written by Python.
        escaped(text, |character| python(character, false)),
        escaped(text, |character| python(character, true)),
        // In single quotes of YAML, and in regular expressions.
        text.replace('\'', "''"),
        escaped(text, |character| {
            r"\.^$*+?{}[]|()-&~# "
                .contains(character)
                .then(|| format!("\\{character}"))
        }),
        escaped(text, html),
    ]);
    for (safe, space) in [("", "%20"), ("/", "%20"), ("", "+"), ("/", "+")] {
        let form = percent(text, safe, space);
        forms.insert(percent_in_lower_case(&form));
        forms.insert(form);
    }
    // Each of these may be inside JSON, which may be pure ASCII, and that inside JSON again.
    for _ in 0..2 {
        let inner: Vec<_> = forms.iter().map(|form| json(form)).collect();
        for form in inner {
            forms.insert(escaped(&form, |character| ascii(character, false)));
            forms.insert(escaped(&form, |character| ascii(character, true)));
            forms.insert(form);
        }
    }
    forms.extend(encoded(text));
    forms
}

/// Returns the text with characters replaced.
fn escaped(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match escape(character) {
            Some(escape) => out.push_str(&escape),
            None => out.push(character),
        }
    }
    out
}

fn python(character: char, quote: bool) -> Option<String> {
    match character {
        '\\' => Some(r"\\".to_owned()),
        '\'' if quote => Some(r"\'".to_owned()),
        '\n' => Some(r"\n".to_owned()),
        '\t' => Some(r"\t".to_owned()),
        control if control.is_control() => Some(format!("\\x{:02x}", u32::from(control))),
        _ => None,
    }
}

fn html(character: char) -> Option<String> {
    let entity = match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\'' => "&#39;",
        '"' => "&#34;",
        _ => return None,
    };
    Some(entity.to_owned())
}

/// Returns the escape of a non-ASCII character, in UTF-16.
fn ascii(character: char, capitals: bool) -> Option<String> {
    if character.is_ascii() {
        return None;
    }
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units).iter();
    let escape = |unit: &u16| {
        if capitals {
            format!("\\u{unit:04X}")
        } else {
            format!("\\u{unit:04x}")
        }
    };
    Some(units.map(escape).collect())
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

fn percent(text: &str, safe: &str, space: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "_.-~".contains(character) || safe.contains(character) {
            out.push(character);
        } else if byte == b' ' {
            out.push_str(space);
        } else {
            out.extend(["%", &format!("{byte:02X}")]);
        }
    }
    out
}

fn percent_in_lower_case(text: &str) -> String {
    let mut out = String::new();
    let mut digits = 0;
    for character in text.chars() {
        let digit = digits > 0;
        digits = if character == '%' {
            2
        } else {
            digits.max(1) - 1
        };
        out.push(if digit {
            character.to_ascii_lowercase()
        } else {
            character
        });
    }
    out
}

/// Returns the base64 characters that depend only on the text, wherever it is in the encoded data.
fn encoded(text: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text.as_bytes());
        let whole = STANDARD.encode(&bytes);
        // A digit encodes six bits; those at the ends also depend on the neighbours.
        let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        let part = whole.get(start..end).unwrap_or_default();
        if part.len() >= SHORTEST_PART {
            forms.insert(part.replace('+', "-").replace('/', "_"));
            forms.insert(part.to_owned());
        }
    }
    let whole = STANDARD.encode(text);
    forms.insert(whole.replace('+', "-").replace('/', "_"));
    forms.insert(whole);
    forms
}
