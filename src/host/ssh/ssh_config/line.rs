//! One line of an `ssh_config` file, split into words as ssh does.

/// A line with a setting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The keyword in lower case.
    pub(super) keyword: String,
    /// The text after it and the `=`, unchanged.
    pub(super) rest: &'a str,
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\u{c}'];

impl<'a> Line<'a> {
    /// Returns the keyword and the rest, or `None` for a blank line or a comment.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches(BLANKS);
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let end = text
            .find(|c: char| c == '=' || BLANKS.contains(&c))
            .unwrap_or(text.len());
        let (keyword, rest) = text.split_at(end);
        let rest = rest.trim_start_matches(BLANKS);
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        Some(Self {
            keyword: keyword.trim_matches('"').to_lowercase(),
            rest: rest.trim_start_matches(BLANKS),
        })
    }
}

/// Splits a text into words: quotes of either kind keep spaces, a backslash escapes a quote, a
/// backslash or (outside of quotes) a space, and `#` at the start of a word begins a comment.
/// Returns `None` if a quote is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|c| BLANKS.contains(c)).is_some() {}
        match characters.peek() {
            None | Some('#') => return Some(words),
            Some(_) => words.push(word(&mut characters)?),
        }
    }
}

fn word(characters: &mut std::iter::Peekable<std::str::Chars>) -> Option<String> {
    let mut word = String::new();
    let mut quote = None;
    while let Some(c) = characters.next_if(|c| quote.is_some() || !BLANKS.contains(c)) {
        match (c, quote) {
            ('\\', _) => {
                let escaped = characters.next_if(|next| {
                    matches!(next, '\'' | '"' | '\\') || (*next == ' ' && quote.is_none())
                });
                word.push(escaped.unwrap_or(c));
            }
            ('"' | '\'', None) => quote = Some(c),
            (_, Some(open)) if open == c => quote = None,
            _ => word.push(c),
        }
    }
    quote.is_none().then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_ends_at_a_blank_or_an_equals_sign() {
        for (text, keyword, rest) in [
            ("Port 22", "port", "22"),
            ("  Port\t22  \r", "port", "22"),
            ("Port=22", "port", "22"),
            ("PORT = 22", "port", "22"),
            ("Port==22", "port", "=22"),
            ("Port", "port", ""),
            ("\"Port\" 22", "port", "22"),
            (
                "ProxyCommand nc %h %p # no comment",
                "proxycommand",
                "nc %h %p # no comment",
            ),
        ] {
            let expected = Line {
                keyword: keyword.to_owned(),
                rest,
            };
            assert_eq!(Line::parse(text), Some(expected), "{text:?}");
        }
        for text in ["", "  ", "# Port 22", " \t# x", "\r"] {
            assert_eq!(Line::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn words_are_cut_as_in_ssh() {
        for (text, expected) in [
            ("a b\tc", Some(vec!["a", "b", "c"])),
            ("\"a b\" 'c d'", Some(vec!["a b", "c d"])),
            ("a\"b c\"d", Some(vec!["ab cd"])),
            ("a\\ b \\\"c\\\\ \\n", Some(vec!["a b", "\"c\\", "\\n"])),
            ("a # b", Some(vec!["a"])),
            ("a#b", Some(vec!["a#b"])),
            ("\"\"", Some(vec![""])),
            ("'a\\'b'", Some(vec!["a'b"])),
            ("", Some(vec![])),
            ("\"a", None),
            ("a 'b", None),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(text), expected, "{text:?}");
        }
    }
}
