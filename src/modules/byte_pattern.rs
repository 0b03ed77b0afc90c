//! Python's regular expressions on bytes, for modules that edit lines of files.

use crate::module::ModuleError;
use crate::template::{Piece, Replacement, regex};
use fancy_regex::{BytesMode, Captures, Regex, RegexBuilder};

/// A regular expression on bytes: `\w` and `.` only know ASCII, and any file can be searched, even
/// if it is not text.
pub(super) struct BytePattern(Regex);

impl BytePattern {
    /// Compiles a pattern, the value of `argument`.
    pub(super) fn compile(argument: &str, pattern: &str) -> Result<Self, ModuleError> {
        let multiline = regex::is_multiline(pattern);
        RegexBuilder::new(&regex::translate(&in_bytes(pattern), multiline))
            .bytes_mode(BytesMode::Ascii)
            .build()
            .map(Self)
            .map_err(|error| {
                ModuleError::refused(format!(
                    "{argument}: invalid regular expression '{pattern}': {error}"
                ))
            })
    }

    /// Returns the first match.
    pub(super) fn search<'t>(
        &self,
        bytes: &'t [u8],
    ) -> Result<Option<Captures<'t, [u8]>>, ModuleError> {
        let found = self.0.captures(bytes);
        found.map_err(|error| {
            ModuleError::refused(format!("the regular expression failed: {error}"))
        })
    }

    /// Returns whether it matches anywhere.
    pub(super) fn is_match(&self, bytes: &[u8]) -> Result<bool, ModuleError> {
        Ok(self.search(bytes)?.is_some())
    }

    /// Returns whether it matches at the first byte.
    pub(super) fn fits_start(&self, bytes: &[u8]) -> Result<bool, ModuleError> {
        // The first match is the leftmost one.
        let first = self.search(bytes)?.and_then(|captures| captures.get(0));
        Ok(first.is_some_and(|found| found.start() == 0))
    }

    /// Returns a replacement with the groups of a match filled in.
    pub(super) fn expand(
        &self,
        replacement: &str,
        captures: &Captures<'_, [u8]>,
    ) -> Result<Vec<u8>, ModuleError> {
        let replacement = Replacement::read(replacement, &self.0).map_err(|error| {
            ModuleError::refused(format!("line: {}", error.detail().unwrap_or_default()))
        })?;
        let mut out = Vec::new();
        for piece in &replacement.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Group(number) => {
                    let group = captures.get(*number);
                    out.extend_from_slice(group.map(|group| group.as_bytes()).unwrap_or_default());
                }
            }
        }
        Ok(out)
    }
}

/// Returns the pattern with every letter beyond ASCII replaced with its bytes.
fn in_bytes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let escaped = letters.next_if(|next| letter == '\\' && !next.is_ascii());
        match escaped.unwrap_or(letter) {
            letter if !letter.is_ascii() => {
                let mut buffer = [0; 4];
                for byte in letter.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
            '\\' => {
                out.push('\\');
                out.extend(letters.next());
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::BytePattern;

    #[test]
    fn bytes_are_matched_as_python_matches_them() {
        for (pattern, bytes, expected) in [
            ("^a.c$", &b"a\xffc\n"[..], true),
            ("^.$", "é".as_bytes(), false),
            ("^..$", "é".as_bytes(), true),
            ("é+$", "é\n".as_bytes(), true),
            ("\\é", "é".as_bytes(), true),
            ("[é]", "é".as_bytes(), true),
            ("\\w", "é".as_bytes(), false),
            ("\\W\\W", "é".as_bytes(), true),
            ("(?i)É", "é".as_bytes(), false),
            ("(?i)A", b"a", true),
            ("^b", b"a\nb", false),
            ("(?m)^b$", b"a\nb\nc", true),
            ("a$", b"a\n", true),
            ("a\\Z", b"a\n", false),
            ("(?<=a)b(?!c)", b"ab", true),
            ("\\xff", b"\xff", true),
            ("[^\\n]", b"\xff", true),
        ] {
            let compiled = BytePattern::compile("regexp", pattern).unwrap();
            assert_eq!(compiled.is_match(bytes).unwrap(), expected, "{pattern}");
        }
        let error = BytePattern::compile("regexp", "(").err().unwrap();
        assert!(error.to_string().starts_with("regexp: "), "{error}");
    }

    #[test]
    fn groups_are_put_into_a_replacement() {
        let pattern = BytePattern::compile("regexp", "(?P<a>.)(x)?=(.)").unwrap();
        let captures = pattern.search("é=ü".as_bytes()).unwrap().unwrap();
        let expanded = pattern.expand("ä\\3\\2\\g<a>", &captures).unwrap();
        assert_eq!(expanded, b"\xc3\xa4\xc3\xa9"[..].to_vec());
        assert!(pattern.expand("\\4", &captures).is_err());
        assert!(pattern.expand("\\g<b>", &captures).is_err());
    }
}
