//! The source of a file's content that only check mode knows.

use crate::host::{Body, Content, HostError, Node, sha256};
use crate::value::NotKnown;
use camino::Utf8PathBuf;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The source of a file's content that only check mode knows.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The bytes themselves.
    Bytes(Arc<[u8]>),
    /// A part of a file of the controller: of a file to be uploaded, or of an archive.
    Local {
        path: PathBuf,
        offset: u64,
        size: u64,
        sha256: Option<String>,
    },
    /// A file of the machine below.
    Below(Utf8PathBuf),
    /// Unknown: only a program that was not run would have written it; the text says which.
    Unknown(String),
}

/// The maximum number of bytes that `Content::From` returns.
const PART: u64 = 1024 * 1024;

impl Source {
    /// Returns the source for a body that was written.
    pub(super) fn of(body: &Body) -> Self {
        match body {
            Body::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Body::File { path, size, sha256 } => Source::Local {
                path: path.clone(),
                offset: 0,
                size: *size,
                sha256: Some(sha256.clone()),
            },
        }
    }

    /// Puts the requested part of the content into `node`. A source below is left to the caller.
    pub(super) fn fill(&self, node: &mut Node, wanted: &Content) -> Result<(), HostError> {
        match wanted {
            Content::None => {}
            Content::Digest => node.sha256 = Some(self.digest()?),
            Content::UpTo(limit) if node.size > *limit => node.sha256 = Some(self.digest()?),
            Content::UpTo(_) => node.content = Some(self.bytes(0, u64::MAX)?),
            Content::From(offset) => node.content = Some(self.bytes(*offset, PART)?),
        }
        Ok(())
    }

    /// Copies the whole content to `sink` and returns its length.
    pub(super) fn copy(&self, sink: &mut dyn Write) -> Result<u64, HostError> {
        let failed = |error: std::io::Error| HostError::Step {
            action: "store what was fetched".to_owned(),
            reason: error.to_string(),
        };
        if let Source::Local { .. } = self {
            return std::io::copy(&mut self.open(0, u64::MAX)?, sink).map_err(failed);
        }
        let bytes = self.bytes(0, u64::MAX)?;
        sink.write_all(&bytes).map_err(failed)?;
        Ok(bytes.len() as u64)
    }

    fn digest(&self) -> Result<String, HostError> {
        match self {
            Source::Local {
                sha256: Some(known),
                ..
            } => Ok(known.clone()),
            _ => Ok(sha256(&self.bytes(0, u64::MAX)?)),
        }
    }

    fn bytes(&self, offset: u64, limit: u64) -> Result<Vec<u8>, HostError> {
        match self {
            Source::Bytes(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                let rest = bytes.get(from..).unwrap_or_default();
                let length = usize::try_from(limit).unwrap_or(usize::MAX).min(rest.len());
                Ok(rest[..length].to_vec())
            }
            Source::Local { path, .. } => {
                let mut bytes = Vec::new();
                let read = self.open(offset, limit)?.read_to_end(&mut bytes);
                read.map_err(|source| HostError::Local {
                    path: path.clone(),
                    source,
                })?;
                Ok(bytes)
            }
            Source::Below(path) => Err(HostError::Protocol(format!(
                "the content of {path} is on the host"
            ))),
            Source::Unknown(reason) => Err(NotKnown::new(reason.as_str()).into()),
        }
    }

    /// Opens the part of a local file that starts at `offset` of this content and has `limit`
    /// bytes.
    fn open(&self, from: u64, limit: u64) -> Result<Box<dyn Read>, HostError> {
        let Source::Local {
            path, offset, size, ..
        } = self
        else {
            return Ok(Box::new(std::io::empty()));
        };
        let opened = std::fs::File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(offset + from))?;
            Ok(file.take(size.saturating_sub(from).min(limit)))
        });
        match opened {
            Ok(part) => Ok(Box::new(part)),
            Err(source) => Err(HostError::Local {
                path: path.clone(),
                source,
            }),
        }
    }
}
