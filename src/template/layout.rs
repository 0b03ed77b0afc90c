//! Layout that Jinja2 handles before parsing a template, and minijinja does not.

use super::edits::Edits;
use minijinja::syntax::SyntaxConfig;

/// Converts all line breaks to `\n`.
pub(super) fn line_breaks(text: &str) -> Edits {
    let mut edits = Edits::default();
    for (at, _) in text.match_indices('\r') {
        let follows = text
            .get(at + 1..)
            .is_some_and(|rest| rest.starts_with('\n'));
        edits.replace(at..at + 1, if follows { "" } else { "\n" });
    }
    edits
}

/// Keeps the line break after `{% raw %}`, which `trim_blocks` does not remove.
pub(super) fn raw_blocks(text: &str, syntax: &SyntaxConfig) -> Edits {
    let mut edits = Edits::default();
    let (block, variable) = (syntax.block_delimiters(), syntax.variable_delimiters());
    let comment = syntax.comment_delimiters();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let starts = [block, variable, comment].map(|(start, _)| rest.find(start));
        let Some(first) = starts.iter().flatten().min().copied() else {
            break;
        };
        let begin = at + first;
        let (start, end) = if starts[2] == Some(first) {
            comment
        } else if starts[1] == Some(first) {
            variable
        } else {
            block
        };
        let inner = begin + start.len();
        let is_block =
            starts[0] == Some(first) && starts[1] != Some(first) && starts[2] != Some(first);
        if is_block && let Some(after) = tag(text, inner, "raw", end) {
            let close = after - end.len();
            if !text
                .get(..close)
                .is_some_and(|text| text.ends_with(['-', '+']))
            {
                edits.replace(close..close, "+");
            }
            at = end_of_raw(text, after, block);
            continue;
        }
        let length = text.get(inner..).and_then(|rest| rest.find(end));
        at = length.map_or(text.len(), |length| inner + length + end.len());
    }
    edits
}

/// Returns where a statement of one word ends, including its closing delimiter.
fn tag(text: &str, inner: usize, word: &str, end: &str) -> Option<usize> {
    let rest = text.get(inner..)?;
    let word_start = rest.trim_start_matches(['-', '+']).trim_start();
    let after = word_start.strip_prefix(word)?.trim_start();
    let after = after.strip_prefix(['-', '+']).unwrap_or(after);
    let after = after.strip_prefix(end)?;
    Some(text.len() - after.len())
}

fn end_of_raw(text: &str, from: usize, (start, end): (&str, &str)) -> usize {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(start)) {
        let inner = at + found + start.len();
        if let Some(after) = tag(text, inner, "endraw", end) {
            return after;
        }
        at = inner;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_open_raw_text_are_changed() {
        let text = "{% raw %}\n{% raw %}{% endraw %}{# {% raw %} #}{{ '{% raw %}' }}{%- raw -%}{% endraw %}";
        let (text, _) = raw_blocks(text, &SyntaxConfig::default()).apply(text);
        assert_eq!(
            text,
            "{% raw +%}\n{% raw %}{% endraw %}{# {% raw %} #}{{ '{% raw %}' }}{%- raw -%}{% endraw %}"
        );
    }
}
