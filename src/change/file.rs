//! Ensures the content and attributes of a regular file.

use super::{Attributes, Change, Refusal, backup_path};
use crate::host::{Before, Body, Content, Kind, Node, Ownership, Question, Step};
use camino::{Utf8Path, Utf8PathBuf};

/// Files up to this size in bytes are kept to show their difference, as in Ansible
/// (`MAX_FILE_SIZE_FOR_DIFF`).
pub const DIFF_LIMIT: u64 = 104_448;

/// The mode that a symbolic mode of a new file modifies.
const USUAL: u32 = 0o644;

/// The desired state of a regular file.
#[derive(Debug, Clone)]
pub struct EnsureFile {
    /// Its path; a symbolic link there is replaced.
    pub path: Utf8PathBuf,
    /// Its content.
    pub body: Body,
    /// Mode, owner and group.
    pub attributes: Attributes,
    /// Whether to keep a backup of the old file.
    pub backup: bool,
    /// A command that must accept the new file first; `%s` in it is the file's path.
    pub validate: Option<Vec<String>>,
}

/// A regular file with the same content as another file of the host.
#[derive(Debug, Clone)]
pub struct EnsureCopy {
    /// The other file.
    pub from: Utf8PathBuf,
    /// Its path; a symbolic link there is replaced.
    pub to: Utf8PathBuf,
    /// SHA-256 of the other file.
    pub sha256: String,
    /// Mode, owner and group.
    pub attributes: Attributes,
    /// Whether to keep a backup of the old file.
    pub backup: bool,
}

/// Returns the question for [`Change::ensure_file`].
pub fn question(path: Utf8PathBuf) -> Question {
    Question::Path {
        path,
        follow: false,
        content: Content::UpTo(DIFF_LIMIT),
    }
}

impl Change {
    /// Writes the file if it differs from what is there now; returns whether its content changes.
    /// Without a mode, a new file gets 0666 minus the host's umask.
    pub fn ensure_file(&mut self, file: EnsureFile, found: Option<&Node>) -> Result<bool, Refusal> {
        let sha256 = file.body.sha256();
        let EnsureFile {
            path,
            attributes,
            backup,
            ..
        } = &file;
        let Some(replaced) = self.replaced(path, &sha256, attributes, *backup, found)? else {
            return Ok(false);
        };
        self.steps.push(Step::Write {
            path: file.path,
            before: replaced.before,
            body: file.body,
            ownership: replaced.ownership,
            backup: replaced.backup,
            validate: file.validate,
        });
        Ok(true)
    }

    /// Creates a copy of another file of the host; otherwise like [`Change::ensure_file`].
    pub fn ensure_copy(&mut self, copy: EnsureCopy, found: Option<&Node>) -> Result<bool, Refusal> {
        let EnsureCopy {
            from,
            to,
            sha256,
            attributes,
            backup,
        } = copy;
        let Some(replaced) = self.replaced(&to, &sha256, &attributes, backup, found)? else {
            return Ok(false);
        };
        self.steps.push(Step::Copy {
            from,
            to,
            before: replaced.before,
            sha256,
            ownership: replaced.ownership,
            backup: replaced.backup,
        });
        Ok(true)
    }

    /// Returns what the new file replaces. `None` means that the content is already right and only
    /// attributes change.
    fn replaced(
        &mut self,
        path: &Utf8Path,
        sha256: &str,
        attributes: &Attributes,
        backup: bool,
        found: Option<&Node>,
    ) -> Result<Option<Replaced>, Refusal> {
        let Some(node) = found.filter(|node| !matches!(node.kind, Kind::Symlink { .. })) else {
            return Ok(Some(Replaced {
                before: None,
                ownership: attributes.of_new(USUAL, false),
                backup: None,
            }));
        };
        if node.kind != Kind::File {
            let kind = node.kind.name();
            return Err(Refusal::new(format!("cannot write {path}: it is {kind}")));
        }
        if node.digest().as_deref() == Some(sha256) {
            self.ensure_attributes(path, node, attributes, false);
            return Ok(None);
        }
        let backup = backup.then(|| backup_path(path));
        if let Some(backup) = &backup {
            self.returns("backup_file", backup.as_str());
        }
        let (as_is, ownership) = attributes.difference(node).unwrap_or_default();
        Ok(Some(Replaced {
            before: Some(before(node, as_is)),
            ownership,
            backup,
        }))
    }
}

/// What a new file replaces.
struct Replaced {
    before: Option<Before>,
    ownership: Ownership,
    backup: Option<Utf8PathBuf>,
}

/// Returns how a step describes what is there.
fn before(node: &Node, ownership: Ownership) -> Before {
    Before {
        sha256: node.digest().unwrap_or_default(),
        content: node.content.as_deref().map(Into::into),
        size: node.size,
        ownership,
    }
}
