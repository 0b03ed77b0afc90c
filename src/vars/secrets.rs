//! Values that must not be shown, and their removal from all that is shown.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// What stands for a secret in all that is shown.
const MASK: &str = "********";

/// The shortest text that is taken for a secret: shorter ones would mask ordinary words.
const SHORTEST: usize = 4;

/// Values that must not be shown, collected while they become known.
#[derive(Debug, Default)]
pub struct Secrets(RwLock<BTreeSet<Longest>>);

/// Orders texts by length, the longest first, so that none is masked in part.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Longest(std::cmp::Reverse<usize>, String);

impl Secrets {
    /// Adds a secret, and each of its lines where it has several; also as it looks quoted for a
    /// shell, in JSON and in base64.
    pub fn add(&self, secret: &str) {
        use base64::Engine as _;
        let mut forms = BTreeSet::new();
        for text in secret.lines().map(str::trim).chain([secret.trim()]) {
            if text.chars().count() < SHORTEST {
                continue;
            }
            let json = serde_json::Value::from(text).to_string();
            forms.insert(text.to_owned());
            forms.insert(json.trim_matches('"').to_owned());
            forms.insert(text.replace('\'', r"'\''"));
            forms.insert(base64::engine::general_purpose::STANDARD.encode(text));
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(
            forms
                .into_iter()
                .map(|form| Longest(std::cmp::Reverse(form.len()), form)),
        );
    }

    /// Returns whether there is a secret in the text.
    pub fn is_in(&self, text: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .iter()
            .any(|Longest(_, secret)| text.contains(secret.as_str()))
    }

    /// Returns the text with every secret in it masked.
    pub fn redact(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut shown = text.to_owned();
        for Longest(_, secret) in known.iter() {
            if shown.contains(secret.as_str()) {
                shown = shown.replace(secret.as_str(), MASK);
            }
        }
        shown
    }

    /// Masks every secret in the texts of a JSON value, keys included.
    pub fn redact_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.redact(text),
            serde_json::Value::Array(items) => {
                items.iter_mut().for_each(|item| self.redact_json(item));
            }
            serde_json::Value::Object(entries) => {
                *entries = std::mem::take(entries)
                    .into_iter()
                    .map(|(key, mut item)| {
                        self.redact_json(&mut item);
                        (self.redact(&key), item)
                    })
                    .collect();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_every_form() {
        let secrets = Secrets::default();
        secrets.add("p'a\"ss word");
        secrets.add("abc");
        for shown in [
            "p'a\"ss word",
            r#"{"x": "p'a\"ss word"}"#,
            "sh -c 'p'\\''a\"ss word'",
            "cCdhInNzIHdvcmQ=",
        ] {
            let masked = secrets.redact(shown);
            assert!(
                masked.contains(MASK) && !masked.contains("ss word") && !masked.contains("cCdh"),
                "{masked}"
            );
        }
        assert_eq!(secrets.redact("abc"), "abc");
    }
}
