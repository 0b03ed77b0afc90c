//! Whether a command only looks. `probe.query` runs in check mode too, so a script's word for it is
//! not enough: what is not in the table is refused.
//!
//! The table says what is allowed, never what is not. Options stand there as they must be written:
//! an abbreviated one is refused, since what it means depends on the program's version.

mod find;
mod operand;
mod table;

use crate::host::Command;
use table::{PROGRAMS, Program};

/// The folders whose programs are those of the table. Elsewhere a file of that name may be anything.
const FOLDERS: &[&str] = &["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

/// Variables that change nothing but language, time zone and width of what a program prints. Others
/// may make it load or write files (`LD_PRELOAD`, `PATH`, `JAVA_TOOL_OPTIONS`).
const VARIABLES: &[&str] = &["COLUMNS", "LANG", "LANGUAGE", "TZ"];

/// How the options of a program are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Letters may stand together, as in `-la`, and options after operands.
    Letters,
    /// Each option is a word of its own.
    Words,
    /// It has no options: all words are operands.
    Operands,
}

/// Returns whether a command is known to change nothing.
pub(super) fn only_looks(command: &Command) -> bool {
    let Some((program, arguments)) = command.argv.split_first() else {
        return false;
    };
    let Some(name) = base_name(program) else {
        return false;
    };
    let folder = command.chdir.as_ref().map(|folder| folder.as_str());
    if command.argv.iter().any(|word| word.contains('\0')) {
        return false;
    }
    if name == "find" {
        return find::only_looks(arguments);
    }
    let mut entries = PROGRAMS.iter().filter(|entry| is_among(name, entry.names));
    entries.any(|entry| entry.takes(arguments, folder))
}

/// Returns whether a word is one of those in a text.
fn is_among(word: &str, words: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Returns whether a variable of the environment only changes how something is shown.
pub(super) fn is_harmless(variable: &str) -> bool {
    VARIABLES.contains(&variable) || variable.starts_with("LC_")
}

/// Returns the name of a program that is in one of the system's folders, or searched there.
fn base_name(program: &str) -> Option<&str> {
    match program.rsplit_once('/') {
        None => Some(program),
        Some((folder, name)) => FOLDERS.contains(&folder).then_some(name),
    }
}

impl Program {
    /// Returns whether it only looks with these arguments.
    fn takes(&self, arguments: &[String], folder: Option<&str>) -> bool {
        let mut arguments = arguments;
        if !self.first.is_empty() {
            let Some((first, rest)) = arguments.split_first() else {
                return false;
            };
            if !is_among(first, self.first) {
                return false;
            }
            arguments = rest;
        }
        let Some(operands) = self.operands_of(arguments) else {
            return false;
        };
        match (self.verbs, operands.split_first()) {
            ("", _) => self.operands.take(&operands, folder),
            (_, None) => true,
            (verbs, Some((verb, rest))) => {
                is_among(verb, verbs) && self.operands.take(rest, folder)
            }
        }
    }

    /// Returns what is left without the options; nothing if one is not in the table.
    fn operands_of<'a>(&self, arguments: &'a [String]) -> Option<Vec<&'a str>> {
        let mut words = arguments.iter().map(String::as_str);
        if self.style == Style::Operands {
            return Some(words.collect());
        }
        let mut operands = Vec::new();
        while let Some(word) = words.next() {
            if word.len() < 2 || !word.starts_with('-') {
                operands.push(word);
            } else if word == "--" && self.style == Style::Letters {
                break;
            } else if self.option(word)? == Needs::Value {
                let value = words.next().filter(|value| !is_like_option(value))?;
                if !self.operands.takes_value(value) {
                    return None;
                }
            }
        }
        operands.extend(words);
        Some(operands)
    }

    /// Returns whether a value follows an option; nothing if it is not in the table.
    fn option(&self, word: &str) -> Option<Needs> {
        if is_among(word, self.options) {
            return Some(Needs::Nothing);
        }
        if self.has_with_value(word) {
            return Some(Needs::Value);
        }
        if word.starts_with("--") {
            let (name, value) = word.split_once('=')?;
            let fits = self.has_with_value(name) && self.operands.takes_value(value);
            return fits.then_some(Needs::Nothing);
        }
        if self.style == Style::Words {
            return None;
        }
        let letters = word.get(1..)?;
        if letters.bytes().all(|digit| digit.is_ascii_digit()) {
            return is_among("-#", self.options).then_some(Needs::Nothing);
        }
        self.letters(letters)
    }

    /// Returns whether a value follows letters that stand together.
    fn letters(&self, letters: &str) -> Option<Needs> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let option = format!("-{letter}");
            if self.has_with_value(&option) {
                let value = rest.as_str();
                let needs = if value.is_empty() {
                    Needs::Value
                } else {
                    Needs::Nothing
                };
                return self.operands.takes_value(value).then_some(needs);
            }
            if !is_among(&option, self.options) {
                return None;
            }
        }
        Some(Needs::Nothing)
    }

    fn has_with_value(&self, option: &str) -> bool {
        let mut known = self.options.split(' ');
        known.any(|known| known.strip_suffix('=') == Some(option))
    }
}

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Value,
}

/// Returns whether a value may be an option to another version of the program.
fn is_like_option(word: &str) -> bool {
    let second = word.strip_prefix('-').and_then(|rest| rest.chars().next());
    second.is_some_and(|second| !second.is_ascii_digit())
}

#[cfg(test)]
mod tests;
