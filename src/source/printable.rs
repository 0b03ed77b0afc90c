//! Text from hosts and files, made safe for a terminal.

use std::borrow::Cow;

/// Escapes control characters, so that text from a host cannot move the cursor, change the title or
/// hide lines. Line breaks and tabs are kept.
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmless = |character: char| {
        matches!(character, '\n' | '\t')
            || !(character.is_control() || is_direction_mark(character))
    };
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => {}
            character if harmless(character) => shown.push(character),
            character => shown.extend(character.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// Like `printable`, but escapes line breaks and tabs too. Names, items and labels are shown like
/// this, so that none can imitate a line of its own.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    match printable(text) {
        shown if !shown.contains(['\n', '\t']) && !text.contains('\r') => shown,
        _ => {
            let text = text.replace('\r', "\\r");
            printable(&text.replace('\n', "\\n").replace('\t', "\\t"))
                .into_owned()
                .into()
        }
    }
}

/// Like `printable` for a text with several lines: all lines but the first are indented, since only
/// rmqplay's own lines start at the margin.
pub fn indented(text: &str) -> String {
    printable(text.trim_end()).replace('\n', "\n    ")
}

/// Marks that reorder text on the screen, and line breaks that are not control characters.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        for (text, shown) in [
            ("plain\n\ttext é", "plain\n\ttext é"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\r\nb\u{7}", "a\nb\\u{7}"),
            ("x\u{202e}y", "x\\u{202e}y"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn what_is_shown_on_one_line_stays_there() {
        for (text, shown) in [
            ("plain é", "plain é"),
            ("a\nok: [b]", "a\\nok: [b]"),
            ("a\r\n\tb", "a\\r\\n\\tb"),
            ("a\rb", "a\\rb"),
            ("a\u{2028}b\u{85}", "a\\u{2028}b\\u{85}"),
            ("\u{1b}[2J\n", "\\u{1b}[2J\\n"),
        ] {
            assert_eq!(on_one_line(text), shown);
        }
        assert_eq!(indented("a\nok: [b]\n"), "a\n    ok: [b]");
    }
}
