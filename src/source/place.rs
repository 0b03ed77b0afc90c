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
    /// The bytes of `file.text` it covers.
    pub range: Range<usize>,
}

impl Place {
    /// Returns the place that covers `range` of `file`, cut to the file's length.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        let end = range.end.min(file.text.len());
        Self {
            file: file.clone(),
            range: range.start.min(end)..end,
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

    /// Returns `path:line`, the short form that events carry.
    pub fn path_and_line(&self) -> String {
        format!("{}:{}", self.file.path.display(), self.line())
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
            self.file.path.display(),
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
