//! A text that a user wrote, kept so that errors can show its lines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that a user wrote and the name it is shown under.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user would type it, or a name in angle brackets such as `<extra vars>`.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// Returns the text under its name, to be shared by all places in it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
        })
    }

    /// Returns the folder that relative paths in this file are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}
