//! Lines as Python's `str.splitlines` finds them.

/// Returns the lines of a text, with their ends if `keep_ends`.
pub(super) fn split_lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, end) = match rest.find(is_break) {
            None => (rest.len(), rest.len()),
            Some(at) if rest.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) => (at, at + 2),
            Some(at) => {
                let length = rest.get(at..).and_then(|rest| rest.chars().next());
                (at, at + length.map_or(1, char::len_utf8))
            }
        };
        lines.push(
            rest.get(..if keep_ends { end } else { line })
                .unwrap_or_default(),
        );
        rest = rest.get(end..).unwrap_or_default();
    }
    lines
}

fn is_break(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests {
    use super::split_lines;

    #[test]
    fn lines_end_where_pythons_do() {
        assert_eq!(
            split_lines("a\r\nb\n\nc\u{2028}d", false),
            ["a", "b", "", "c", "d"]
        );
        assert_eq!(split_lines("a\n", true), ["a\n"]);
        assert!(split_lines("", false).is_empty());
    }
}
