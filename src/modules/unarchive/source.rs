//! The source of an archive: this machine, the host, or a URL.

use super::Unarchive;
use crate::files::ReadError;
use crate::files::download::{Checksum, Digest};
use crate::host::{Content, Kind};
use crate::module::{HostPaths, ModuleError, PlanContext};
use crate::modules::host_path::host_path;
use crate::modules::web::{self, Fetched};
use crate::source::{decrypted, is_encrypted};
use std::io::Write as _;
use std::path::{Path, PathBuf};

impl Unarchive {
    /// Returns the file of this machine that contains the archive.
    pub(super) fn fetch(&self, context: &PlanContext) -> Result<Fetched, ModuleError> {
        let checksum = web::checksum(self.checksum.as_deref())?;
        if self.src.contains("://") {
            return web::download(context, &self.src, checksum, self.insecure);
        }
        let of_host = match (self.copy, self.remote_src) {
            (Some(true), true) => {
                return Err(ModuleError::refused(
                    "copy and remote_src are mutually exclusive",
                ));
            }
            (copy, remote_src) => remote_src || copy == Some(false),
        };
        let path = if of_host {
            self.fetch_from_host(context)?
        } else {
            let path = context.files.find("files", &self.src)?;
            if self.decrypt && is_encrypted(&path) {
                decrypt(&path, context)?
            } else {
                path.into()
            }
        };
        let path = match checksum {
            None => path,
            Some(Checksum::Digest(digest)) => self.proven(path, &digest)?,
            Some(Checksum::List { .. }) => {
                return Err(ModuleError::refused(
                    "checksum: a list of digests is only for URLs; write the digest itself",
                ));
            }
        };
        Ok(Fetched { path, doubt: None })
    }

    /// Fetches the archive of a host, once for all hosts that have the same one.
    fn fetch_from_host(&self, context: &PlanContext) -> Result<PathBuf, ModuleError> {
        let paths = HostPaths::new(context.host, context.environment);
        let path = host_path(&paths.absolute(&self.src)?)?;
        let node = context.host.look(&path, true, Content::Digest)?;
        let digest = match node {
            None => return Err(ModuleError::refused(format!("the host has no {path}"))),
            Some(node) if node.kind != Kind::File => {
                let kind = node.kind.name();
                return Err(ModuleError::refused(format!(
                    "{path} of the host is {kind}"
                )));
            }
            Some(node) => node.digest().unwrap_or_default(),
        };
        let name = path.file_name().unwrap_or("archive");
        let limits = context.host.limits();
        context.archives.fetched(&digest, name, limits, |file| {
            context.host.fetch(&path, file).map(drop)?;
            Ok(())
        })
    }

    fn proven(&self, path: PathBuf, digest: &Digest) -> Result<PathBuf, ModuleError> {
        let found = digest.of_file(&path).map_err(|source| ReadError {
            path: path.clone(),
            source,
        })?;
        if found == *digest {
            return Ok(path);
        }
        Err(ModuleError::refused(format!(
            "{} is not the declared archive: its checksum is {found}, not {digest}",
            self.src
        )))
    }
}

/// Decrypts the archive at a path of this machine, once for all hosts, into a file that only this
/// user can read.
fn decrypt(path: &Path, context: &PlanContext) -> Result<PathBuf, ModuleError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let sealed = crate::files::read(path)?;
    let digest = crate::host::sha256(&sealed);
    let limits = context.host.limits();
    context.archives.fetched(&digest, &name, limits, |file| {
        file.write_all(&decrypted(path)?).map_err(|error| {
            ModuleError::refused(format!("cannot write the decrypted archive: {error}"))
        })
    })
}
