//! Python's regular expressions, based on fancy-regex.

use super::bounds::{fits, look, tick};
use super::replacement::{Piece, Replacement};
use fancy_regex::{Captures, Regex, RegexBuilder};
use minijinja::{Error, ErrorKind};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How a pattern is matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// Letters match in either case.
    pub ignore_case: bool,
    /// `^` and `$` match at every line.
    pub multiline: bool,
}

/// The maximum number of cached patterns; if there are more, all are dropped.
const KEPT: usize = 512;

/// Bytes used by a match and its results.
const CAPTURES: usize = 128;

type Cache = Mutex<HashMap<(String, Flags), Arc<Regex>>>;

/// Returns the compiled form of a Python pattern.
pub fn compile(pattern: &str, flags: Flags) -> Result<Arc<Regex>, Error> {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
    let key = (pattern.to_owned(), flags);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache.get(&key) {
        return Ok(found.clone());
    }
    let translated = translate(pattern, flags.multiline || is_multiline(pattern));
    let regex = RegexBuilder::new(&translated)
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multiline)
        .build()
        .map_err(|error| wrong(format!("invalid regular expression '{pattern}': {error}")))?;
    if cache.len() >= KEPT {
        cache.clear();
    }
    let regex = Arc::new(regex);
    cache.insert(key, regex.clone());
    Ok(regex)
}

/// Returns whether a pattern itself enables `multiline`, as in `(?m)^a`.
pub fn is_multiline(pattern: &str) -> bool {
    let Some((flags, rest)) = pattern
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
    else {
        return false;
    };
    let are_flags = flags.chars().all(|letter| "aiLmsux".contains(letter));
    are_flags && (flags.contains('m') || is_multiline(rest))
}

/// Returns the pattern in the syntax of fancy-regex.
pub fn translate(pattern: &str, multiline: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut class = false;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        let next = rest.get(taken..).and_then(|rest| rest.chars().next());
        if first == '\\' {
            taken += next.map_or(0, char::len_utf8);
            match next {
                Some('Z') if !class => out.push_str("\\z"),
                // These are word boundaries in fancy-regex.
                Some(
                    sign @ ('<' | '>' | '\'' | '"' | '`' | '/' | '!' | '%' | ',' | ':' | ';' | '='
                    | '@' | '_' | ' '),
                ) => out.push(sign),
                Some('u' | 'U' | 'x') => {
                    let digits = rest.get(taken..).unwrap_or_default();
                    let most = match next {
                        Some('x') => 2,
                        Some('u') => 4,
                        _ => 8,
                    };
                    let count = digits
                        .chars()
                        .take(most)
                        .take_while(char::is_ascii_hexdigit)
                        .count();
                    out.push_str("\\x{");
                    out.push_str(digits.get(..count).unwrap_or_default());
                    out.push('}');
                    taken += count;
                }
                _ => out.push_str(rest.get(..taken).unwrap_or_default()),
            }
        } else if class {
            match first {
                ']' => {
                    class = false;
                    out.push(']');
                }
                // Set operations in fancy-regex.
                '[' | '&' | '~' => {
                    out.push('\\');
                    out.push(first);
                }
                '-' if next == Some('-') => out.push_str("\\-"),
                _ => out.push(first),
            }
        } else if first == '[' {
            class = true;
            out.push('[');
            let mut start = rest.get(1..).unwrap_or_default();
            if start.starts_with('^') {
                out.push('^');
                taken += 1;
                start = start.get(1..).unwrap_or_default();
            }
            if start.starts_with(']') {
                out.push_str("\\]");
                taken += 1;
            }
        } else if first == '$' && !multiline {
            // Python's `$` also matches before a final line break.
            out.push_str("(?=\\n?\\z)");
        } else if rest.starts_with("(?P=") {
            let name = rest.get(4..).and_then(|rest| rest.split(')').next());
            let name = name.unwrap_or_default();
            out.extend(["\\k<", name, ">"]);
            taken = 4 + name.len() + 1;
        } else if rest.starts_with("(?#") {
            taken = rest.find(')').map_or(rest.len(), |end| end + 1);
        } else if rest.starts_with("{,")
            && rest
                .get(2..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            out.push_str("{0");
        } else {
            out.push(first);
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// How many bytes are searched between two looks at the clock.
const SEARCHED: usize = 64 << 10;

/// Returns all matches from the left, like Python: an empty match may follow another match.
pub fn matches<'t>(regex: &Regex, text: &'t str) -> Result<Vec<Captures<'t, str>>, Error> {
    let mut found = Vec::new();
    let mut position = 0;
    let (mut searched, mut groups_size) = (0, 0);
    while position <= text.len() {
        tick()?;
        // Each match may look at all of the text that is left.
        searched += text.len() - position;
        if searched > SEARCHED {
            look()?;
            searched = 0;
        }
        fits(found.len().saturating_mul(CAPTURES)).map_err(wrong)?;
        let captures = regex.captures_from_pos(text, position).map_err(failed)?;
        let Some(captures) = captures else {
            break;
        };
        let Some(whole) = captures.get(0) else {
            break;
        };
        // Their groups may overlap.
        let groups = captures.iter().flatten();
        groups_size += groups.map(|group| group.as_str().len()).sum::<usize>();
        fits(groups_size).map_err(wrong)?;
        position = whole.end();
        if whole.start() == whole.end() {
            let next = text.get(position..).and_then(|rest| rest.chars().next());
            position += next.map_or(1, char::len_utf8);
        }
        found.push(captures);
    }
    Ok(found)
}

/// Returns the first match.
pub fn search<'t>(regex: &Regex, text: &'t str) -> Result<Option<Captures<'t, str>>, Error> {
    regex.captures(text).map_err(failed)
}

/// Returns `text` with the first `count` matches (0: all) replaced, and the number of replacements.
pub fn replace(
    regex: &Regex,
    text: &str,
    replacement: &str,
    count: usize,
) -> Result<(String, usize), Error> {
    let replacement = Replacement::read(replacement, regex)?;
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut done = 0;
    for captures in matches(regex, text)? {
        if count > 0 && done == count {
            break;
        }
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_str(text.get(copied..whole.start()).unwrap_or_default());
        for piece in &replacement.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(number) => numbered(&captures, *number)?,
            });
        }
        fits(out.len()).map_err(wrong)?;
        copied = whole.end();
        done += 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok((out, done))
}

/// Returns the text of a group; empty if the group is not part of the match.
pub fn numbered<'t>(captures: &Captures<'t, str>, number: usize) -> Result<&'t str, Error> {
    if number >= captures.len() {
        return Err(wrong(format!("invalid group reference {number}")));
    }
    Ok(captures.get(number).map_or("", |group| group.as_str()))
}

/// Returns the text of a named group.
pub fn named<'t>(captures: &Captures<'t, str>, name: &str) -> Result<&'t str, Error> {
    captures
        .name(name)
        .map(|group| group.as_str())
        .ok_or_else(|| wrong(format!("unknown group name '{name}'")))
}

/// Returns `text` with all characters escaped that have a meaning in patterns, like Python's
/// `re.escape`.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn failed(error: fancy_regex::Error) -> Error {
    wrong(format!("the regular expression failed: {error}"))
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, replacement: &str, text: &str) -> String {
        let regex = compile(pattern, Flags::default()).unwrap();
        replace(&regex, text, replacement, 0).unwrap().0
    }

    #[test]
    fn patterns_mean_what_they_mean_in_python() {
        for (pattern, replacement, text, expected) in [
            ("x*", "-", "abxd", "-a-b--d-"),
            ("(?P<a>.)(?P=a)", "<\\g<a>>", "aab", "<a>b"),
            ("(a)(b)", "\\2\\1", "ab", "ba"),
            ("a$", "x", "a\n", "x\n"),
            ("[]a]", "x", "]a", "xx"),
            ("[[]", "x", "[", "x"),
            ("a{,2}b", "x", "aab", "x"),
            ("\\<a\\>", "x", "<a>", "x"),
            ("(?<=a)b", "x", "ab", "ax"),
            ("^a\\Z", "x", "a", "x"),
            ("\\u00e9", "e", "é", "e"),
            ("(?m)a$", "x", "a\na\n", "x\nx\n"),
        ] {
            assert_eq!(replaced(pattern, replacement, text), expected, "{pattern}");
        }
    }
}
