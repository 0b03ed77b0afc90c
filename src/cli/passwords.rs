//! Passwords, from the terminal or a file.

use super::typed;
use crate::host::{Cancel, Secret};
use crate::source::{Problem, Result, SourceFile};
use std::path::Path;

/// Returns the password typed at the terminal, or read from a file's first line; `None` if neither
/// is requested.
pub(super) fn read(ask: bool, file: Option<&Path>, prompt: &str) -> Result<Option<Secret>> {
    if let Some(path) = file {
        let text = SourceFile::read(path)?;
        let first = text.text.lines().next().unwrap_or_default();
        return Ok(Some(Secret::new(first.to_owned())));
    }
    if !ask {
        return Ok(None);
    }
    // Before a run begins, ^C ends rmqplay itself.
    let typed = typed::secret(prompt, &Cancel::default()).map_err(|error| {
        Problem::new(format!("cannot ask for a password: {error}"))
            .help("without a terminal, pass the password in a file".to_owned())
    })?;
    Ok(Some(Secret::new(typed)))
}
