//! The replies of a shell.

/// The outcome of a request.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) pieces: Vec<Piece>,
    pub(super) stderr: Vec<u8>,
}

/// The output between two marks.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// The word of the mark that ends it.
    pub(super) word: String,
}

/// A part of a reply as it arrives.
pub(super) enum Part {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// The piece ended with this word.
    Piece(String),
}

impl Reply {
    /// Returns the text of standard error, for messages.
    pub(super) fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = text.trim();
        if text.is_empty() {
            "it failed and printed nothing".to_owned()
        } else {
            text.to_owned()
        }
    }
}
