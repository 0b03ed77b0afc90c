//! Converts the engine's lines and columns to places, and its type names to words.

use crate::source::{Place, SourceFile};
use rhai::Position;
use std::sync::Arc;

/// Returns the byte offset of a position.
pub(super) fn offset(file: &SourceFile, position: Position) -> Option<usize> {
    let line = position.line()?;
    let column = position.position().unwrap_or(1).max(1);
    let start = file
        .text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum::<usize>();
    let text = file.text.get(start..)?;
    let text = text.split('\n').next().unwrap_or_default();
    let before = text.char_indices().nth(column - 1);
    Some(start + before.map_or(text.len(), |(at, _)| at))
}

/// Returns the place of the word, text or symbol at a position.
pub(super) fn place(file: &Arc<SourceFile>, position: Position) -> Place {
    match offset(file, position).map(|start| after_point(&file.text, start)) {
        Some(start) => Place::new(file, start..start + length(&file.text, start)),
        None => Place::start_of(file),
    }
}

/// The name after a dot is a better place than the dot.
fn after_point(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let word = rest.strip_prefix('.').and_then(|rest| rest.chars().next());
    if word.is_some_and(|first| first.is_alphabetic() || first == '_') {
        start + 1
    } else {
        start
    }
}

/// Returns the length of the token at a byte offset: a word, a quoted text, or else one character.
fn length(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return 0;
    };
    if first.is_alphanumeric() || first == '_' {
        let word = |letter: &char| letter.is_alphanumeric() || *letter == '_';
        return rest.chars().take_while(word).map(char::len_utf8).sum();
    }
    if matches!(first, '"' | '`') {
        let line = rest.split('\n').next().unwrap_or_default();
        let end = line.get(1..).and_then(|rest| rest.find(first));
        return end.map_or(line.len(), |end| end + 2);
    }
    if first == '\n' { 0 } else { first.len_utf8() }
}

/// Returns the name of an engine's type for messages, with its article: `a text`.
pub(super) fn article(type_name: &str) -> String {
    let name = type_name.rsplit("::").next().unwrap_or(type_name);
    if name.contains("String") {
        return "a text".to_owned();
    }
    match name {
        "string" | "&str" => "a text",
        "i64" | "INT" => "a whole number",
        "f64" | "FLOAT" => "a number with a point",
        "bool" => "a boolean",
        "char" => "a character",
        "array" | "Array" => "a list",
        "map" | "Map" => "a map",
        "blob" | "Blob" => "bytes",
        "()" => "nothing",
        "Fn" | "FnPtr" => "a function",
        "lookup" | "Lookup" => "a lookup",
        "error" | "Raised" => "an error",
        super::unknown::TYPE | "Unknown" => "a value that is not known in check mode",
        "range" | "range=" => "a range",
        _ => return format!("a {name}"),
    }
    .to_owned()
}
