//! Absolute paths of this machine, whatever the user wrote.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::Deref;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// An absolute path of this machine, without `.` and `..`.
///
/// Every path from outside (the command line, a playbook, an inventory) is converted to one, so
/// nothing inside can be empty or depend on the working directory. Displayed as the user would type
/// it: relative if it is below the working directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalPath(Arc<Path>);

impl LocalPath {
    /// Returns the path relative to the working directory.
    pub fn of(path: impl AsRef<Path>) -> Self {
        Self::start().join(path)
    }

    /// Returns the working directory.
    pub fn start() -> Self {
        // A removed working directory has no path, but can still be reached by this one.
        let folder = std::env::current_dir().unwrap_or_else(|_| "/proc/self/cwd".into());
        Self(folder.into())
    }

    /// Returns the path relative to this folder.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> Self {
        let mut whole = self.0.to_path_buf();
        for part in path.as_ref().components() {
            match part {
                Component::RootDir | Component::Prefix(_) => whole = "/".into(),
                Component::CurDir => {}
                Component::ParentDir => leave(&mut whole),
                Component::Normal(name) => whole.push(name),
            }
        }
        Self(whole.into())
    }

    /// Returns its parent folder; the root is its own parent.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0.parent().unwrap_or(&self.0).into())
    }

    /// Returns the path with all links resolved, or unchanged if it does not exist.
    #[must_use]
    pub fn real(&self) -> Self {
        self.0
            .canonicalize()
            .map_or_else(|_| self.clone(), |path| Self(path.into()))
    }

    /// Returns it as the user would type it.
    pub fn display(&self) -> std::path::Display<'_> {
        shown(self)
    }
}

/// Goes to the parent, as the system does: for a link to a folder, the parent of that folder.
fn leave(path: &mut PathBuf) {
    if path.is_symlink()
        && let Ok(real) = path.canonicalize()
    {
        *path = real;
    }
    path.pop();
}

/// Returns a path of this machine as the user would type it: relative if it is below the working
/// directory, unless that is the root.
pub fn shown(path: &Path) -> std::path::Display<'_> {
    let start = LocalPath::start();
    let below = match start.0.parent() {
        Some(_) => path.strip_prefix(&start.0).ok(),
        None => None,
    };
    match below {
        Some(below) if below.as_os_str().is_empty() => Path::new(".").display(),
        Some(below) => below.display(),
        None => path.display(),
    }
}

impl Deref for LocalPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for LocalPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<OsStr> for LocalPath {
    fn as_ref(&self) -> &OsStr {
        self.0.as_os_str()
    }
}

impl From<OsString> for LocalPath {
    fn from(path: OsString) -> Self {
        Self::of(Path::new(&path))
    }
}

impl From<&str> for LocalPath {
    fn from(path: &str) -> Self {
        Self::of(path)
    }
}

impl From<PathBuf> for LocalPath {
    fn from(path: PathBuf) -> Self {
        Self::of(path)
    }
}

impl From<&Path> for LocalPath {
    fn from(path: &Path) -> Self {
        Self::of(path)
    }
}

impl From<LocalPath> for PathBuf {
    fn from(path: LocalPath) -> Self {
        path.0.to_path_buf()
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_from_the_root_and_plain() {
        let start = std::env::current_dir().unwrap();
        for (written, expected) in [
            ("", start.clone()),
            (".", start.clone()),
            ("./x", start.join("x")),
            ("a//b/./c/", start.join("a/b/c")),
            ("a/../b", start.join("b")),
            ("/a/../../b", "/b".into()),
            ("/", "/".into()),
            ("..", start.parent().unwrap().to_owned()),
            ("a b/ü:'\"", start.join("a b/ü:'\"")),
        ] {
            assert_eq!(&*LocalPath::of(written), expected, "{written:?}");
        }
    }

    #[test]
    fn the_parent_of_a_linked_folder_is_that_of_the_folder_itself() {
        let folder = tempfile::tempdir().unwrap();
        let at = LocalPath::of(folder.path()).real();
        std::fs::create_dir_all(at.join("real/deep")).unwrap();
        std::os::unix::fs::symlink("real/deep", at.join("link")).unwrap();
        assert_eq!(at.join("link/../x"), at.join("real/x"));
        assert_eq!(at.join("link/x"), LocalPath::of(at.join("link/x")));
        assert_eq!(at.join("link").real(), at.join("real/deep"));
        assert_eq!(LocalPath::of("/").parent(), LocalPath::of("/"));
    }

    #[test]
    fn paths_below_the_folder_of_the_start_are_shown_without_it() {
        for (written, expected) in [
            ("src/lib.rs", "src/lib.rs"),
            ("./src/../Cargo.toml", "Cargo.toml"),
            (".", "."),
            ("/etc/hosts", "/etc/hosts"),
        ] {
            assert_eq!(LocalPath::of(written).to_string(), expected);
        }
    }
}
