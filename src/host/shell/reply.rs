//! The replies of a shell.

use super::unfinished::TEMPORARY;

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
    /// Returns the text of standard error as a program printed it.
    pub(super) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }

    /// Returns the text of standard error, for messages.
    pub(super) fn reason(&self) -> String {
        told(&self.stderr)
    }
}

/// How many lines of what a program printed are shown.
const LINES: usize = 5;

/// Returns what a program or the shell printed, for messages: without what only concerns rmqplay's
/// own requests.
pub(super) fn told(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let mut lines: Vec<_> = text.trim().lines().map(told_in).collect();
    if lines.is_empty() {
        return "it failed and printed nothing".to_owned();
    }
    if lines.len() > LINES + 1 {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        return format!("{}\n… and {more} more lines", lines.join("\n"));
    }
    lines.join("\n")
}

/// Returns a line without the place in a request that a shell puts before it; of one about a file
/// that is moved to its place when complete, only the reason.
fn told_in(line: &str) -> &str {
    let line = without_place(line);
    match line.rsplit_once(": ") {
        Some((_, reason)) if line.contains(TEMPORARY) => reason,
        _ => line,
    }
}

/// Drops `/bin/sh: 50: eval: ` of dash, and `sh: line 50: ` of others.
fn without_place(line: &str) -> &str {
    let place = || {
        let (shell, rest) = line.split_once(": ")?;
        if !shell.ends_with("sh") || shell.contains(' ') {
            return None;
        }
        let (number, rest) = rest.split_once(": ")?;
        let number = number.strip_prefix("line ").unwrap_or(number);
        number.parse::<u32>().ok()?;
        Some(rest.strip_prefix("eval: ").unwrap_or(rest))
    };
    place().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_reason_says_nothing_of_requests_and_temporary_files() {
        for (printed, expected) in [
            (
                "mkdir: cannot create directory '/etc/.rmqplay-5847a3': Permission denied\n",
                "Permission denied",
            ),
            (
                "/bin/sh: 50: eval: cannot open /etc/shadow: Permission denied",
                "cannot open /etc/shadow: Permission denied",
            ),
            ("sh: line 7: /x: Is a directory", "/x: Is a directory"),
            (
                "bash: line 7: /etc/.rmqplay-1: Permission denied",
                "Permission denied",
            ),
            (
                "rm: cannot remove '/x': Busy",
                "rm: cannot remove '/x': Busy",
            ),
            ("no such shell", "no such shell"),
            ("", "it failed and printed nothing"),
            ("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6"),
            ("1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n… and 2 more lines"),
        ] {
            assert_eq!(told(printed.as_bytes()), expected);
        }
    }
}
