//! The parsers of a host's shell output, for tests with arbitrary bytes.

use super::ask::foreign as ask;
use super::frames::{Frame, Frames};
use super::quote;
use crate::source::Reader;

/// Each parser with its name.
pub const READERS: &[Reader] = &[
    ("shell_distribution", ask::distribution),
    ("shell_frames", frames),
    ("shell_network", ask::network),
    ("shell_processes", ask::processes),
    ("shell_quoting", quoting),
    ("shell_stat_line", ask::stat_line),
];

/// Splits a stream into frames: the same ones however the stream arrives.
fn frames(bytes: &[u8]) {
    let cut = |size: usize| {
        let mut frames = Frames::new("mark");
        let (mut printed, mut marks) = (Vec::new(), Vec::new());
        for part in bytes.chunks(size) {
            frames.push(part);
            while let Some(frame) = frames.next() {
                match frame {
                    Frame::Bytes(bytes) => printed.extend(bytes),
                    Frame::Mark(word) => marks.push((printed.len(), word)),
                }
            }
        }
        printed.extend(frames.take());
        (printed, marks)
    };
    assert_eq!(cut(bytes.len().max(1)), cut(1));
}

/// Quotes a text: no quoted word has a newline, or ends before its last character.
fn quoting(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let word = quote::quote(&text);
    assert!(!word.contains('\n') && word.starts_with('\'') && word.ends_with('\''));
    assert_eq!(
        word.matches('\'').count() % 2,
        text.matches('\'').count() % 2
    );
    let escaped = quote::escape(bytes);
    assert!(
        escaped
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\'')
    );
    if let Some(word) = quote::quote_for_login_shell(&text) {
        assert!(word.is_ascii() && !word.contains('\n'), "{word}");
    }
}
