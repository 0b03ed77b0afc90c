//! Patterns for paths as tar and unzip know them.

/// Returns whether the whole text fits a pattern of `*`, `?` and `[…]`; `*` goes over slashes.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Where to take up again, with one character more for the last `*`, when what follows fails.
    let mut last_star: Option<(usize, usize)> = None;
    let (mut at, mut position) = (0, 0);
    while let Some(&character) = text.get(position) {
        match one(&pattern, at, character) {
            Step::Star => {
                last_star = Some((at + 1, position));
                at += 1;
            }
            Step::Fits(next) => {
                at = next;
                position += 1;
            }
            Step::Differs => match last_star {
                None => return false,
                Some((after, from)) => {
                    last_star = Some((after, from + 1));
                    at = after;
                    position = from + 1;
                }
            },
        }
    }
    pattern
        .get(at..)
        .unwrap_or_default()
        .iter()
        .all(|rest| *rest == '*')
}

enum Step {
    Star,
    Fits(usize),
    Differs,
}

fn one(pattern: &[char], at: usize, character: char) -> Step {
    match pattern.get(at) {
        Some('*') => Step::Star,
        Some('?') => Step::Fits(at + 1),
        Some('[') => match class(pattern.get(at + 1..).unwrap_or_default(), character) {
            Some((true, length)) => Step::Fits(at + 1 + length),
            None if character == '[' => Step::Fits(at + 1),
            _ => Step::Differs,
        },
        Some(plain) if *plain == character => Step::Fits(at + 1),
        _ => Step::Differs,
    }
}

/// Returns whether the character is in the class, and the class's length with its `]`; nothing
/// where no `]` ends it.
fn class(pattern: &[char], character: char) -> Option<(bool, usize)> {
    let negated = usize::from(matches!(pattern.first(), Some('!' | '^')));
    let mut at = negated;
    let mut within = false;
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > negated {
            return Some((within != (negated == 1), at + 1));
        }
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                within |= (low..=*high).contains(&character);
                at += 3;
            }
            _ => {
                within |= low == character;
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_whole_paths() {
        for (pattern, text, expected) in [
            ("*", "a/b", true),
            ("*.jar", "lib/a.jar", true),
            ("*.jar", "lib/a.jar.bak", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("lib/[a-c]*", "lib/bcd", true),
            ("lib/[!a-c]*", "lib/bcd", false),
            ("[]x]", "]", true),
            ("a[b", "a[b", true),
            ("*a*b*c", "xxaxxbxxbxc", true),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("ä*", "äöü", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
