//! The tar stream for a host: only what it lacks.

use super::index::{copy, damaged};
use super::{Archive, ArchiveError, Selected};
use crate::host::{Kind, Limits};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tar::{EntryType, Header};

/// A tar stream on the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// The offset of each entry's content, in the requested order.
    pub offsets: Vec<u64>,
}

/// The size of a block of tar in bytes.
const BLOCK: u64 = 512;

/// The end of a tar: two empty blocks.
const END: [u8; 1024] = [0; 1024];

/// Writes the entries to a new file at `path`: folders, then files, then links, so that nothing is
/// ever written through a link of the same stream.
pub(super) fn write(
    archive: &Archive,
    entries: &[Selected],
    path: &Path,
    limits: &Limits,
) -> Result<Stream, ArchiveError> {
    let failed = |source| ArchiveError::Write {
        path: path.to_owned(),
        source,
    };
    let mut out = Out {
        path,
        limits,
        file: BufWriter::with_capacity(256 * 1024, File::create_new(path).map_err(failed)?),
        position: 0,
        offsets: vec![0; entries.len()],
    };
    for (number, entry) in entries.iter().enumerate() {
        if entry.kind == Kind::Directory {
            out.header(number, entry)?;
        }
    }
    out.files(archive, entries)?;
    for (number, entry) in entries.iter().enumerate() {
        if matches!(entry.kind, Kind::Symlink { .. }) {
            out.header(number, entry)?;
        }
    }
    out.put(&END)?;
    out.file.flush().map_err(failed)?;
    Ok(Stream {
        path: path.to_owned(),
        size: out.position,
        offsets: out.offsets,
    })
}

struct Out<'a> {
    path: &'a Path,
    limits: &'a Limits,
    file: BufWriter<File>,
    position: u64,
    offsets: Vec<u64>,
}

impl Out<'_> {
    fn failed(&self, source: std::io::Error) -> ArchiveError {
        ArchiveError::Write {
            path: self.path.to_owned(),
            source,
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.limits.check()?;
        self.file
            .write_all(bytes)
            .map_err(|error| self.failed(error))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Writes an entry's header, preceded by long names, and records where its content starts.
    fn header(&mut self, number: usize, entry: &Selected) -> Result<(), ArchiveError> {
        let mut header = Header::new_gnu();
        header.set_mode(entry.mode.unwrap_or(0o755));
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(u64::try_from(entry.modified).unwrap_or_default());
        header.set_size(entry.size);
        let path = entry.path.as_str();
        match &entry.kind {
            Kind::Directory => {
                header.set_entry_type(EntryType::Directory);
                self.name(&mut header, &format!("{path}/"))?;
            }
            Kind::Symlink { target } => {
                header.set_entry_type(EntryType::Symlink);
                self.link(&mut header, target.as_str())?;
                self.name(&mut header, path)?;
            }
            Kind::File | Kind::Other => {
                header.set_entry_type(EntryType::Regular);
                self.name(&mut header, path)?;
            }
        }
        header.set_cksum();
        self.put(header.as_bytes())?;
        if let Some(offset) = self.offsets.get_mut(number) {
            *offset = self.position;
        }
        Ok(())
    }

    fn name(&mut self, header: &mut Header, path: &str) -> Result<(), ArchiveError> {
        let field = &mut header.as_old_mut().name;
        if !fill(field, path.as_bytes()) {
            self.long(EntryType::GNULongName, path.as_bytes())?;
        }
        Ok(())
    }

    fn link(&mut self, header: &mut Header, target: &str) -> Result<(), ArchiveError> {
        let field = &mut header.as_old_mut().linkname;
        if !fill(field, target.as_bytes()) {
            self.long(EntryType::GNULongLink, target.as_bytes())?;
        }
        Ok(())
    }

    /// Writes a name that is too long for its header as the content of a separate entry, like GNU;
    /// busybox reads that too.
    fn long(&mut self, kind: EntryType, name: &[u8]) -> Result<(), ArchiveError> {
        let mut header = Header::new_gnu();
        fill(&mut header.as_old_mut().name, b"././@LongLink");
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(name.len() as u64 + 1);
        header.set_cksum();
        self.put(header.as_bytes())?;
        self.put(name)?;
        self.put(&[0])?;
        self.pad()
    }

    fn pad(&mut self) -> Result<(), ArchiveError> {
        let rest = self.position.next_multiple_of(BLOCK) - self.position;
        self.put(&vec![0; usize::try_from(rest).unwrap_or_default()])
    }

    /// Reads the archive once and writes each content as often as it is wanted: more than once for
    /// hard links.
    fn files(&mut self, archive: &Archive, entries: &[Selected]) -> Result<(), ArchiveError> {
        let mut wanted: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, entry) in entries.iter().enumerate() {
            if entry.kind == Kind::File {
                wanted.entry(entry.source).or_default().push(number);
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut source = 0;
        archive.walk(&mut |found, content| {
            let numbers = wanted.remove(&source).unwrap_or_default();
            source += 1;
            let mut written = None;
            for entry in numbers {
                let Some(selected) = entries.get(entry) else {
                    continue;
                };
                self.header(entry, selected)?;
                if let Some(offset) = written {
                    self.repeat(offset, selected.size)?;
                } else {
                    written = Some(self.position);
                    let put = &mut |piece: &[u8]| self.put(piece);
                    let sha256 = copy(&archive.path, &found, content, put)?;
                    if selected.sha256.as_ref() != Some(&sha256) {
                        return Err(changed(archive));
                    }
                }
                self.pad()?;
            }
            Ok(())
        })?;
        if wanted.is_empty() {
            Ok(())
        } else {
            Err(changed(archive))
        }
    }

    /// Repeats content that is already in the stream.
    fn repeat(&mut self, offset: u64, size: u64) -> Result<(), ArchiveError> {
        self.file.flush().map_err(|error| self.failed(error))?;
        let mut written = File::open(self.path).map_err(|error| self.failed(error))?;
        written
            .seek(SeekFrom::Start(offset))
            .map_err(|error| self.failed(error))?;
        let mut content = written.take(size);
        let copied =
            std::io::copy(&mut content, &mut self.file).map_err(|error| self.failed(error))?;
        self.position += copied;
        Ok(())
    }
}

/// Writes a name to a field of a header; returns whether it fits.
fn fill(field: &mut [u8], name: &[u8]) -> bool {
    for (slot, byte) in field.iter_mut().zip(name) {
        *slot = *byte;
    }
    name.len() <= field.len()
}

fn changed(archive: &Archive) -> ArchiveError {
    damaged(&archive.path, "it changed while it was read")
}
