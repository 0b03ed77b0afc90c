//! How unpacking an archive affects the state that check mode predicts.

use super::files::{cannot, check_before};
use super::overlay::{Edit, Here};
use super::source::Source;
use super::view::{Found, Stop, View, all};
use crate::host::{Content, Kind, Node, Ownership, Unpack, UnpackEntry};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;

impl View<'_> {
    /// Returns the changes of unpacking, based on the archive's own listing.
    pub(super) fn unpack(&self, unpack: &Unpack) -> Result<Vec<Edit>, Stop> {
        let Found { path: base, here } = self.find(&unpack.directory, true, &Content::None)?;
        self.way(&unpack.directory)?;
        let directory = match here {
            Some(here) if here.node.kind == Kind::Directory => here.node,
            _ => {
                let reason = "there is no such directory";
                return Err(cannot("unpack into", &unpack.directory, reason));
            }
        };
        let parents = all(unlisted_parents(&unpack.entries), |parent| {
            self.unpacked_parent(base.join(parent), &directory)
        })?;
        let entries = all(&unpack.entries, |entry| {
            self.unpacked(&base, &directory, unpack, entry)
        })?;
        Ok(parents.into_iter().flatten().chain(entries).collect())
    }

    fn unpacked_parent(&self, path: Utf8PathBuf, directory: &Node) -> Result<Option<Edit>, Stop> {
        if self.find(&path, true, &Content::None)?.here.is_some() {
            self.way(&path)?;
            return Ok(None);
        }
        let usual = Ownership::default();
        let node = self.new_in(&path, Some(directory), Kind::Directory, &usual)?;
        let here = Here::new(node, Source::Bytes(Vec::new().into()));
        Ok(Some(Edit::Put(path, here.into())))
    }

    fn unpacked(
        &self,
        base: &Utf8Path,
        directory: &Node,
        unpack: &Unpack,
        entry: &UnpackEntry,
    ) -> Result<Edit, Stop> {
        let look = match entry.before {
            Some(_) => Content::Digest,
            None => Content::None,
        };
        let Found { path, here } = self.find(&base.join(&entry.path), false, &look)?;
        let ownership = Ownership {
            mode: Some(match entry.kind {
                Kind::Symlink { .. } => 0o777,
                _ => entry.mode,
            }),
            ..entry.ownership.clone()
        };
        let there = here.as_ref().map(|here| &here.node);
        // What the archive itself brings can be entered.
        if path.parent() == Some(base) {
            self.may_enter("unpack", &path, there)?;
        }
        let mut node = self.new_in(&path, Some(directory), entry.kind.clone(), &ownership)?;
        node.size = entry.size;
        node.modified = entry.modified;
        let mut new = Here::new(
            node,
            Source::Local {
                path: unpack.tar.clone(),
                offset: entry.offset,
                size: entry.size,
                sha256: entry.sha256.clone(),
            },
        );
        if entry.kind != Kind::Directory {
            check_before(&path, here.as_ref(), entry.before.as_ref(), "unpack")?;
            return Ok(Edit::Replace(path, new.into()));
        }
        // Existing entries of a directory stay.
        new.rest = here.and_then(|here| here.rest);
        Ok(Edit::Put(path, new.into()))
    }
}

/// Returns the parent directories of entries that the archive does not list, parents first.
fn unlisted_parents(entries: &[UnpackEntry]) -> BTreeSet<&Utf8Path> {
    let listed: BTreeSet<_> = entries.iter().map(|entry| entry.path.as_path()).collect();
    entries
        .iter()
        .flat_map(|entry| entry.path.ancestors().skip(1))
        .filter(|parent| !parent.as_str().is_empty() && !listed.contains(parent))
        .collect()
}
