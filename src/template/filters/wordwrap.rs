//! The filter `wordwrap`: breaks lines at a width, like Python's `textwrap`.

use crate::template::call::Call;
use crate::template::lines::split_lines;
use crate::template::regex::{Flags, compile, matches};
use crate::value::Value;
use minijinja::Error;

/// Where a line may be broken: before and after blanks, after hyphens between letters, around
/// dashes.
const CHUNKS: &str = "\\s+|(?<=[\\w!\"'&.,?])-{2,}(?=\\w)|\\S+?(?:-(?:(?<=[^\\d\\W]{2}-)|(?<=[^\\d\\W]-[\\w!\"'&.,?]-))(?=[^\\d\\W]-?[^\\d\\W])|(?=\\s|\\Z)|(?<=[\\w!\"'&.,?])(?=-{2,}\\w))";

/// The same without hyphens.
const WORDS: &str = "\\s+|\\S+";

/// `wordwrap`: lines of at most `width` characters.
pub(super) fn wordwrap(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let width = usize::try_from(call.integer("width")?.unwrap_or(79)).unwrap_or(0);
    if width == 0 {
        return Err(call.wrong("the width must be greater than 0"));
    }
    let break_words = call.flag("break_long_words", true)?;
    let hyphens = call.flag("break_on_hyphens", true)?;
    let separator = call.text("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let chunks = compile(if hyphens { CHUNKS } else { WORDS }, Flags::default())?;
    let mut lines = Vec::new();
    for line in split_lines(&text, false) {
        let found = matches(&chunks, line)?;
        let chunks = found.iter().filter_map(|chunk| chunk.get(0));
        let chunks = chunks
            .map(|chunk| chunk.as_str())
            .filter(|chunk| !chunk.is_empty());
        lines.push(wrap(chunks.collect(), width, break_words, hyphens).join(&separator));
    }
    Ok(lines.join(&separator).into())
}

fn wrap(chunks: Vec<&str>, width: usize, break_words: bool, hyphens: bool) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    let mut chunks: Vec<&str> = chunks.into_iter().rev().collect();
    let mut lines: Vec<String> = Vec::new();
    while let Some(first) = chunks.last() {
        let mut line: Vec<&str> = Vec::new();
        let mut used = 0;
        if first.trim().is_empty() && !lines.is_empty() {
            chunks.pop();
        }
        while let Some(chunk) = chunks.last()
            && used + length(chunk) <= width
        {
            used += length(chunk);
            line.extend(chunks.pop());
        }
        if let Some(chunk) = chunks.last().copied().filter(|chunk| length(chunk) > width) {
            let space = if width < 1 { 1 } else { width - used };
            if break_words {
                let end = cut(chunk, space, hyphens);
                let (head, tail) = chunk.split_at(end);
                line.push(head);
                chunks.pop();
                chunks.push(tail);
            } else if line.is_empty() {
                line.extend(chunks.pop());
            }
        }
        if line.last().is_some_and(|last| last.trim().is_empty()) {
            line.pop();
        }
        if !line.is_empty() {
            lines.push(line.concat());
        }
    }
    lines
}

/// Returns the byte where a word that is too long is broken: after a hyphen if possible.
fn cut(chunk: &str, space: usize, hyphens: bool) -> usize {
    let byte = |count: usize| {
        let mut starts = chunk.char_indices().skip(count);
        starts.next().map_or(chunk.len(), |(byte, _)| byte)
    };
    let end = byte(space);
    let head = chunk.get(..end).unwrap_or_default();
    let hyphen = head.rfind('-').filter(|at| *at > 0);
    match hyphen {
        Some(at) if hyphens && !head.get(..at).unwrap_or_default().chars().all(|c| c == '-') => {
            at + 1
        }
        _ => end,
    }
}
