//! Parses `key=value` text as Ansible does: quotes and template braces keep text together.

/// The parts of a text of arguments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KeyValues {
    /// The `key=value` pairs, unquoted, in order.
    pub(super) pairs: Vec<(String, String)>,
    /// Everything that is not a pair, as written.
    pub(super) rest: String,
}

/// Returns the pairs whose key `is_key` accepts, and the rest as written; `None` if a quote or a
/// template brace is never closed.
pub(super) fn parse(text: &str, is_key: impl Fn(&str) -> bool) -> Option<KeyValues> {
    let mut result = KeyValues::default();
    for token in split(text)? {
        let decoded = decode_escapes(&token);
        match pair(&decoded) {
            Some((key, value)) if is_key(key) => {
                let value = unquote(value.trim()).to_owned();
                result.pairs.push((key.trim().to_owned(), value));
            }
            None if decoded.contains('=') => result.append(&decoded.replace("\\=", "=")),
            _ => result.append(&token),
        }
    }
    Some(result)
}

impl KeyValues {
    fn append(&mut self, token: &str) {
        if !(self.rest.is_empty() || self.rest.ends_with('\n')) {
            self.rest.push(' ');
        }
        self.rest.push_str(token);
    }
}

/// Splits at the first `=` without a backslash before it.
fn pair(token: &str) -> Option<(&str, &str)> {
    let at = token
        .match_indices('=')
        .map(|(at, _)| at)
        .find(|at| *at > 0 && token.as_bytes().get(at - 1) != Some(&b'\\'))?;
    Some((token.get(..at)?, token.get(at + 1..)?))
}

fn unquote(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .filter(|inner| !inner.ends_with('\\'))
        .unwrap_or(text)
}

/// Splits text at spaces and line breaks outside of quotes and template braces; each token keeps
/// its trailing white space. `None` if a quote or brace is never closed.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut splitter = Splitter::default();
    let lines: Vec<&str> = text.split('\n').collect();
    for (index, line) in lines.iter().enumerate() {
        let mut continued = false;
        for (position, token) in line.split(' ').enumerate() {
            if token.is_empty() && position > 0 {
                splitter.append(" ");
            } else if token == "\\" && splitter.quote.is_none() {
                continued = true;
            } else {
                splitter.token(token, position == 0);
            }
        }
        if index + 1 < lines.len() && !continued {
            splitter.append("\n");
        }
    }
    let closed = splitter.quote.is_none() && !splitter.in_braces();
    let empty = text.is_empty();
    closed.then(|| if empty { Vec::new() } else { splitter.tokens })
}

#[derive(Default)]
struct Splitter {
    tokens: Vec<String>,
    quote: Option<char>,
    /// The number of open `{{`, `{%` and `{#`.
    depths: [usize; 3],
}

const BRACES: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

impl Splitter {
    fn in_braces(&self) -> bool {
        self.depths.iter().any(|depth| *depth > 0)
    }

    fn append(&mut self, text: &str) {
        match self.tokens.last_mut() {
            Some(last) => last.push_str(text),
            None => self.tokens.push(text.to_owned()),
        }
    }

    fn token(&mut self, token: &str, first_of_line: bool) {
        let was_quoted = self.quote.is_some();
        let was_braced = self.in_braces();
        self.quote = quote_after(token, self.quote);
        let quoted = self.quote.is_some();
        let mut added = true;
        if quoted && !was_quoted && !was_braced {
            self.tokens.push(token.to_owned());
        } else if was_braced || quoted || was_quoted {
            if !first_of_line {
                self.append(" ");
            }
            self.append(token);
        } else {
            added = false;
        }
        let before = self.depths;
        for (depth, (open, close)) in self.depths.iter_mut().zip(BRACES) {
            let opened = token.matches(open).count();
            let closed = token.matches(close).count();
            *depth = (*depth + opened).saturating_sub(closed);
        }
        let plain = !self.in_braces() && !quoted && !token.is_empty();
        if !added && (before != self.depths || plain) {
            self.tokens.push(token.to_owned());
        }
    }
}

fn quote_after(token: &str, mut quote: Option<char>) -> Option<char> {
    let mut previous = None;
    for letter in token.chars() {
        if matches!(letter, '"' | '\'') && previous != Some('\\') {
            match quote {
                Some(open) if open == letter => quote = None,
                Some(_) => {}
                None => quote = Some(letter),
            }
        }
        previous = Some(letter);
    }
    quote
}

/// Python's escapes: `\n`, `\t`, `\x41`, `\u00e9`, …
fn decode_escapes(token: &str) -> String {
    let mut decoded = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        decoded.push_str(before);
        let (letter, length) = escape_at(escape).unwrap_or(('\\', 1));
        decoded.push(letter);
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded + rest
}

/// Returns the character of the escape at the start of `text`, and the escape's length.
fn escape_at(text: &str) -> Option<(char, usize)> {
    let kind = text.chars().nth(1)?;
    let digits = |count: usize| {
        let number = text.get(2..2 + count)?;
        let hexadecimal = number.chars().all(|digit| digit.is_ascii_hexdigit());
        let code = u32::from_str_radix(number, 16).ok()?;
        Some((char::from_u32(code).filter(|_| hexadecimal)?, 2 + count))
    };
    let letter = match kind {
        'x' => return digits(2),
        'u' => return digits(4),
        'U' => return digits(8),
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '\'' | '"' => kind,
        _ => return None,
    };
    Some((letter, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_split_as_ansible_splits_it() {
        for (text, expected) in [
            ("", &[] as &[&str]),
            ("a b", &["a", "b"]),
            ("a=b c=\"foo bar\"", &["a=b", "c=\"foo bar\""]),
            ("a={{ x | y }} b", &["a={{ x | y }}", "b"]),
            ("a  b", &["a ", "b"]),
            ("a\nb", &["a\n", "b"]),
            ("a \\\nb", &["a", "b"]),
            ("'a\nb' c", &["'a\nb'", "c"]),
            ("{% if a %}b{% endif %} c", &["{% if a %}b{% endif %}", "c"]),
            ("\"a  b\"", &["\"a  b\""]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        }
        for text in ["'a", "{{ a", "a=\"b c", "{% if"] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn pairs_are_unquoted_and_the_rest_stays_as_written() {
        let parsed = |text| {
            let known = |key: &str| ["creates", "chdir", "msg"].contains(&key);
            let result = parse(text, known).unwrap();
            let pairs: Vec<_> = result
                .pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            (pairs.join(","), result.rest)
        };
        for (text, pairs, rest) in [
            ("ls -l creates=/x", "creates=/x", "ls -l"),
            ("FOO=1 ls", "", "FOO=1 ls"),
            ("msg=\"a = b\"", "msg=a = b", ""),
            ("msg='{{ a }} b'", "msg={{ a }} b", ""),
            ("msg=a\\nb", "msg=a\nb", ""),
            ("echo a\\=b", "", "echo a=b"),
            ("echo 'a  b'\nls", "", "echo 'a  b'\nls"),
            ("a chdir=\"/x y\" b", "chdir=/x y", "a b"),
        ] {
            assert_eq!(parsed(text), (pairs.to_owned(), rest.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_panic(text in "[ a='\"{}%#\\\\\n]{0,40}") {
            let _ = parse(&text, |_| true);
        }
    }
}
