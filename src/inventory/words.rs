//! Splits a line of an INI inventory into words as a shell would: quotes, backslashes, comments.

use std::ops::Range;

/// A word of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its text, without quotes and backslashes.
    pub(super) text: String,
    /// The bytes of the line that it covers.
    pub(super) range: Range<usize>,
    /// Whether a comment follows it directly, without a space.
    pub(super) cut_by_comment: bool,
}

/// Returns the words of a line, or what is wrong with it; the rules are those of Python's `shlex`,
/// so a `#` starts a comment even in the middle of a word.
pub(super) fn split(line: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut letters = line.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '#' {
            words.extend(word.take().map(|word| Word {
                cut_by_comment: true,
                ..word
            }));
            break;
        }
        if matches!(letter, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word {
            text: String::new(),
            range: at..at,
            cut_by_comment: false,
        });
        match letter {
            '\'' => loop {
                match letters.next() {
                    Some((_, '\'')) => break,
                    Some((_, letter)) => word.text.push(letter),
                    None => return Err("a ' is not closed"),
                }
            },
            '"' => loop {
                match letters.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => match letters.next() {
                        Some((_, escaped @ ('"' | '\\'))) => word.text.push(escaped),
                        Some((_, other)) => word.text.extend(['\\', other]),
                        None => return Err("a \" is not closed"),
                    },
                    Some((_, letter)) => word.text.push(letter),
                    None => return Err("a \" is not closed"),
                }
            },
            '\\' => match letters.next() {
                Some((_, escaped)) => word.text.push(escaped),
                None => return Err("the line ends with a backslash"),
            },
            other => word.text.push(other),
        }
        word.range.end = letters.offset();
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_split_as_in_a_shell() {
        for (line, expected) in [
            ("a b=c  d", Ok(vec!["a", "b=c", "d"])),
            ("a b='c d'\"e f\"g", Ok(vec!["a", "b=c de fg"])),
            ("a ''", Ok(vec!["a", ""])),
            ("a # b", Ok(vec!["a"])),
            ("a x=b#c d", Ok(vec!["a", "x=b"])),
            ("a 'b#c'", Ok(vec!["a", "b#c"])),
            (
                r#"a "b\"c\d" e\ f '\'"#,
                Ok(vec!["a", r#"b"c\d"#, "e f", r"\"]),
            ),
            ("a 'b", Err("a ' is not closed")),
            ("a \"b", Err("a \" is not closed")),
            ("a \\", Err("the line ends with a backslash")),
        ] {
            let words = split(line);
            let texts = words
                .as_ref()
                .map(|words| words.iter().map(|word| &*word.text).collect());
            assert_eq!(texts.map_err(|message| *message), expected, "{line}");
        }
    }

    #[test]
    fn words_know_where_they_stand() {
        let words = split("ab  c='d e'#f").unwrap();
        assert_eq!(
            (words[0].range.clone(), words[0].cut_by_comment),
            (0..2, false)
        );
        assert_eq!(
            (words[1].range.clone(), words[1].cut_by_comment),
            (4..11, true)
        );
    }

    proptest! {
        #[test]
        fn any_line_is_split_or_refused(line in "[a='\"\\\\ #é]{0,24}") {
            if let Ok(words) = split(&line) {
                prop_assert!(words.iter().all(|word| line.get(word.range.clone()).is_some()));
            }
        }
    }
}
