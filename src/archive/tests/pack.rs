//! Makes archives of every format, good and bad ones.

use std::io::{Cursor, Write};
use tar::{Builder, EntryType, Header};

/// What goes into an archive.
pub(crate) enum Item<'a> {
    File(&'a str, u32, &'a [u8]),
    Directory(&'a str, u32),
    Symlink(&'a str, &'a str),
    Hardlink(&'a str, &'a str),
    Special(&'a str, EntryType),
}

/// Names are written as they are: the tar crate itself would refuse bad ones.
fn header(path: &str, kind: EntryType, mode: u32, size: u64, link: &str) -> Header {
    let mut header = Header::new_ustar();
    let old = header.as_old_mut();
    old.name[..path.len()].copy_from_slice(path.as_bytes());
    old.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(1234);
    header.set_gid(1234);
    header.set_mtime(1_400_000_000);
    header.set_size(size);
    header.set_cksum();
    header
}

pub(crate) fn tar(items: &[Item]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for item in items {
        let (header, content): (_, &[u8]) = match item {
            Item::File(path, mode, content) => {
                let size = content.len() as u64;
                (header(path, EntryType::Regular, *mode, size, ""), content)
            }
            Item::Directory(path, mode) => (header(path, EntryType::Directory, *mode, 0, ""), &[]),
            Item::Symlink(path, target) => {
                (header(path, EntryType::Symlink, 0o777, 0, target), &[])
            }
            Item::Hardlink(path, target) => (header(path, EntryType::Link, 0o644, 0, target), &[]),
            Item::Special(path, kind) => (header(path, *kind, 0o644, 0, ""), &[]),
        };
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(content, level)
}

pub(crate) fn zip(items: &[Item]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for item in items {
        match item {
            Item::File(path, mode, content) => {
                writer
                    .start_file(*path, options.unix_permissions(*mode))
                    .unwrap();
                writer.write_all(content).unwrap();
            }
            Item::Directory(path, mode) => {
                writer
                    .add_directory(*path, options.unix_permissions(*mode))
                    .unwrap();
            }
            Item::Symlink(path, target) => writer.add_symlink(*path, *target, options).unwrap(),
            Item::Hardlink(..) | Item::Special(..) => unreachable!("zip has no such entries"),
        }
    }
    writer.finish().unwrap().into_inner()
}
