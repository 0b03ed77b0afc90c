//! The archives of a run, shared by all hosts.

use super::once::Once;
use super::{Archive, ArchiveError, Selected, Stream, stream};
use crate::files::TemporaryFolder;
use crate::files::download::{Download, DownloadError};
use crate::host::{HostError, Limits, not_on_a_guess};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The archives of a run, shared by all hosts: each is downloaded and read once, and hosts that
/// lack the same entries get the same stream. The files are removed when this is dropped, except
/// downloads.
#[derive(Debug, Default)]
pub struct Store {
    folder: Mutex<Option<TemporaryFolder>>,
    files: AtomicUsize,
    archives: Once<Version, Result<Arc<Archive>, Arc<ArchiveError>>>,
    streams: Once<(Version, String), Arc<Stream>>,
    fetched: Once<String, PathBuf>,
    downloads: Once<Download, PathBuf>,
    cache: Option<PathBuf>,
}

/// One version of a file: the same path with different content is a different version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Version {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(path: &Path) -> Result<Self, ArchiveError> {
        let unreadable = |source| ArchiveError::Read {
            path: path.to_owned(),
            source,
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        Ok(Self {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

impl Store {
    /// Returns a store with downloads in this folder instead of the user's cache.
    pub fn with_cache(cache: PathBuf) -> Self {
        Self {
            cache: Some(cache),
            ..Self::default()
        }
    }

    /// Returns the local copy of a URL.
    pub fn download(&self, download: &Download, limits: &Limits) -> Result<PathBuf, DownloadError> {
        let cache = self.cache.clone().unwrap_or_else(users_cache);
        let fetch = || {
            not_on_a_guess()?;
            download.fetch(&cache, limits)
        };
        self.downloads.get(download.clone(), limits, fetch)
    }

    /// Returns the archive at a path of the controller, reading it on the first request.
    pub fn open(&self, path: &Path, limits: &Limits) -> Result<Arc<Archive>, Arc<ArchiveError>> {
        let version = Version::of(path)?;
        let path = path.to_owned();
        let open = || {
            not_on_a_guess()?;
            let opened = limits.aside(move || Archive::open(&path))?;
            Ok::<_, ArchiveError>(opened.map(Arc::new).map_err(Arc::new))
        };
        self.archives.get(version, limits, open).map_err(Arc::new)?
    }

    /// Returns a tar stream of some of the archive's entries.
    pub fn stream(
        &self,
        archive: &Archive,
        entries: &[Selected],
        limits: &Limits,
    ) -> Result<Arc<Stream>, ArchiveError> {
        let version = Version::of(&archive.path)?;
        let wanted = format!("{entries:?}");
        self.streams.get((version, wanted), limits, || {
            let path = self.new_file(&archive.name())?;
            stream::write(archive, entries, &path, limits).map(Arc::new)
        })
    }

    /// Returns the local copy of a file that `fetch` brings: once for all hosts whose file has this
    /// digest. `name` is the file's own, for messages.
    pub fn fetched<E: From<ArchiveError> + From<HostError>>(
        &self,
        sha256: &str,
        name: &str,
        limits: &Limits,
        fetch: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        self.fetched.get(sha256.to_owned(), limits, || {
            let path = self.new_file(name)?;
            let created = File::create_new(&path);
            let mut file = created.map_err(|source| ArchiveError::Write {
                path: path.clone(),
                source,
            })?;
            fetch(&mut file)?;
            Ok(path)
        })
    }

    fn new_file(&self, name: &str) -> Result<PathBuf, ArchiveError> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_none() {
            let parent = std::env::temp_dir();
            let made = TemporaryFolder::new(&parent, "rmqplay-");
            *folder = Some(made.map_err(|source| ArchiveError::Write {
                path: parent,
                source,
            })?);
        }
        let path = folder.as_ref().map_or(Path::new(""), TemporaryFolder::path);
        let path = path.join(number.to_string());
        std::fs::create_dir(&path).map_err(|source| ArchiveError::Write {
            path: path.clone(),
            source,
        })?;
        Ok(path.join(name))
    }
}

/// Returns the folder for files that can be downloaded again: `~/.cache/rmqplay`.
fn users_cache() -> PathBuf {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let given = given.filter(|path| path.is_absolute());
    let of_home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache = given.or_else(of_home).unwrap_or_else(std::env::temp_dir);
    cache.join("rmqplay")
}
