//! Replacements in a text that remember the original places.

use std::ops::Range;

/// Replacements in a text, which may be collected in any order but do not overlap.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    /// The order among edits at the same byte.
    rank: isize,
    with: String,
}

impl Edits {
    /// Replaces a range of the text.
    pub(super) fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.push(range, isize::MAX, with.into());
    }

    /// Encloses a range; if two have the same start or end, the one collected first is outside.
    pub(super) fn enclose(&mut self, range: Range<usize>, open: &str, close: &str) {
        let order = isize::try_from(self.0.len()).unwrap_or_default();
        self.push(range.end..range.end, -1 - order, close.to_owned());
        self.push(range.start..range.start, order, open.to_owned());
    }

    fn push(&mut self, range: Range<usize>, rank: isize, with: String) {
        self.0.push(Edit { range, rank, with });
    }

    /// Returns the text with all replacements made, and where its parts came from.
    pub(super) fn apply(mut self, text: &str) -> (String, Origins) {
        self.0.sort_by_key(|edit| (edit.range.start, edit.rank));
        let mut out = String::with_capacity(text.len() + 16 * self.0.len());
        let mut origins = Vec::with_capacity(self.0.len());
        let mut done = 0;
        for Edit { range, with, .. } in self.0 {
            out.push_str(text.get(done..range.start).unwrap_or_default());
            origins.push(Origin {
                new: out.len()..out.len() + with.len(),
                old: range.clone(),
            });
            out.push_str(&with);
            done = range.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        (out, Origins(origins))
    }
}

#[derive(Debug)]
struct Origin {
    new: Range<usize>,
    old: Range<usize>,
}

/// Where the parts of a changed text came from.
#[derive(Debug, Default)]
pub(super) struct Origins(Vec<Origin>);

impl Origins {
    /// Returns the range of the original text that `range` of the changed text came from.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.offset(range.start, |origin| origin.old.start);
        start..self.offset(range.end, |origin| origin.old.end).max(start)
    }

    fn offset(&self, offset: usize, within: impl Fn(&Origin) -> usize) -> usize {
        let before = self.0.iter().take_while(|origin| origin.new.start < offset);
        match before.last() {
            None => offset,
            Some(last) if offset < last.new.end => within(last),
            Some(last) => last.old.end + (offset - last.new.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_where_it_came_from() {
        let mut edits = Edits::default();
        edits.replace(6..7, "+++");
        edits.enclose(2..10, "(", ")");
        edits.enclose(2..10, "(", "]");
        let (text, origins) = edits.apply("ab cd - ef");
        assert_eq!(text, "ab(( cd +++ ef])");
        assert_eq!(origins.range(0..2), 0..2);
        assert_eq!(origins.range(5..7), 3..5);
        assert_eq!(origins.range(12..14), 8..10);
        assert_eq!(origins.range(9..10), 6..7);
    }
}
