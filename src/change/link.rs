//! Ensures a symbolic or hard link.

use super::{Change, Refusal};
use crate::host::{Kind, Node, Step};
use camino::Utf8Path;

/// What a link may replace besides a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Nothing.
    LinksOnly,
    /// A file, or an empty directory.
    FilesToo,
}

impl Change {
    /// Makes the symbolic link point to `target`, atomically if it pointed elsewhere. `found` is
    /// what is there now, without following links. A directory is only replaced if `is_empty`.
    pub fn ensure_symlink(
        &mut self,
        path: &Utf8Path,
        target: &Utf8Path,
        found: Option<&Node>,
        replace: Replace,
        is_empty: bool,
    ) -> Result<(), Refusal> {
        let before = match found.map(|node| &node.kind) {
            Some(Kind::Symlink { target: present }) if present == target => return Ok(()),
            Some(Kind::Symlink { target: present }) => Some(present.clone()),
            Some(kind) => {
                self.clear_for_link(path, kind, replace, is_empty)?;
                None
            }
            None => None,
        };
        self.steps.push(Step::Symlink {
            path: path.to_owned(),
            target: target.to_owned(),
            before,
        });
        Ok(())
    }

    /// Makes `path` a hard link to the file `target`, given what is at both paths.
    pub fn ensure_hardlink(
        &mut self,
        path: &Utf8Path,
        target: &Utf8Path,
        found: Option<&Node>,
        existing: &Node,
        replace: Replace,
    ) -> Result<(), Refusal> {
        if let Some(node) = found {
            if (node.inode, node.device) == (existing.inode, existing.device) {
                return Ok(());
            }
            if !matches!(node.kind, Kind::Symlink { .. }) {
                let is_directory = node.kind == Kind::Directory;
                if is_directory || replace == Replace::LinksOnly {
                    return Err(in_the_way(path, &node.kind));
                }
            }
        }
        self.steps.push(Step::Hardlink {
            path: path.to_owned(),
            target: target.to_owned(),
        });
        Ok(())
    }

    fn clear_for_link(
        &mut self,
        path: &Utf8Path,
        kind: &Kind,
        replace: Replace,
        is_empty: bool,
    ) -> Result<(), Refusal> {
        if replace == Replace::LinksOnly {
            return Err(in_the_way(path, kind));
        }
        let is_directory = *kind == Kind::Directory;
        if is_directory && !is_empty {
            let message =
                format!("{path} is a directory that is not empty, so a link cannot replace it");
            return Err(Refusal::new(message));
        }
        self.steps.push(Step::Remove {
            path: path.to_owned(),
            directory: is_directory,
        });
        Ok(())
    }
}

fn in_the_way(path: &Utf8Path, kind: &Kind) -> Refusal {
    let message = format!("there is {} at {path}, not a link", kind.name());
    Refusal::new(message).help("set force: true to replace it with the link")
}
