//! A regular file as it should be.

use super::{Attributes, Change, Refusal, backup_path};
use crate::host::{Before, Body, Content, Kind, Node, Ownership, Question, Step};
use camino::Utf8PathBuf;

/// Bytes up to which the old and the new content of a file are kept to show their difference, as
/// in Ansible (`MAX_FILE_SIZE_FOR_DIFF`).
pub const DIFF_LIMIT: u64 = 104_448;

/// A regular file as it should be.
#[derive(Debug, Clone)]
pub struct EnsureFile {
    /// Where; a symbolic link there is replaced.
    pub path: Utf8PathBuf,
    /// What it holds.
    pub body: Body,
    /// Mode, owner and group.
    pub attributes: Attributes,
    /// Whether the old file is kept beside it.
    pub backup: bool,
    /// A command that must accept the new file first; `%s` in it is the file's path.
    pub validate: Option<Vec<String>>,
}

/// Returns the question that [`Change::ensure_file`] needs the answer to.
pub fn question(path: Utf8PathBuf) -> Question {
    Question::Path {
        path,
        follow: false,
        content: Content::UpTo(DIFF_LIMIT),
    }
}

impl Change {
    /// Makes the file what it should be, given what stands there now; returns whether its content
    /// changes. A new file that is given no mode gets 0600: it is never readable by others by
    /// accident.
    pub fn ensure_file(&mut self, file: EnsureFile, found: Option<&Node>) -> Result<bool, Refusal> {
        if let Some(node) = found {
            refuse_other(&file, node)?;
            if node.kind == Kind::File && node.digest() == Some(file.body.sha256()) {
                self.ensure_attributes(&file.path, node, &file.attributes, false);
                return Ok(false);
            }
        }
        let old = found.filter(|node| node.kind == Kind::File);
        let (before, ownership) = match old {
            None => (None, file.attributes.of_new(0o600, false)),
            Some(node) => {
                let (as_is, wanted) = file.attributes.difference(node).unwrap_or_default();
                (Some(before(node, as_is)), wanted)
            }
        };
        let backup = (file.backup && old.is_some()).then(|| backup_path(&file.path));
        if let Some(backup) = &backup {
            self.returns("backup_file", backup.as_str());
        }
        self.steps.push(Step::Write {
            path: file.path,
            before,
            body: file.body,
            ownership,
            backup,
            validate: file.validate,
        });
        Ok(true)
    }
}

/// Returns what a step says that stands there.
pub(super) fn before(node: &Node, ownership: Ownership) -> Before {
    Before {
        sha256: node.digest().unwrap_or_default(),
        content: node.content.as_deref().map(Into::into),
        size: node.size,
        ownership,
    }
}

fn refuse_other(file: &EnsureFile, node: &Node) -> Result<(), Refusal> {
    match node.kind {
        Kind::File | Kind::Symlink { .. } => Ok(()),
        Kind::Directory | Kind::Other => Err(Refusal::new(format!(
            "cannot write {}: it is {}",
            file.path,
            node.kind.name()
        ))),
    }
}
