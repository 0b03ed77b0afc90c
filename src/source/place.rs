//! A range of a source file.

use super::SourceFile;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A range of a source file; displays as `path:line:column`.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// The bytes of `file.text` that it covers.
    pub range: Range<usize>,
}

impl Place {
    /// Returns the place for `range` of `file`, limited to the file's length and extended to whole
    /// characters.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        let text = &file.text;
        let mut end = range.end.min(text.len());
        let mut start = range.start.min(end);
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Self {
            file: file.clone(),
            range: start..end,
        }
    }

    /// Returns the place of the file's first character, for problems with the file as a whole.
    pub fn start_of(file: &Arc<SourceFile>) -> Self {
        Self::new(file, 0..0)
    }

    /// Returns the line, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// Returns the column in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.before()
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1
    }

    /// Returns the text it covers.
    pub fn text(&self) -> &str {
        self.file.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Returns `path:line`, the short form for events.
    pub fn path_and_line(&self) -> String {
        format!("{}:{}", self.file.shown(), self.line())
    }

    fn before(&self) -> &str {
        self.file
            .text
            .get(..self.range.start)
            .unwrap_or(&self.file.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}",
            self.file.shown(),
            self.line(),
            self.column()
        )
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_covers_whole_characters_of_its_file() {
        let file = SourceFile::new("x.yml", "a\u{2018}b");
        for (range, covered) in [
            (1..2, "\u{2018}"),
            (2..3, "\u{2018}"),
            (0..9, "a\u{2018}b"),
            (7..9, ""),
        ] {
            assert_eq!(Place::new(&file, range).text(), covered);
        }
    }
}
