//! Text from hosts, made safe for a terminal.

use std::borrow::Cow;

/// Returns the text with control characters shown as escapes, so that what a host sent cannot
/// move the cursor, change the title or hide lines. Line breaks and tabs stay.
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

/// Marks that reorder text on the screen.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
}
