//! Files of this machine that are known to end.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// How many bytes of a file are read into memory at most.
const LARGEST: u64 = 64 << 20;

/// The device number of `/dev/null`, which counts as an empty file.
const NULL_DEVICE: u64 = 0x103;

/// Opens a file that is known to end; links are followed. Other named pipes and devices are
/// refused, since reading them may block forever. A shell passes `<(…)` as a pipe below `/dev`,
/// which is allowed.
pub fn open(path: &Path) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    match kind(&metadata) {
        Some("a named pipe") if path.starts_with("/dev") || path.starts_with("/proc") => {}
        Some(kind) => {
            let message = format!("it is {kind}, not a regular file");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        None => {}
    }
    File::open(path)
}

/// Returns the content of a file that [`open`] accepts, up to 64 MiB.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path)?.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        let message = format!("it has more than {LARGEST} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(content)
}

/// Returns the kind of file if it is not a regular file.
fn kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_block_device() || (kind.is_char_device() && metadata.rdev() != NULL_DEVICE) {
        Some("a device")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, link) = (folder.path().join("fifo"), folder.path().join("link"));
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let socket = folder.path().join("socket");
        let _listens = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, kind) in [
            (fifo.as_path(), "a named pipe"),
            (&link, "a device"),
            (&socket, "a socket"),
            (Path::new("/dev/zero"), "a device"),
            (Path::new("/dev/random"), "a device"),
            (Path::new("/dev/tty"), "a device"),
        ] {
            let error = read(path).unwrap_err().to_string();
            assert_eq!(error, format!("it is {kind}, not a regular file"));
        }
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
        assert!(!read(Path::new("/proc/self/stat")).unwrap().is_empty());
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "x").unwrap();
        assert_eq!(read(&plain).unwrap(), b"x");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert_eq!(error, "it has more than 67108864 bytes");
    }
}
