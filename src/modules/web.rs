//! Files of the web for hosts: this machine fetches and proves them, so that a host needs neither
//! a way out nor a program for it.

use crate::files::download::{Checksum, Download, DownloadError};
use crate::module::{ModuleError, PlanContext};
use std::path::PathBuf;

/// Reads an argument such as `sha256:…`.
pub(super) fn checksum(written: Option<&str>) -> Result<Option<Checksum>, ModuleError> {
    let read = |text: &str| {
        text.parse()
            .map_err(|error| ModuleError::refused(format!("checksum: {error}")))
    };
    written.map(read).transpose()
}

/// A file of the web that this machine has fetched.
pub(super) struct Fetched {
    /// Where it is kept.
    pub(super) path: PathBuf,
    /// That nothing proves that it is the right one.
    pub(super) doubt: Option<String>,
}

/// Returns the file of this machine that holds what is at an address, fetched once for all hosts.
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
