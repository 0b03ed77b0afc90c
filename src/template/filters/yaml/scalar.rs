//! How a scalar may be written in YAML, and how a plain one would be read.

use crate::template::regex::{Flags, compile, search};
use minijinja::Error;

/// How a text may be written.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one for each style of YAML")]
pub(super) struct Scalar {
    /// It contains line breaks.
    pub(super) multiline: bool,
    /// Without quotes inside of `[ ]` and `{ }`.
    pub(super) flow_plain: bool,
    /// Without quotes elsewhere.
    pub(super) block_plain: bool,
    /// In single quotes.
    pub(super) single_quoted: bool,
    /// As a block with `|` or `>`.
    pub(super) block: bool,
}

/// Returns whether the character ends a line for YAML.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns whether the character can be written as it is.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && character != '\u{feff}'
}

fn is_blank(character: Option<char>) -> bool {
    character.is_none_or(|character| " \t\0".contains(character) || is_break(character))
}

/// What was found in a text.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each decides about styles by itself"
)]
struct Found {
    block_indicator: bool,
    flow_indicator: bool,
    special: bool,
    line_break: bool,
    outer_white: bool,
    trailing_space: bool,
    break_then_space: bool,
    space_then_break: bool,
}

impl Found {
    fn in_text(text: &str, unicode: bool) -> Self {
        let document = text.starts_with("---") || text.starts_with("...");
        let mut found = Self {
            block_indicator: document,
            flow_indicator: document,
            ..Self::default()
        };
        let mut before = None;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let after = characters.peek().copied();
            found.indicators(character, before, after);
            found.special |= !is_printable(character) || (!character.is_ascii() && !unicode);
            found.line_break |= is_break(character);
            let white = character == ' ' || is_break(character);
            found.outer_white |= white && (before.is_none() || after.is_none());
            found.trailing_space |= character == ' ' && after.is_none();
            found.break_then_space |= character == ' ' && before.is_some_and(is_break);
            found.space_then_break |= is_break(character) && before == Some(' ');
            before = Some(character);
        }
        found
    }

    fn indicators(&mut self, character: char, before: Option<char>, after: Option<char>) {
        let start = before.is_none();
        let (flow, block) = match character {
            '#' => (start || is_blank(before), start || is_blank(before)),
            '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => (start, start),
            ',' | '[' | ']' | '{' | '}' => (true, start),
            '?' => (true, start && is_blank(after)),
            ':' => (true, is_blank(after)),
            '-' => (start && is_blank(after), start && is_blank(after)),
            _ => (false, false),
        };
        self.flow_indicator |= flow;
        self.block_indicator |= block;
    }
}

impl Scalar {
    /// Analyses a text; `unicode` says whether characters beyond ASCII are written unescaped.
    pub(super) fn of(text: &str, unicode: bool) -> Self {
        if text.is_empty() {
            return Self {
                multiline: false,
                flow_plain: false,
                block_plain: true,
                single_quoted: true,
                block: false,
            };
        }
        let found = Found::in_text(text, unicode);
        let never = found.space_then_break || found.special;
        let plain = !(found.outer_white || found.break_then_space || never || found.line_break);
        Self {
            multiline: found.line_break,
            flow_plain: plain && !found.flow_indicator,
            block_plain: plain && !found.block_indicator,
            single_quoted: !(found.break_then_space || never),
            block: !(found.trailing_space || never),
        }
    }
}

/// Plain scalars that `PyYAML` does not read as text.
const TYPES: &str = "^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF\
|[-+]?(?:[0-9][0-9_]*)\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?\
|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)\
|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+\
|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|<<|~|null|Null|NULL|=|[!&*]\
|[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\
|[0-9][0-9][0-9][0-9]-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \\t]+)[0-9][0-9]?:[0-9][0-9]:[0-9][0-9]\
(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?)$";

/// Returns whether the text without quotes would be read as something other than text.
pub(super) fn reads_as_other(text: &str) -> Result<bool, Error> {
    if text.is_empty() {
        return Ok(true);
    }
    let first = |c: char| c.is_ascii_digit() || "+-.yYnNtTfFoO<~=!&*".contains(c);
    if !text.starts_with(first) {
        return Ok(false);
    }
    Ok(search(&*compile(TYPES, Flags::default())?, text)?.is_some())
}
