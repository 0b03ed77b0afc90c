//! Files from the web for hosts: this machine downloads and verifies them, so that a host needs
//! neither internet access nor a program for it.

use crate::files::download::{Checksum, Download, DownloadError};
use crate::module::{ModuleError, PlanContext};
use std::path::PathBuf;

/// Parses an argument such as `sha256:…`.
pub(super) fn checksum(written: Option<&str>) -> Result<Option<Checksum>, ModuleError> {
    let read = |text: &str| {
        text.parse()
            .map_err(|error| ModuleError::refused(format!("checksum: {error}")))
    };
    written.map(read).transpose()
}

/// Returns the warning about a URL whose file nothing authenticates, whatever it is.
pub(super) fn doubt(url: &str, written: Option<&str>, insecure: bool) -> Option<String> {
    let download = Download {
        url: url.to_owned(),
        checksum: checksum(written).ok()?,
        insecure,
    };
    download.doubt()
}

/// A file that this machine has downloaded.
pub(super) struct Fetched {
    /// Its path.
    pub(super) path: PathBuf,
    /// A warning that nothing authenticates its content.
    pub(super) doubt: Option<String>,
}

/// Returns the local copy of a URL, downloaded once for all hosts.
pub(super) fn download(
    context: &PlanContext,
    url: &str,
    checksum: Option<Checksum>,
    insecure: bool,
) -> Result<Fetched, ModuleError> {
    let download = Download {
        url: url.to_owned(),
        checksum,
        insecure,
    };
    let fetched = context.archives.download(&download, context.host.limits());
    let path = fetched.map_err(|error| match error {
        DownloadError::Limit(error) => ModuleError::Host(error),
        error => ModuleError::refused(error.to_string()),
    })?;
    let doubt = download.doubt().filter(|_| !context.templates.is_lenient());
    Ok(Fetched { path, doubt })
}
