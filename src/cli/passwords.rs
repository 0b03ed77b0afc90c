//! Passwords, from the terminal or a file.

use super::typed;
use crate::host::{Cancel, Secret};
use crate::source::{Problem, Result, SourceFile};
use std::path::Path;

/// The longest password that sshd takes (`MAX_PASSWORD_LEN` of its auth-passwd.c); sudo takes one byte
/// less.
const LONGEST: usize = 1024;

/// Returns the password typed at the terminal, or read from a file's first line; `None` if neither
/// is requested.
pub(super) fn read(ask: bool, file: Option<&Path>, prompt: &str) -> Result<Option<Secret>> {
    if let Some(path) = file {
        let text = SourceFile::read(path)?;
        let first = text.text.lines().next().unwrap_or_default();
        if first.len() > LONGEST {
            let message = format!(
                "{} is not a password file: its first line has {} bytes",
                path.display(),
                first.len()
            );
            let help = format!("sshd and sudo take {LONGEST} bytes at most");
            return Err(Problem::new(message).help(help).into());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_password_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (length, is_one) in [(1024, true), (1025, false)] {
            std::fs::write(&path, format!("{}\n", "x".repeat(length))).unwrap();
            let read = read(false, Some(&path), "");
            assert_eq!(read.is_ok(), is_one, "{length}");
        }
    }
}
