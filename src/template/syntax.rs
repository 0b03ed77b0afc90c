//! The delimiters of a template file and its handling of line breaks.

use crate::source::{Place, Problem, SourceFile};
use std::sync::Arc;

/// The delimiters and the handling of blanks of a template file; the default is Ansible's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Syntax {
    /// Whether the line break after a block is removed.
    pub trim_blocks: bool,
    /// Whether blanks before a block are removed.
    pub lstrip_blocks: bool,
    /// The line ending of the result.
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

/// The start of the first line of a file that sets its own syntax.
const HEADER: &str = "#jinja2:";

impl Syntax {
    /// Returns the syntax set by the file's `#jinja2:` line, and where its text starts.
    pub(super) fn of_file(&self, file: &Arc<SourceFile>) -> Result<(Self, usize), Problem> {
        let Some(rest) = file.text.strip_prefix(HEADER) else {
            return Ok((self.clone(), 0));
        };
        let mut syntax = self.clone();
        let line = rest.lines().next().unwrap_or_default();
        let mut offset = HEADER.len();
        for pair in line.split(',') {
            let place = Place::new(file, offset..offset + pair.len());
            offset += pair.len() + 1;
            let Some((key, value)) = pair.split_once(':') else {
                let message = "a setting of the #jinja2: line must be NAME: VALUE";
                return Err(Problem::at(&place, message));
            };
            if let Err(message) = syntax.set(key.trim(), value.trim()) {
                return Err(Problem::at(&place, message));
            }
        }
        let end = HEADER.len() + line.len();
        let rest = file.text.get(end..).unwrap_or_default();
        let line_break = if rest.starts_with("\r\n") { 2 } else { 1 };
        Ok((syntax, (end + line_break).min(file.text.len())))
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let text = || unquoted(value).ok_or_else(|| format!("{key} must be a quoted string"));
        let flag = || match value {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err(format!("{key} must be True or False, not {value}")),
        };
        match key {
            "block_start_string" => self.block.0 = text()?,
            "block_end_string" => self.block.1 = text()?,
            "variable_start_string" => self.variable.0 = text()?,
            "variable_end_string" => self.variable.1 = text()?,
            "comment_start_string" => self.comment.0 = text()?,
            "comment_end_string" => self.comment.1 = text()?,
            "newline_sequence" => self.newline_sequence = text()?,
            "trim_blocks" => self.trim_blocks = flag()?,
            "lstrip_blocks" => self.lstrip_blocks = flag()?,
            // The template module always keeps line breaks at the end.
            "keep_trailing_newline" => drop(flag()?),
            _ => return Err(format!("the #jinja2: line has no setting {key}")),
        }
        Ok(())
    }

    /// Returns the syntax for minijinja.
    pub(super) fn config(&self) -> Result<minijinja::syntax::SyntaxConfig, minijinja::Error> {
        minijinja::syntax::SyntaxConfig::builder()
            .block_delimiters(self.block.0.clone(), self.block.1.clone())
            .variable_delimiters(self.variable.0.clone(), self.variable.1.clone())
            .comment_delimiters(self.comment.0.clone(), self.comment.1.clone())
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(false)
            .build()
    }
}

fn unquoted(value: &str) -> Option<String> {
    let inner = ['\'', '"']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))?;
    Some(
        inner
            .replace("\\n", "\n")
            .replace("\\r", "\r")
            .replace("\\t", "\t"),
    )
}
