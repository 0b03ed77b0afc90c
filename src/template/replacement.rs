//! Replacements of Python's regular expressions.

use fancy_regex::Regex;
use minijinja::{Error, ErrorKind};
use std::iter::Peekable;
use std::str::Chars;

/// A replacement for matches, such as `\2 = \g<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Its parts in order.
    pub pieces: Vec<Piece>,
}

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// A group by its number; empty if it is not part of the match.
    Group(usize),
}

impl Replacement {
    /// Parses a replacement with `\1`, `\g<1>`, `\g<name>` and Python's escapes. The groups are
    /// those of `regex`.
    pub fn read(written: &str, regex: &Regex) -> Result<Self, Error> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut letters = written.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            match escape(&mut letters, regex)? {
                Piece::Text(escaped) => text.push_str(&escaped),
                Piece::Group(number) if number >= regex.captures_len() => {
                    return Err(wrong(format!("invalid group reference {number}")));
                }
                group @ Piece::Group(_) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(group);
                }
            }
        }
        pieces.push(Piece::Text(text));
        Ok(Self { pieces })
    }
}

/// Parses what follows a backslash.
fn escape(letters: &mut Peekable<Chars>, regex: &Regex) -> Result<Piece, Error> {
    let letter = letters
        .next()
        .ok_or_else(|| wrong("bad escape (end of pattern)".to_owned()))?;
    let character = match letter {
        'g' => return group(letters, regex),
        '0' => return octal(letters, 0, 2),
        '1'..='9' => return number(letters, letter),
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        '\\' => '\\',
        letter if letter.is_ascii_alphabetic() => {
            return Err(wrong(format!("bad escape \\{letter} in the replacement")));
        }
        other => return Ok(Piece::Text(format!("\\{other}"))),
    };
    Ok(Piece::Text(character.to_string()))
}

/// Parses the rest of `\g<1>` or `\g<name>`.
fn group(letters: &mut Peekable<Chars>, regex: &Regex) -> Result<Piece, Error> {
    let mut name = String::new();
    if letters.next() == Some('<') {
        for letter in letters.by_ref() {
            if letter == '>' {
                let named = || regex.capture_names().position(|known| known == Some(&name));
                let number = name.parse().ok().or_else(named);
                return number
                    .map(Piece::Group)
                    .ok_or_else(|| wrong(format!("unknown group name '{name}'")));
            }
            name.push(letter);
        }
    }
    Err(wrong(
        "\\g in the replacement is written \\g<name>".to_owned(),
    ))
}

/// Parses the rest of a group's number, which has at most two digits; three octal digits are a
/// character.
fn number(letters: &mut Peekable<Chars>, first: char) -> Result<Piece, Error> {
    let value = |letter: char| letter.to_digit(10).unwrap_or_default();
    let Some(second) = letters.next_if(char::is_ascii_digit) else {
        return Ok(Piece::Group(value(first) as usize));
    };
    let is_octal = |letter: &char| ('0'..='7').contains(letter);
    if is_octal(&first) && is_octal(&second) && letters.peek().is_some_and(is_octal) {
        return octal(letters, value(first) * 8 + value(second), 1);
    }
    Ok(Piece::Group((value(first) * 10 + value(second)) as usize))
}

/// Parses up to `most` more octal digits.
fn octal(letters: &mut Peekable<Chars>, mut code: u32, most: usize) -> Result<Piece, Error> {
    for _ in 0..most {
        let digit = letters.peek().and_then(|letter| letter.to_digit(8));
        let Some(digit) = digit else { break };
        letters.next();
        code = code * 8 + digit;
    }
    match u8::try_from(code) {
        Ok(code) => Ok(Piece::Text(char::from(code).to_string())),
        Err(_) => Err(wrong(format!(
            "octal escape \\{code:o} in the replacement is larger than \\377"
        ))),
    }
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::{Piece, Regex, Replacement};

    #[test]
    fn escapes_mean_what_they_mean_in_python() {
        let regex = Regex::new("(?<key>.)()()()()()()()()()()()").unwrap();
        let text = |text: &str| Piece::Text(text.to_owned());
        let [one, twelve] = [1, 12].map(Piece::Group);
        for (written, expected) in [
            ("a", vec![text("a")]),
            ("\\1b", vec![text(""), one.clone(), text("b")]),
            (
                "\\12\\g<1>2",
                vec![text(""), twelve, text(""), one.clone(), text("2")],
            ),
            ("\\g<key>=", vec![text(""), one, text("=")]),
            ("\\n\\t\\\\\\.\\0\\041\\101", vec![text("\n\t\\\\.\0!A")]),
        ] {
            let read = Replacement::read(written, &regex).unwrap();
            assert_eq!(read.pieces, expected, "{written}");
        }
        for wrong in ["\\", "\\q", "\\g1", "\\g<a", "\\g<no>", "\\13", "\\777"] {
            assert!(Replacement::read(wrong, &regex).is_err(), "{wrong}");
        }
    }
}
