//! Archives that cases declare.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use std::io::{Cursor, Write};
use std::path::Path;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An entry of an archive: a file with `content`, a `link`, a `hard_link`, or else a directory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Packed {
    path: String,
    #[serde(default = "usual_mode")]
    mode: String,
    content: Option<String>,
    link: Option<String>,
    hard_link: Option<String>,
    #[serde(default)]
    modified: u64,
}

fn usual_mode() -> String {
    "0644".to_owned()
}

/// Returns the archive that fits a name: `.tar`, `.tar.gz` or `.zip`.
pub(super) fn archive(name: &str, entries: &[Packed]) -> Vec<u8> {
    let extension = Path::new(name).extension().unwrap_or_default();
    if extension == "zip" {
        return zip(entries);
    }
    let tar = tar(entries);
    if extension != "gz" {
        return tar;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&tar).unwrap();
    encoder.finish().unwrap()
}

/// Returns the jars of a release of RocketMQ, as far as they tell which one it is.
pub(super) fn rocketmq(version: &str) -> Vec<Packed> {
    let parts = ["broker", "client", "common", "namesrv", "remoting", "store"];
    let jar = |part: &str| {
        let path = format!("rocketmq/lib/rocketmq-{part}-{version}.jar");
        serde_json::from_value(serde_json::json!({ "path": path, "content": "" })).unwrap()
    };
    parts.into_iter().map(jar).collect()
}

impl Packed {
    fn mode(&self) -> u32 {
        u32::from_str_radix(&self.mode, 8).unwrap()
    }
}

/// Names are written as they are: the tar crate itself would refuse bad ones.
fn tar(entries: &[Packed]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let content = entry.content.as_deref().unwrap_or_default();
        let (kind, target) = match (&entry.content, &entry.link, &entry.hard_link) {
            (Some(_), ..) => (EntryType::Regular, ""),
            (None, Some(target), _) => (EntryType::Symlink, target.as_str()),
            (None, None, Some(target)) => (EntryType::Link, target.as_str()),
            (None, None, None) => (EntryType::Directory, ""),
        };
        let mut header = Header::new_ustar();
        let fields = header.as_old_mut();
        fields.name[..entry.path.len()].copy_from_slice(entry.path.as_bytes());
        fields.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(entry.mode());
        header.set_uid(1234);
        header.set_gid(1234);
        header.set_mtime(entry.modified);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(entries: &[Packed]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default().unix_permissions(entry.mode());
        match (&entry.content, &entry.link) {
            (Some(content), _) => {
                writer.start_file(entry.path.as_str(), options).unwrap();
                writer.write_all(content.as_bytes()).unwrap();
            }
            (None, Some(target)) => {
                writer
                    .add_symlink(entry.path.as_str(), target.as_str(), options)
                    .unwrap();
            }
            (None, None) => writer.add_directory(entry.path.as_str(), options).unwrap(),
        }
    }
    writer.finish().unwrap().into_inner()
}
