//! Detects the format of an archive by its content rather than its name.

use super::ArchiveError;
use super::zstd::Frames;
use crate::source::regular;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// A format of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tar without compression.
    Tar,
    /// Tar in gzip.
    TarGzip,
    /// Tar in bzip2.
    TarBzip2,
    /// Tar in xz.
    TarXz,
    /// Tar in zstd.
    TarZstd,
    /// Zip.
    Zip,
}

/// Memory for recently unpacked data, in KiB: eight times that of `xz -9`.
const LARGEST_DICTIONARY: u32 = 512 * 1024;

impl Format {
    /// Returns the usual extension of such a file, without the first dot.
    pub fn name(self) -> &'static str {
        match self {
            Format::Tar => "tar",
            Format::TarGzip => "tar.gz",
            Format::TarBzip2 => "tar.bz2",
            Format::TarXz => "tar.xz",
            Format::TarZstd => "tar.zst",
            Format::Zip => "zip",
        }
    }

    /// Returns the format of the file at `path`, from its first bytes and those of the tar inside
    /// it.
    pub fn detect(path: &Path) -> Result<Format, ArchiveError> {
        let unreadable = |source| ArchiveError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = regular::open(path).map_err(unreadable)?;
        let start = start_of(&mut file).map_err(unreadable)?;
        let format = match start.as_slice() {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Ok(Format::Zip),
            [0x1f, 0x8b, ..] => Format::TarGzip,
            [b'B', b'Z', b'h', ..] => Format::TarBzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Format::TarXz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Format::TarZstd,
            _ => Format::Tar,
        };
        file.rewind().map_err(unreadable)?;
        let damaged = |error: std::io::Error| ArchiveError::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let inner = start_of(&mut format.open_tar(file)).map_err(damaged)?;
        if is_tar(&inner) {
            Ok(format)
        } else {
            Err(ArchiveError::Unknown {
                path: path.to_owned(),
            })
        }
    }

    /// Returns the tar inside a file of this format.
    pub(super) fn open_tar(self, file: File) -> Box<dyn Read> {
        let file = BufReader::with_capacity(256 * 1024, file);
        match self {
            Format::Tar | Format::Zip => Box::new(file),
            Format::TarGzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
            Format::TarBzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
            Format::TarXz => Box::new(lzma_rust2::XzReader::new_mem_limit(
                file,
                true,
                LARGEST_DICTIONARY,
            )),
            Format::TarZstd => Box::new(Frames::new(file)),
        }
    }
}

/// The size of a block of tar in bytes.
const BLOCK: u64 = 512;

fn start_of(reader: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(BLOCK).read_to_end(&mut start)?;
    Ok(start)
}

/// A tar starts with a header whose checksum is right, or consists of zeroes.
fn is_tar(start: &[u8]) -> bool {
    if start.len() < 512 {
        return false;
    }
    let stored = start.get(148..156).unwrap_or_default();
    let digits = String::from_utf8_lossy(stored);
    let digits = digits.trim_matches([' ', '\0']);
    let sum: u32 = start.iter().copied().map(u32::from).sum();
    let field: u32 = stored.iter().copied().map(u32::from).sum();
    sum == 0 || u32::from_str_radix(digits, 8).is_ok_and(|digits| digits == sum - field + 8 * 32)
}
