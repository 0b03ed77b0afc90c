//! Files from the web, kept on the controller and checked before they are used.

mod checksum;

#[cfg(test)]
mod tests;

pub use checksum::{Algorithm, Checksum, ChecksumError, Digest};

use super::TemporaryFolder;
use crate::host::{HostError, Limits};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A file to download, and how to verify it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Download {
    /// Its URL: `https://…`, or `http://…` with a checksum.
    pub url: String,
    /// The required checksum.
    pub checksum: Option<Checksum>,
    /// Whether it may be used although nothing authenticates it.
    pub insecure: bool,
}

/// Why a download failed. Passwords in URLs are left out.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The URL is not http or https.
    #[error("{url} is not an http or https URL")]
    Scheme {
        /// The URL.
        url: String,
    },
    /// It could not be downloaded.
    #[error("cannot fetch {url}: {reason}")]
    Fetch {
        /// The URL.
        url: String,
        /// The message of the server or the network.
        reason: String,
    },
    /// It is not the declared file.
    #[error("{url} is not the declared file: its {name} is {found}, not {expected}")]
    Differs {
        /// The URL.
        url: String,
        /// The checksum's name.
        name: &'static str,
        /// The checksum of the downloaded file.
        found: String,
        /// The declared one.
        expected: String,
    },
    /// A list of checksums does not have the file.
    #[error("{list} has no checksum of {file}")]
    NotListed {
        /// The list's URL.
        list: String,
        /// The file's name.
        file: String,
    },
    /// A limit of the task was reached.
    #[error(transparent)]
    Limit(#[from] HostError),
    /// It could not be stored.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

/// The largest list of checksums, in bytes.
const LARGEST_LIST: usize = 1024 * 1024;

/// After how many seconds without data a server is given up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Download {
    /// Returns the file's path in `cache`, downloading it unless it is there with this checksum. A
    /// server that does not answer, or never finishes, is given up at a limit.
    pub fn fetch(&self, cache: &Path, limits: &Limits) -> Result<PathBuf, DownloadError> {
        self.check()?;
        let digest = match &self.checksum {
            None => None,
            Some(Checksum::Digest(digest)) => Some(digest.clone()),
            Some(Checksum::List { url, algorithm }) => {
                let text = self.list(url, limits)?;
                let file = file_name(&self.url);
                let found = Digest::find(&text, &file, *algorithm);
                Some(found.ok_or_else(|| DownloadError::NotListed {
                    list: without_password(url),
                    file,
                })?)
            }
        };
        let folder = match &digest {
            Some(digest) => digest.to_string().replace(':', "-"),
            None => format!("unproven-{}", Digest::of_text(&self.url)),
        };
        let path = cache.join(folder).join(file_name(&self.url));
        match &digest {
            Some(digest) if digest.fits(&path) => {}
            digest => self.bring(cache, &path, digest.as_ref(), limits)?,
        }
        Ok(path)
    }

    fn check(&self) -> Result<(), DownloadError> {
        let addresses = match &self.checksum {
            Some(Checksum::List { url, .. }) => vec![&self.url, url],
            _ => vec![&self.url],
        };
        for url in addresses {
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                let url = without_password(url);
                return Err(DownloadError::Scheme { url });
            }
        }
        Ok(())
    }

    /// Returns the warning if nothing authenticates the file.
    pub fn doubt(&self) -> Option<String> {
        let by_https = |url: &str| url.starts_with("https://");
        let reason = match &self.checksum {
            _ if self.insecure => return None,
            Some(Checksum::Digest(_)) => return None,
            Some(Checksum::List { url, .. }) if by_https(url) => return None,
            None if by_https(&self.url) => return None,
            Some(Checksum::List { .. }) => "its list of checksums comes by http",
            None => "it comes by http, without a checksum",
        };
        let url = without_password(&self.url);
        Some(format!(
            "nothing proves that {url} is the right file: {reason}; give `checksum: sha256:…`, or `insecure: true`"
        ))
    }

    fn list(&self, url: &str, limits: &Limits) -> Result<String, DownloadError> {
        let https_only = !self.insecure && url.starts_with("https://");
        let (address, worker) = (url.to_owned(), limits.clone());
        let bytes = limits.aside(move || {
            let mut bytes = Vec::new();
            copy(&address, https_only, &worker, |piece| {
                bytes.extend_from_slice(piece);
                if bytes.len() <= LARGEST_LIST {
                    return Ok(());
                }
                let reason = format!("a list of checksums has at most {LARGEST_LIST} bytes");
                Err(failed(&address, &reason))
            })?;
            Ok::<_, DownloadError>(bytes)
        })??;
        String::from_utf8(bytes).map_err(|error| failed(url, &error))
    }

    /// Downloads to a temporary folder in the cache, from which the file is moved once it is verified.
    fn bring(
        &self,
        cache: &Path,
        path: &Path,
        digest: Option<&Digest>,
        limits: &Limits,
    ) -> Result<(), DownloadError> {
        let unwritable = |source| DownloadError::Write {
            path: path.to_owned(),
            source,
        };
        let parent = cache.join("unfinished");
        fs::create_dir_all(&parent).map_err(unwritable)?;
        let folder = TemporaryFolder::new(&parent, "download-").map_err(unwritable)?;
        let file = folder.path().join("content");
        let mut only_own = fs::File::options();
        only_own.write(true).create_new(true).mode(0o600);
        let mut writer = only_own.open(&file).map_err(unwritable)?;
        let (url, target, worker) = (self.url.clone(), path.to_owned(), limits.clone());
        // Without a checksum only https authenticates the file, so every redirect must use it.
        let https_only = digest.is_none() && !self.insecure && url.starts_with("https://");
        limits.aside(move || {
            copy(&url, https_only, &worker, |piece| {
                writer
                    .write_all(piece)
                    .map_err(|source| DownloadError::Write {
                        path: target.clone(),
                        source,
                    })
            })
        })??;
        if let Some(digest) = digest {
            let found = digest.of_file(&file);
            limits.check()?;
            let found = found.map_err(unwritable)?;
            if found != *digest {
                return Err(DownloadError::Differs {
                    url: without_password(&self.url),
                    name: digest.algorithm.name(),
                    found: found.hex,
                    expected: digest.hex.clone(),
                });
            }
        }
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).map_err(unwritable)?;
        fs::rename(&file, path).map_err(unwritable)
    }
}

/// Passes on the content of a URL piece by piece, until a limit is reached.
fn copy(
    url: &str,
    https_only: bool,
    limits: &Limits,
    mut take: impl FnMut(&[u8]) -> Result<(), DownloadError>,
) -> Result<(), DownloadError> {
    let mut body = get(url, https_only)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        limits.check()?;
        let read = body
            .read(&mut buffer)
            .map_err(|error| failed(url, &error))?;
        match buffer.get(..read) {
            None | Some([]) => return Ok(()),
            Some(piece) => take(piece)?,
        }
    }
}

fn failed(url: &str, error: &dyn std::fmt::Display) -> DownloadError {
    DownloadError::Fetch {
        url: without_password(url),
        reason: error.to_string(),
    }
}

/// Requests a URL; proxies are those of the environment, certificates those of the machine.
fn get(url: &str, https_only: bool) -> Result<impl Read + use<>, DownloadError> {
    let found = rustls_native_certs::load_native_certs();
    let certificates: Vec<_> = found
        .certs
        .iter()
        .map(|certificate| ureq::tls::Certificate::from_der(certificate).to_owned())
        .collect();
    let tls = ureq::tls::TlsConfig::builder()
        .provider(ureq::tls::TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(ureq::tls::RootCerts::Specific(Arc::new(certificates)))
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .https_only(https_only)
        .user_agent(concat!("rmqplay/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into();
    let response = agent.get(url).call().map_err(|error| failed(url, &error))?;
    Ok(response.into_body().into_reader())
}

/// Returns the last part of a URL, made safe as a file name.
pub fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((_, name)) if !matches!(name, "" | "." | "..") => name.to_owned(),
        _ => "download".to_owned(),
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (server, path) = rest.split_at(end);
    let server = server.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{server}{path}")
}
