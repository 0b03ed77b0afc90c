//! Shell globs as Python's `fnmatch` reads them: `*`, `?`, `[seq]`, `[!seq]`.

/// Returns whether all of `text` matches `pattern`; case matters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let tokens = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut wanted, mut at) = (0, 0);
    // Where to retry: the token after the last star, and how much that star has matched.
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (tokens.get(wanted), text.get(at)) {
            (None, None) => return true,
            (Some(Token::Star), _) => {
                wanted += 1;
                star = Some((wanted, at));
                continue;
            }
            (Some(one), Some(letter)) if one.accepts(*letter) => {
                wanted += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        match star {
            Some((after, before)) if before < text.len() => {
                star = Some((after, before + 1));
                (wanted, at) = (after, before + 1);
            }
            _ => return false,
        }
    }
}

enum Token {
    Star,
    Any,
    Letter(char),
    Set {
        inverted: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Token {
    fn accepts(&self, letter: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Letter(own) => *own == letter,
            Self::Set { inverted, ranges } => {
                let within = |(first, last): &(char, char)| (*first..=*last).contains(&letter);
                ranges.iter().any(within) != *inverted
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut rest = letters.as_slice();
    // Once a set does not end, no later one does: looking again and again would take forever.
    let mut sets_end = true;
    while let [first, tail @ ..] = rest {
        rest = tail;
        tokens.push(match first {
            '*' => Token::Star,
            '?' => Token::Any,
            '[' if sets_end => match set(tail) {
                Some((token, after)) => {
                    rest = after;
                    token
                }
                None => {
                    sets_end = false;
                    Token::Letter('[')
                }
            },
            other => Token::Letter(*other),
        });
    }
    tokens
}

/// Returns the set that starts after a `[`, and the rest after its `]`; a leading `]` is in the
/// set, and so is a `-` at either end; a range that runs backwards is empty.
fn set(letters: &[char]) -> Option<(Token, &[char])> {
    let (inverted, letters) = match letters {
        ['!', rest @ ..] => (true, rest),
        _ => (false, letters),
    };
    let end = letters.iter().skip(1).position(|letter| *letter == ']')? + 1;
    let (mut inner, after) = (letters.get(..end)?, letters.get(end + 1..)?);
    let mut ranges = Vec::new();
    while let [first, rest @ ..] = inner {
        let (last, rest) = match rest {
            ['-', last, rest @ ..] => (last, rest),
            _ => (first, rest),
        };
        ranges.push((*first, *last));
        inner = rest;
    }
    Some((Token::Set { inverted, ranges }, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs_match_as_in_python() {
        for (pattern, text, expected) in [
            ("web*", "web1", true),
            ("web*", "Web1", false),
            ("*", "", true),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("*.example.*", "a.example.com", true),
            ("a*b*c", "axxbyybzc", true),
            ("a*b*c", "axxbyyb", false),
            ("[a-c]1", "b1", true),
            ("[!a-c]1", "b1", false),
            ("[!a-c]1", "d1", true),
            ("[]x]", "]", true),
            ("[]x", "[]x", true),
            ("[a-]", "-", true),
            ("[c-a]", "b", false),
            ("x[", "x[", true),
            ("web", "web1", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_million_sets_that_do_not_end_are_letters() {
        let pattern = "[".repeat(1_000_000);
        assert!(matches(&pattern, &pattern));
        assert!(!matches(&pattern, "web1"));
        assert!(matches("[a[[!", "[a[[!"));
    }

    proptest! {
        #[test]
        fn any_pattern_and_text_are_compared(
            pattern in r"[ab*?\[\]!é-]{0,16}", text in "[abé!-]{0,16}",
        ) {
            let _ = matches(&pattern, &text);
        }

        #[test]
        fn a_name_without_special_letters_matches_itself_alone(name in "[a-z0-9.]{1,12}") {
            prop_assert!(matches(&name, &name));
            let longer = name.clone() + "x";
            prop_assert!(!matches(&name, &longer));
        }
    }
}
