//! Writes YAML scalars in each of their styles.

use super::emitter::Emitter;
use super::scalar::{is_break, is_printable};

impl Emitter {
    /// Writes a text without quotes.
    pub(super) fn plain(&mut self, text: &str, may_break: bool) {
        if !self.whitespace && (!text.is_empty() || self.flow_level > 0) {
            self.put(' ');
        }
        self.running(text, may_break, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes a text in single quotes.
    pub(super) fn single_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("'", true, false, false);
        self.running(text, may_break, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes the text of a plain or single-quoted scalar, breaking it at blanks beyond the width.
    fn running(&mut self, text: &str, may_break: bool, quoted: bool) {
        let (mut spaces, mut breaks) = (false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((index, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            if character == ' ' {
                let inside = !quoted || (index > 0 && next.is_some());
                let wide = may_break && !spaces && self.column > self.options.width;
                if wide && inside && next != Some(' ') {
                    self.new_line();
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else if is_break(character) {
                if !breaks && character == '\n' {
                    self.put_break('\n');
                }
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                if quoted && character == '\'' {
                    self.put('\'');
                }
                self.put(character);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
        if quoted && breaks {
            self.new_line();
        }
    }

    /// Writes a text in double quotes.
    pub(super) fn double_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        let mut characters = text.char_indices().peekable();
        while let Some((index, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let beyond = !self.options.unicode && !character.is_ascii();
            if !is_printable(character)
                || beyond
                || is_break(character)
                || "\"\\".contains(character)
            {
                self.escape(character);
                spaces = false;
            } else if character == ' ' {
                let wide = may_break && !spaces && self.column > self.options.width;
                if wide && index > 0 && next.is_some() {
                    self.new_line();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else {
                self.put(character);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "0",
            '\x07' => "a",
            '\x08' => "b",
            '\t' => "t",
            '\n' => "n",
            '\x0b' => "v",
            '\x0c' => "f",
            '\r' => "r",
            '\x1b' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let code = u32::from(character);
        let text = match code {
            _ if !short.is_empty() => short.to_owned(),
            0..=0xff => format!("x{code:02X}"),
            0x100..=0xffff => format!("u{code:04X}"),
            _ => format!("U{code:08X}"),
        };
        self.put('\\');
        text.chars().for_each(|character| self.put(character));
    }

    /// Writes `|` or `>` with the indicators for white space at the ends.
    fn block_start(&mut self, sign: &str, text: &str) {
        self.indicator(sign, true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            let hint = self.options.indent.to_string();
            self.indicator(&hint, false, false, false);
        }
        self.open_ended = false;
        let mut back = text.chars().rev();
        match back.next() {
            Some(last) if is_break(last) => {
                if back.next().is_none_or(is_break) {
                    self.indicator("+", false, false, false);
                    self.open_ended = true;
                }
            }
            _ => self.indicator("-", false, false, false),
        }
        self.put_break('\n');
        self.indention = true;
        self.whitespace = true;
    }

    /// Writes a text as a block that keeps its line breaks.
    pub(super) fn literal(&mut self, text: &str) {
        self.block_start("|", text);
        let mut breaks = true;
        for character in text.chars() {
            if is_break(character) {
                self.put_break(character);
                self.indention = true;
            } else {
                if breaks {
                    self.new_line();
                }
                self.put(character);
                self.indention = false;
            }
            breaks = is_break(character);
        }
    }

    /// Writes a text as a block whose lines are joined when read.
    pub(super) fn folded(&mut self, text: &str) {
        self.block_start(">", text);
        let (mut breaks, mut leading_spaces) = (true, true);
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            if is_break(character) {
                if !breaks && !leading_spaces && character == '\n' {
                    let next = rest.trim_start_matches(is_break).chars().next();
                    if next.is_some_and(|next| !" \t".contains(next)) {
                        self.put_break('\n');
                    }
                }
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                    leading_spaces = " \t".contains(character);
                }
                let space = character == ' ';
                if !breaks && space && !after.starts_with(' ') && self.column > self.options.width {
                    self.new_line();
                } else {
                    self.put(character);
                }
                self.indention = false;
                breaks = false;
            }
            rest = after;
        }
    }
}
