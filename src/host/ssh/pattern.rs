//! The host patterns of `known_hosts` and `ssh_config`.

/// Returns whether `text` matches a pattern with `*` (any characters) and `?` (any single one).
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // The last star and the text it has matched so far: on a mismatch it matches one character
    // more, so the time is bounded by the product of both lengths.
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(c) if *c == '?' || text.get(position) == Some(c) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, swallowed)) = star else {
                    return false;
                };
                star = Some((star_at, swallowed + 1));
                at = star_at + 1;
                position = swallowed + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

/// Returns whether `text` matches one of the patterns and none that starts with `!`.
pub(super) fn matches_list<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, text) => return false,
            None if matches(pattern, text) => found = true,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_as_in_openssh() {
        for (pattern, text, expected) in [
            ("web1", "web1", true),
            ("web1", "web12", false),
            ("*", "", true),
            ("*", "anything", true),
            ("?", "", false),
            ("web?", "web1", true),
            ("web?", "web12", false),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("[*]:2222", "[web1]:2222", true),
            ("[web1]", "w", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        for (list, text, expected) in [
            (vec!["web*", "!web3"], "web1", true),
            (vec!["web*", "!web3"], "web3", false),
            (vec!["!web3", "web*"], "web3", false),
            (vec!["!web3"], "web1", false),
            (vec![], "web1", false),
        ] {
            assert_eq!(matches_list(list.clone(), text), expected, "{list:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_with_any_part_made_a_star(text in "[a-z.]{0,12}", cut in 0_usize..12) {
            let cut = cut.min(text.len());
            let (start, end) = (&text[..cut], &text[cut..]);
            prop_assert!(matches(&text, &text));
            let matched = [format!("{start}*"), format!("*{end}"), format!("{start}*{end}X")]
                .map(|pattern| matches(&pattern, &text));
            prop_assert_eq!(matched, [true, true, false]);
        }

        #[test]
        fn many_stars_take_no_long_time(text in "a{0,200}") {
            let matched = matches(&"a*".repeat(60).replace("a*", "*a"), &format!("{text}b"));
            prop_assert!(!matched);
        }
    }
}
