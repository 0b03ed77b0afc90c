//! The delimiters and blanks of a template file.

/// The delimiters and blanks of a template file; the default is Ansible's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Syntax {
    /// Whether the line break after a block is removed.
    pub trim_blocks: bool,
    /// Whether blanks before a block are removed.
    pub lstrip_blocks: bool,
    /// What ends a line of the result.
    pub newline_sequence: String,
    /// Start and end of an expression.
    pub variable: (String, String),
    /// Start and end of a statement.
    pub block: (String, String),
    /// Start and end of a comment.
    pub comment: (String, String),
}

impl Default for Syntax {
    fn default() -> Self {
        let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
            newline_sequence: "\n".to_owned(),
            variable: pair("{{", "}}"),
            block: pair("{%", "%}"),
            comment: pair("{#", "#}"),
        }
    }
}
