//! The difference between an archive and what a host already has.

use super::USUAL_OF_FOLDERS;
use crate::archive::Selected;
use crate::change::{Attributes, Change, Mode};
use crate::host::{Before, Kind, Node, Ownership, Step};
use crate::module::ModuleError;
use camino::Utf8Path;

/// The difference between an archive and what a host already has.
pub(super) struct Comparison<'a> {
    dest: &'a Utf8Path,
    attributes: Attributes,
    keep_newer: bool,
    /// Removes what is of a different kind.
    pub(super) removed: Vec<Step>,
    /// Entries to send, with what they replace.
    pub(super) missing: Vec<(Selected, Option<Before>)>,
    /// Corrects modes, owners and links of existing entries.
    pub(super) adjusted: Vec<Step>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(dest: &'a Utf8Path, attributes: Attributes, keep_newer: bool) -> Self {
        Self {
            dest,
            attributes,
            keep_newer,
            removed: Vec::new(),
            missing: Vec::new(),
            adjusted: Vec::new(),
        }
    }

    /// Compares an entry with what is at its path.
    pub(super) fn add(
        &mut self,
        mut entry: Selected,
        node: Option<&Node>,
    ) -> Result<(), ModuleError> {
        let is_directory = entry.kind == Kind::Directory;
        let of_archive = entry.mode;
        let usual = if is_directory {
            USUAL_OF_FOLDERS
        } else {
            0o644
        };
        entry.mode = match &self.attributes.mode {
            Some(mode) => Some(mode.apply(of_archive.unwrap_or(usual), is_directory)),
            None => of_archive,
        };
        let path = self.dest.join(&entry.path);
        let Some(node) = node else {
            self.missing.push((entry, None));
            return Ok(());
        };
        match (&entry.kind, &node.kind) {
            (Kind::Directory, Kind::Directory) => self.adjust(&path, &entry, node),
            (Kind::File, Kind::File) if entry.sha256 == node.digest() => {
                self.adjust(&path, &entry, node);
            }
            (Kind::File, Kind::File) => {
                if !(self.keep_newer && node.modified > entry.modified) {
                    self.missing.push((entry, Some(before(node))));
                }
            }
            (Kind::Symlink { target }, Kind::Symlink { target: present }) => {
                if target == present {
                    self.adjust(&path, &entry, node);
                } else {
                    self.adjusted.push(Step::Symlink {
                        path,
                        target: target.clone(),
                        before: Some(present.clone()),
                    });
                }
            }
            (Kind::File, Kind::Symlink { .. }) | (Kind::Symlink { .. }, Kind::File) => {
                self.removed.push(Step::Remove {
                    path,
                    directory: false,
                });
                self.missing.push((entry, None));
            }
            (wanted, present) => return Err(in_the_way(&path, wanted, present)),
        }
        Ok(())
    }

    fn adjust(&mut self, path: &Utf8Path, entry: &Selected, node: &Node) {
        // The setgid bit of a directory, which new files inherit, is left to the host.
        let kept = match node.kind {
            Kind::Directory if self.attributes.mode.is_none() => node.mode & 0o7000,
            _ => 0,
        };
        let wanted = Attributes {
            mode: entry.mode.map(|mode| Mode::of_bits(mode | kept)),
            ..self.attributes.clone()
        };
        let mut change = Change::default();
        change.ensure_attributes(path, node, &wanted, false);
        self.adjusted.append(&mut change.steps);
    }
}

fn before(node: &Node) -> Before {
    Before {
        sha256: node.digest().unwrap_or_default(),
        content: None,
        size: node.size,
        ownership: Ownership::default(),
    }
}

fn in_the_way(path: &Utf8Path, wanted: &Kind, present: &Kind) -> ModuleError {
    let help = match (wanted, present) {
        (Kind::Directory, Kind::Symlink { .. }) => {
            "nothing is unpacked through a link of the host: skip the folder with `exclude`, or \
             replace the link with the directory"
        }
        _ => "remove it, or skip the entry with `exclude`",
    };
    ModuleError::Refused {
        message: format!(
            "cannot unpack {path}: it is {} here, and {} in the archive",
            present.name(),
            wanted.name()
        ),
        help: Some(help.to_owned()),
    }
}
