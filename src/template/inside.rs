//! Finds the place of a part of a node's text in its file.

use crate::source::Place;
use crate::yaml::Node;
use std::ops::Range;

/// Returns the place of the bytes `range` of a text node, or the whole node's if YAML's quoting and
/// folding leave no simple mapping.
pub(super) fn inside(node: &Node, range: Range<usize>) -> Place {
    let text = node.as_text().unwrap_or_default();
    let raw = node.place.text();
    let start = node.place.range.start;
    if let Some(offset) = raw.find(text) {
        let base = start + offset;
        return Place::new(&node.place.file, base + range.start..base + range.end);
    }
    match (
        raw_offset(raw, text, range.start),
        raw_offset(raw, text, range.end),
    ) {
        (Some(from), Some(to)) if from <= to => {
            Place::new(&node.place.file, start + from..start + to)
        }
        _ => node.place.clone(),
    }
}

/// Walks both texts up to the byte `offset` of `text`, treating all runs of white space as equal,
/// and returns the matching offset in `raw`.
fn raw_offset(raw: &str, text: &str, offset: usize) -> Option<usize> {
    let quote = raw.chars().next().filter(|quote| "\"'".contains(*quote));
    let mut at = match raw.chars().next()? {
        '"' | '\'' => 1,
        '|' | '>' => raw.find('\n')?,
        _ => 0,
    };
    for character in text.get(..offset)?.chars() {
        if character.is_whitespace() {
            continue;
        }
        at = skip_white(raw, at, quote);
        let rest = raw.get(at..)?;
        at += match (quote, rest.chars().next()?) {
            (Some('"'), '\\') => {
                1 + rest
                    .chars()
                    .nth(1)
                    .filter(|next| *next == character)?
                    .len_utf8()
            }
            (Some('\''), '\'') if character == '\'' => 2,
            (_, found) if found == character => found.len_utf8(),
            _ => return None,
        };
    }
    Some(if text.get(offset..)?.starts_with(char::is_whitespace) {
        at
    } else {
        skip_white(raw, at, quote)
    })
}

fn skip_white(raw: &str, mut at: usize, quote: Option<char>) -> usize {
    while let Some(rest) = raw.get(at..) {
        if rest.starts_with(char::is_whitespace) {
            at += rest.chars().next().map_or(1, char::len_utf8);
        } else if quote == Some('"')
            && ["\\n", "\\t", "\\r"]
                .iter()
                .any(|escape| rest.starts_with(escape))
        {
            at += 2;
        } else if quote == Some('"') && rest.starts_with("\\\n") {
            at += 1;
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn a_part_of_a_scalar_has_its_own_place() {
        for yaml in [
            "a: x {{ y }}\n",
            "a: \"x {{ y }}\"\n",
            "a: \"{{ \\\"q\\\" ~ y }}\"\n",
            "a: 'it''s {{ y }}'\n",
            "a: |\n  one\n  two {{ y }}\n",
            "a: >-\n  one\n  two {{ y }}\n",
            "a: \"one\\n  two {{ y }}\"\n",
        ] {
            let file = SourceFile::new("t.yml", yaml);
            let node = crate::yaml::read(&file).unwrap();
            let node = node.get("a").unwrap();
            let offset = node.as_text().unwrap().find('y').unwrap();
            let expected = yaml.find('y').unwrap();
            let place = inside(node, offset..offset + 1);
            assert_eq!(place.range, expected..expected + 1, "{yaml}");
        }
    }
}
