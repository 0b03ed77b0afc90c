//! Puts a line among the lines of a file.

use crate::module::ModuleError;
use crate::modules::byte_pattern::BytePattern;

/// How to find lines.
pub(super) enum Search<'a> {
    /// A regular expression that matches anywhere in the line.
    Pattern(BytePattern),
    /// A part of the line.
    Text(&'a [u8]),
    /// The whole line without its line break.
    Line(&'a [u8]),
}

/// Where to insert a new line.
pub(super) enum Place {
    /// At the start of the file.
    Start,
    /// At the end of the file.
    End,
    /// After the line that matches.
    After(BytePattern),
    /// Before the line that matches.
    Before(BytePattern),
}

/// The wanted line.
pub(super) struct WantedLine<'a> {
    pub(super) line: &'a str,
    /// How to find the line to replace.
    pub(super) search: Option<Search<'a>>,
    /// Whether the line contains groups of the searched pattern.
    pub(super) backrefs: bool,
    /// Where to insert it if nothing is found.
    pub(super) place: Place,
    /// Whether to use the first match instead of the last.
    pub(super) first: bool,
}

/// What was found about a new line's place.
enum Spot {
    /// The line already exists.
    There(usize),
    /// This line matches the pattern for the place.
    Matches(usize),
    None,
}

/// Returns the lines of a text with their ends.
pub(super) fn of(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.map(<[u8]>::to_vec).collect()
}

impl Search<'_> {
    /// Returns whether this line matches.
    pub(super) fn finds(&self, line: &[u8]) -> Result<bool, ModuleError> {
        Ok(match self {
            Search::Pattern(pattern) => pattern.is_match(line)?,
            Search::Text(text) => {
                text.is_empty() || line.windows(text.len()).any(|part| part == *text)
            }
            Search::Line(wanted) => without_end(line) == *wanted,
        })
    }
}

impl WantedLine<'_> {
    /// Puts the line in place and returns what was done.
    pub(super) fn put(&self, lines: &mut Vec<Vec<u8>>) -> Result<&'static str, ModuleError> {
        let spot = match self.found(lines)? {
            Some(index) => {
                let line = self.expanded(lines.get(index))?;
                return Ok(replace(lines, index, line));
            }
            None => self.spot(lines)?,
        };
        let line = self.line.as_bytes();
        let index = match (spot, &self.place) {
            (Spot::There(index), _) => return Ok(replace(lines, index, line.to_vec())),
            _ if self.backrefs => return Ok(""),
            (_, Place::Start) => 0,
            (Spot::Matches(index), Place::After(_)) => index + 1,
            (Spot::Matches(index), _) => index,
            (Spot::None, _) => lines.len(),
        };
        let is_after = matches!(self.place, Place::After(_));
        if is_after
            && lines
                .get(index)
                .is_some_and(|next| without_end(next) == line)
        {
            return Ok("");
        }
        // The new line must not continue a last one that lacks its end.
        if index == lines.len()
            && let Some(last) = lines.last_mut()
            && !matches!(last.last(), Some(b'\n' | b'\r'))
        {
            last.push(b'\n');
        }
        lines.insert(index, [line, b"\n"].concat());
        Ok("line added")
    }

    /// Returns the line to replace.
    fn found(&self, lines: &[Vec<u8>]) -> Result<Option<usize>, ModuleError> {
        let Some(search) = &self.search else {
            return Ok(None);
        };
        let mut found = None;
        for (index, line) in lines.iter().enumerate() {
            if search.finds(line)? {
                found = Some(index);
                if self.first {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns the line itself if it already exists, or else the line that determines its place.
    /// Stops at the first of these if the first match counts.
    fn spot(&self, lines: &[Vec<u8>]) -> Result<Spot, ModuleError> {
        let mut there = None;
        let mut matches = None;
        for (index, line) in lines.iter().enumerate() {
            if without_end(line) == self.line.as_bytes() {
                there = Some(index);
            } else if let Place::After(pattern) | Place::Before(pattern) = &self.place
                && pattern.is_match(line)?
            {
                matches = Some(index);
                if self.first {
                    break;
                }
            }
        }
        Ok(match (there, matches) {
            (Some(index), _) => Spot::There(index),
            (None, Some(index)) => Spot::Matches(index),
            (None, None) => Spot::None,
        })
    }

    /// Returns the new line that replaces an old one.
    fn expanded(&self, old: Option<&Vec<u8>>) -> Result<Vec<u8>, ModuleError> {
        if let (true, Some(Search::Pattern(pattern)), Some(old)) =
            (self.backrefs, &self.search, old)
            && let Some(captures) = pattern.search(old)?
        {
            return pattern.expand(self.line, &captures);
        }
        Ok(self.line.into())
    }
}

fn replace(lines: &mut [Vec<u8>], index: usize, mut line: Vec<u8>) -> &'static str {
    if !line.ends_with(b"\n") {
        line.push(b'\n');
    }
    match lines.get_mut(index) {
        Some(old) if *old != line => {
            *old = line;
            "line replaced"
        }
        _ => "",
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
    line.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}
