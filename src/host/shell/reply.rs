//! What comes back from a shell.

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) pieces: Vec<Piece>,
    pub(super) stderr: Vec<u8>,
}

/// What was printed between two marks.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// The word of the mark after it.
    pub(super) word: String,
}

/// A part of a reply while it arrives.
pub(super) enum Part {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// The piece has ended, with this word.
    Piece(String),
}

impl Reply {
    /// Returns what was said on standard error, for messages.
    pub(super) fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = text.trim();
        if text.is_empty() {
            "it failed without a word".to_owned()
        } else {
            text.to_owned()
        }
    }
}
