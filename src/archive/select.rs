//! Which entries of an archive are unpacked, under which names, and whether that is safe.

use super::{Archive, ArchiveError, Entry, EntryKind};
use crate::glob;
use crate::host::Kind;
use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use std::collections::HashMap;

/// What to unpack from an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// How many folders to strip from the start of each path; entries with fewer are left out.
    pub strip_components: usize,
    /// Patterns of paths: only these and everything below them is unpacked. Empty means everything.
    pub include: Vec<String>,
    /// Patterns of paths, or of their ends after a slash: these and everything below is left out.
    pub exclude: Vec<String>,
}

/// An entry to unpack, known to be safe whatever the archive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Path below the destination: relative and without `..`.
    pub path: Utf8PathBuf,
    /// A file, a directory, or a link that stays below the destination.
    pub kind: Kind,
    /// Permission bits, without set-user-ID and the like, and writable only for the owner; `None`
    /// for a folder that has no entry in the archive.
    pub mode: Option<u32>,
    /// Bytes of a file.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub modified: i64,
    /// SHA-256 of a file in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// The index of the archive entry that contains a file's content.
    pub(super) source: usize,
}

impl Archive {
    /// Returns the entries to unpack, each folder before its content.
    pub fn select(&self, choice: &Choice) -> Result<Vec<Selected>, ArchiveError> {
        let by_path = self.by_path();
        let mut selected: IndexMap<Utf8PathBuf, (Selected, &Entry)> = IndexMap::new();
        for (number, entry) in self.entries.iter().enumerate() {
            let path = self.safe_path(entry, &entry.path)?;
            if !choice.wants(path.as_str()) {
                continue;
            }
            let stripped: Utf8PathBuf = path.components().skip(choice.strip_components).collect();
            if stripped.as_str().is_empty() {
                continue;
            }
            let (source, content) = self.content_of(number, entry, &by_path)?;
            let kind = self.kind(entry, content)?;
            let one = Selected {
                size: if kind == Kind::File { content.size } else { 0 },
                mode: Some(entry.mode & 0o755),
                modified: entry.modified,
                sha256: content.sha256.clone(),
                path: stripped.clone(),
                kind,
                source,
            };
            selected.insert(stripped, (one, entry));
        }
        self.check(&selected)?;
        let selected = selected.into_values().map(|(one, _)| one);
        Ok(with_folders(selected))
    }

    fn by_path(&self) -> HashMap<Utf8PathBuf, usize> {
        let paths = self.entries.iter().enumerate();
        paths
            .map(|(number, entry)| (plain(&entry.path), number))
            .collect()
    }

    fn refuse<T>(&self, entry: &Entry, reason: impl Into<String>) -> Result<T, ArchiveError> {
        Err(ArchiveError::Refused {
            archive: self.name(),
            entry: entry.path.clone(),
            reason: reason.into(),
        })
    }

    fn safe_path(&self, entry: &Entry, path: &str) -> Result<Utf8PathBuf, ArchiveError> {
        if path.starts_with('/') {
            return self.refuse(entry, format!("leads to the absolute path {path}"));
        }
        if path.split('/').any(|part| part == "..") {
            return self.refuse(entry, "leads out of the destination by \"..\"");
        }
        if path.contains('\0') {
            return self.refuse(entry, "has a NUL in its name");
        }
        Ok(plain(path))
    }

    /// A hard link is resolved to the entry it names, and unpacked as a file of its own.
    fn content_of<'a>(
        &'a self,
        number: usize,
        entry: &'a Entry,
        by_path: &HashMap<Utf8PathBuf, usize>,
    ) -> Result<(usize, &'a Entry), ArchiveError> {
        let mut found = (number, entry);
        // More than one link to a link is unusual, a cycle is malicious.
        for _ in 0..8 {
            let EntryKind::Hardlink { target } = &found.1.kind else {
                return Ok(found);
            };
            let target = self.safe_path(entry, target)?;
            let linked = by_path.get(&target).copied();
            let Some(linked) = linked.and_then(|number| Some((number, self.entries.get(number)?)))
            else {
                let reason = format!("is a link to {target}, which is not in the archive");
                return self.refuse(entry, reason);
            };
            found = linked;
        }
        self.refuse(entry, "is part of a cycle of hard links")
    }

    fn kind(&self, entry: &Entry, content: &Entry) -> Result<Kind, ArchiveError> {
        match &content.kind {
            EntryKind::File => Ok(Kind::File),
            EntryKind::Directory if entry.kind == EntryKind::Directory => Ok(Kind::Directory),
            EntryKind::Directory => self.refuse(entry, "is a hard link to a directory"),
            EntryKind::Symlink { target } if target.as_str().is_empty() => {
                self.refuse(entry, "is a symbolic link without a target")
            }
            EntryKind::Symlink { target } => Ok(Kind::Symlink {
                target: target.clone(),
            }),
            EntryKind::Special(what) => self.refuse(entry, format!("is {what}")),
            EntryKind::Hardlink { .. } => self.refuse(entry, "is a link to a link"),
        }
    }

    /// Refuses entries below a file or a link, and links that lead out of the destination.
    fn check(&self, all: &IndexMap<Utf8PathBuf, (Selected, &Entry)>) -> Result<(), ArchiveError> {
        for (path, (one, entry)) in all {
            for parent in path.ancestors().skip(1) {
                let within = all
                    .get(parent)
                    .filter(|(above, _)| above.kind != Kind::Directory);
                if let Some((above, _)) = within {
                    let reason = format!("lies below {parent}, which is {}", above.kind.name());
                    return self.refuse(entry, reason);
                }
            }
            if let Kind::Symlink { target } = &one.kind
                && leads_out(path, target, all)
            {
                let reason = format!("is a link to {target}, outside the destination");
                return self.refuse(entry, reason);
            }
        }
        Ok(())
    }
}

/// Follows a link through the links of the same archive, as the system would.
fn leads_out(
    link: &Utf8Path,
    target: &Utf8Path,
    all: &IndexMap<Utf8PathBuf, (Selected, &Entry)>,
) -> bool {
    let words = |path: &Utf8Path| path.as_str().split('/').rev().map(str::to_owned).collect();
    if target.is_absolute() {
        return true;
    }
    let mut at = link.parent().map(Utf8Path::to_owned).unwrap_or_default();
    let mut ahead: Vec<String> = words(target);
    // Linux itself follows at most 40 links.
    let mut links_left = 40;
    while let Some(word) = ahead.pop() {
        match word.as_str() {
            "" | "." => {}
            ".." => {
                if !at.pop() {
                    return true;
                }
            }
            name => {
                at.push(name);
                if let Some(Kind::Symlink { target }) = all.get(&at).map(|(one, _)| &one.kind) {
                    if target.is_absolute() {
                        return true;
                    }
                    links_left -= 1;
                    if links_left == 0 {
                        return false;
                    }
                    at.pop();
                    let further: Vec<String> = words(target);
                    ahead.extend(further);
                }
            }
        }
    }
    false
}

/// Adds folders that have no entry of their own, and sorts so that each comes before its content.
fn with_folders(selected: impl Iterator<Item = Selected>) -> Vec<Selected> {
    let mut all: HashMap<Utf8PathBuf, Selected> =
        selected.map(|one| (one.path.clone(), one)).collect();
    let paths: Vec<_> = all.keys().cloned().collect();
    for path in paths {
        for folder in path
            .ancestors()
            .skip(1)
            .filter(|path| !path.as_str().is_empty())
        {
            all.entry(folder.to_owned()).or_insert_with(|| Selected {
                path: folder.to_owned(),
                kind: Kind::Directory,
                mode: None,
                size: 0,
                modified: 0,
                sha256: None,
                source: 0,
            });
        }
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}

/// Returns a path without `.`, doubled slashes and a trailing slash.
fn plain(path: &str) -> Utf8PathBuf {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}

impl Choice {
    fn wants(&self, path: &str) -> bool {
        let fits = |pattern: &String, text: &str| {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            Utf8Path::new(text)
                .ancestors()
                .any(|path| !path.as_str().is_empty() && glob::matches(pattern, path.as_str()))
        };
        let included =
            self.include.is_empty() || self.include.iter().any(|pattern| fits(pattern, path));
        let ends = || {
            std::iter::once(0)
                .chain(path.match_indices('/').map(|(slash, _)| slash + 1))
                .filter_map(|start| path.get(start..))
        };
        let excluded = |pattern| ends().any(|end| fits(pattern, end));
        included && !self.exclude.iter().any(excluded)
    }
}
