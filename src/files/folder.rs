//! A folder of the controller that tasks send to hosts.

use super::ReadError;
use camino::{Utf8Path, Utf8PathBuf};
use std::path::{Path, PathBuf};

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its path below the folder.
    pub name: Utf8PathBuf,
    /// Its own path.
    pub path: PathBuf,
    /// Its kind.
    pub kind: FolderKind,
}

/// The kind of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderKind {
    /// A file, or a followed link to one.
    File,
    /// A folder, or a followed link to one; its contents come after it.
    Folder,
    /// A link, kept as written.
    Link(Utf8PathBuf),
}

/// Returns everything below a folder, sorted by name, each folder before its contents. Links are
/// followed if requested, unless they lead back to a folder that contains them.
pub fn folder(path: &Path, follow: bool) -> Result<Vec<FolderEntry>, ReadError> {
    let mut entries = Vec::new();
    let walk = Walk { follow };
    walk.folder(path, "".into(), &mut Vec::new(), &mut entries)?;
    Ok(entries)
}

struct Walk {
    follow: bool,
}

impl Walk {
    fn folder(
        &self,
        path: &Path,
        name: &Utf8Path,
        parents: &mut Vec<PathBuf>,
        entries: &mut Vec<FolderEntry>,
    ) -> Result<(), ReadError> {
        let failed = |source| ReadError {
            path: path.to_owned(),
            source,
        };
        parents.push(path.canonicalize().map_err(failed)?);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        for path in paths {
            let Some(last) = path.file_name().and_then(|name| name.to_str()) else {
                let reason = std::io::Error::other("its name is not UTF-8");
                return Err(ReadError {
                    path,
                    source: reason,
                });
            };
            let name = name.join(last);
            self.entry(&path, &name, parents, entries)?;
        }
        parents.pop();
        Ok(())
    }

    fn entry(
        &self,
        path: &Path,
        name: &Utf8Path,
        parents: &mut Vec<PathBuf>,
        entries: &mut Vec<FolderEntry>,
    ) -> Result<(), ReadError> {
        let failed = |source| ReadError {
            path: path.to_owned(),
            source,
        };
        let is_link = path.symlink_metadata().map_err(failed)?.is_symlink();
        let target = path.metadata().ok();
        let is_folder = target.as_ref().is_some_and(std::fs::Metadata::is_dir);
        let is_loop = || {
            path.canonicalize()
                .is_ok_and(|real| parents.contains(&real))
        };
        let kind = if is_link && (!self.follow || target.is_none() || is_folder && is_loop()) {
            let written = std::fs::read_link(path).map_err(failed)?;
            FolderKind::Link(written.to_string_lossy().into_owned().into())
        } else if is_folder {
            FolderKind::Folder
        } else {
            FolderKind::File
        };
        entries.push(FolderEntry {
            name: name.to_owned(),
            path: path.to_owned(),
            kind: kind.clone(),
        });
        if kind == FolderKind::Folder {
            self.folder(path, name, parents, entries)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_or_kept_and_loops_end() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/b/f"), "f").unwrap();
        symlink("b", root.join("a/l")).unwrap();
        symlink("..", root.join("a/up")).unwrap();
        symlink("nowhere", root.join("z")).unwrap();
        let shown = |follow| {
            let entries = folder(root, follow).unwrap();
            let shown = entries.iter().map(|entry| match &entry.kind {
                FolderKind::File => entry.name.to_string(),
                FolderKind::Folder => format!("{}/", entry.name),
                FolderKind::Link(target) => format!("{} -> {target}", entry.name),
            });
            shown.collect::<Vec<_>>()
        };
        let kept = [
            "a/",
            "a/b/",
            "a/b/f",
            "a/l -> b",
            "a/up -> ..",
            "z -> nowhere",
        ];
        assert_eq!(shown(false), kept);
        let followed = [
            "a/",
            "a/b/",
            "a/b/f",
            "a/l/",
            "a/l/f",
            "a/up -> ..",
            "z -> nowhere",
        ];
        assert_eq!(shown(true), followed);
    }
}
