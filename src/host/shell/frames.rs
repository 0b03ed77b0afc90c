//! Splits a shell's output into data and the marks between.

/// Splits a shell's output into data and the marks between.
///
/// A mark is a newline, the session's random marker, a word and a newline. Nothing else on the
/// machine knows the marker, so no other output can look like a mark.
pub(super) struct Frames {
    needle: Vec<u8>,
    buffer: Vec<u8>,
    /// Bytes at the start of the buffer that are known to contain no mark.
    searched: usize,
}

/// A part of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Something printed; never empty.
    Bytes(Vec<u8>),
    /// A mark with the word after the marker.
    Mark(String),
}

impl Frames {
    /// Returns an empty stream whose marks contain `marker`.
    pub(super) fn new(marker: &str) -> Self {
        Self {
            needle: format!("\n{marker}").into_bytes(),
            buffer: Vec::new(),
            searched: 0,
        }
    }

    /// Adds bytes that arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next complete part; bytes that may be the start of a mark are kept.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let (start, whole) = self.find();
        if start > 0 {
            let rest = self.buffer.split_off(start);
            self.searched = 0;
            return Some(Frame::Bytes(std::mem::replace(&mut self.buffer, rest)));
        }
        if !whole {
            return None;
        }
        let after = self.needle.len();
        let end = after + position(self.buffer.get(after..)?, b'\n')?;
        let word = self.buffer.get(after..end)?;
        let word = String::from_utf8_lossy(word).trim_start().to_owned();
        self.buffer.drain(..=end);
        self.searched = 0;
        Some(Frame::Mark(word))
    }

    /// Takes all bytes, whether marks or not.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.searched = 0;
        std::mem::take(&mut self.buffer)
    }

    /// Returns where the first mark starts, or what could become one, and whether it is one.
    fn find(&mut self) -> (usize, bool) {
        let mut from = self.searched;
        while let Some(rest) = self.buffer.get(from..) {
            let Some(at) = position(rest, b'\n').map(|at| from + at) else {
                break;
            };
            let candidate = self.buffer.get(at..).unwrap_or_default();
            if candidate.starts_with(&self.needle) {
                self.searched = at;
                return (at, true);
            }
            if self.needle.starts_with(candidate) {
                self.searched = at;
                return (at, false);
            }
            from = at + 1;
        }
        (self.buffer.len(), false)
    }
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(frames: &mut Frames) -> Vec<Frame> {
        std::iter::from_fn(|| frames.next()).collect()
    }

    #[test]
    fn marks_are_told_from_what_is_printed() {
        let mut frames = Frames::new("M");
        frames.push(b"a\n\nM 0\nb\nN\n\nM.3\n");
        let bytes = |text: &[u8]| Frame::Bytes(text.to_vec());
        let mark = |word: &str| Frame::Mark(word.to_owned());
        assert_eq!(
            all(&mut frames),
            [bytes(b"a\n"), mark("0"), bytes(b"b\nN\n"), mark(".3")]
        );
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_stream_arrives(
            pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'M'), any::<u8>()], 0..9), 0..5),
            cut in 1_usize..7,
        ) {
            let marker = "MMx8";
            let mut stream = Vec::new();
            for piece in &pieces {
                stream.extend_from_slice(piece);
                stream.extend_from_slice(b"\nMMx8 w\n");
            }
            let mut frames = Frames::new(marker);
            let (mut found, mut current) = (Vec::new(), Vec::new());
            for chunk in stream.chunks(cut) {
                frames.push(chunk);
                for frame in all(&mut frames) {
                    match frame {
                        Frame::Bytes(bytes) => current.extend(bytes),
                        Frame::Mark(_) => found.push(std::mem::take(&mut current)),
                    }
                }
            }
            prop_assert_eq!(found, pieces);
        }
    }
}
