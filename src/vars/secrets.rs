//! Values that must not be shown, and masking them in all output.

use super::secret_forms::forms;
use crate::host::MASK;
use crate::inventory::connection_variables::is_secret;
use crate::vault;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

/// The shortest text that counts as a secret: shorter ones would mask ordinary words.
const SHORTEST: usize = 4;

/// Values that must not be shown, collected as they become known.
#[derive(Debug, Default)]
pub struct Secrets(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How many of the decrypted texts of this process are among the secrets.
    decrypted: usize,
    /// The secrets as they were added.
    secrets: BTreeSet<String>,
    /// All their forms.
    forms: BTreeSet<String>,
    /// Finds all forms in one pass. It is made when it is first needed after one was added, and
    /// missing if there are more than it can hold.
    searcher: OnceLock<Option<AhoCorasick>>,
}

impl Known {
    fn add(&mut self, secret: &str) {
        let texts = secret.lines().map(str::trim).chain([secret.trim()]);
        let texts = texts.filter(|text| text.chars().count() >= SHORTEST);
        self.forms.extend(texts.flat_map(forms));
        self.secrets.insert(secret.to_owned());
        self.searcher = OnceLock::new();
    }

    /// Returns what finds all forms; `None` if there are more than it can hold.
    fn searcher(&self) -> Option<&AhoCorasick> {
        // The other kinds take longer to make than all texts of a run to search: minutes for a secret
        // of a few thousand characters, and its square in memory.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        let made = || AhoCorasick::builder().kind(kind).build(&self.forms).ok();
        self.searcher.get_or_init(made).as_ref()
    }

    /// Returns where a text has secrets, from the left; those that overlap as one range.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        if self.forms.is_empty() {
            return Vec::new();
        }
        let Some(searcher) = self.searcher() else {
            // Better to hide everything than to show a secret.
            return std::iter::once(0..text.len()).collect();
        };
        let mut ranges: Vec<_> = searcher
            .find_overlapping_iter(text)
            .map(|found| found.range())
            .collect();
        ranges.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
        let mut whole: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match whole.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => whole.push(range),
            }
        }
        whole
    }
}

impl Secrets {
    /// Adds a secret, and each of its lines if it has several; also in the forms of shells, JSON,
    /// URLs, base64 and the like.
    pub fn add(&self, secret: &str) {
        let is_known = |known: &Known| known.secrets.contains(secret);
        if is_known(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.add(secret);
    }

    /// Returns the secrets, with everything that was decrypted so far.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        let read = || self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = read();
        let decrypted = vault::revealed(known.decrypted);
        if decrypted.is_empty() {
            return known;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have added some in the meantime.
        let decrypted = vault::revealed(known.decrypted);
        known.decrypted += decrypted.len();
        decrypted.iter().for_each(|secret| known.add(secret));
        drop(known);
        read()
    }

    /// Adds the values of a JSON value's password keys, at any depth.
    pub fn add_named(&self, value: &serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.add_named(item)),
            serde_json::Value::Object(entries) => {
                for (key, item) in entries {
                    match item {
                        serde_json::Value::String(text) if is_secret(key) => self.add(text),
                        serde_json::Value::Number(number) if is_secret(key) => {
                            self.add(&number.to_string());
                        }
                        item => self.add_named(item),
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns whether there is a secret in what a reader gives, of any size.
    pub fn are_in(&self, content: impl Read) -> io::Result<bool> {
        let known = self.known();
        if known.forms.is_empty() {
            return Ok(false);
        }
        let Some(searcher) = known.searcher() else {
            return Ok(true);
        };
        let first = searcher.stream_find_iter(content).next();
        Ok(first.transpose()?.is_some())
    }

    /// Returns the text with every secret in it masked.
    pub fn redact(&self, text: &str) -> String {
        let known = self.known();
        let mut shown = String::with_capacity(text.len());
        let mut done = 0;
        for secret in known.found(text) {
            shown += text.get(done..secret.start).unwrap_or_default();
            shown += MASK;
            done = secret.end;
        }
        shown + text.get(done..).unwrap_or_default()
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
        secrets.add("caf\u{e9} \u{1f600}/\\tail");
        secrets.add("abc");
        for shown in [
            "p'a\"ss word",
            r#"{"x": "p'a\"ss word"}"#,
            r#""{\"x\": \"p'a\\\"ss word\"}""#,
            "sh -c 'p'\\''a\"ss word'",
            "sh -c 'p'\"'\"'a\"ss word'",
            r#"sh -c p\'a\"ss\ word"#,
            r#"{"cmd": "'p'\"'\"'a\"ss word'"}"#,
            r#"['p\'a"ss word']"#,
            "'p''a\"ss word'",
            r#"p'a"ss\ word"#,
            "p&#39;a&#34;ss word",
            "?x=p%27a%22ss%20word&y",
            "?x=p%27a%22ss+word",
            "?x=p%27a%22ss%20word".to_lowercase().as_str(),
            "cCdhInNzIHdvcmQ=",
            // With a line break, and after one and two other bytes.
            "cCdhInNzIHdvcmQK",
            "OnAnYSJzcyB3b3Jk",
            "dTpwJ2Eic3Mgd29yZA==",
            "caf\u{e9} \u{1f600}/\\tail",
            r"caf\u00e9 \ud83d\ude00/\\tail",
            r"caf\u00E9 \uD83D\uDE00/\\tail",
            "['caf\u{e9} \u{1f600}/\\\\tail']",
            "caf%C3%A9%20%F0%9F%98%80/%5Ctail",
            "caf%c3%a9+%f0%9f%98%80%2f%5ctail",
        ] {
            let masked = secrets.redact(shown);
            let bare = [
                "ss", "word", "cCdh", "nNz", "JzcyB3", "Eic3Mg", "caf", "tail",
            ];
            let seen = bare.iter().find(|part| masked.contains(**part));
            assert!(masked.contains(MASK) && seen.is_none(), "{shown}: {masked}");
        }
        assert_eq!(secrets.redact("abc"), "abc");
    }

    #[test]
    fn secrets_that_overlap_are_masked_as_a_whole() {
        let secrets = Secrets::default();
        secrets.add("first-part");
        secrets.add("part-second-one");
        secrets.add("second");
        let text = "a first-part-second-one b second c";
        assert_eq!(secrets.redact(text), format!("a {MASK} b {MASK} c"));
        let is_in = |text: &str| secrets.are_in(text.as_bytes()).unwrap();
        assert!(is_in("xsecondx") && !is_in("first"));
        secrets.add("third-one");
        assert_eq!(secrets.redact("third-one"), MASK);
    }

    /// A decrypted file may be one long line. It took minutes to find out what to search for.
    #[test]
    fn long_secrets_are_masked() {
        let numbers = (0..20_000).map(|number| (number * number).to_string());
        let long: String = numbers.collect();
        let secrets = Secrets::default();
        secrets.add(&long);
        assert_eq!(
            secrets.redact(&format!("a {long} b")),
            format!("a {MASK} b")
        );
        let shorter = long.get(1..).unwrap();
        assert_eq!(secrets.redact(shorter), shorter);
    }

    #[test]
    fn ordinary_text_is_not_masked() {
        let secrets = Secrets::default();
        secrets.add("root");
        secrets.add("it's-a-secret");
        for shown in ["it's a play", "rool", "cm9v", "a-secret", "the secret's"] {
            assert_eq!(secrets.redact(shown), shown);
        }
    }
}
