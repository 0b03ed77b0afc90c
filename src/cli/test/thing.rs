//! A node that a case declares at a path.

use super::keys;
use crate::source::Problems;
use crate::yaml::Node;
use camino::Utf8PathBuf;

/// A node at a path.
pub(super) struct Thing {
    pub(super) path: Utf8PathBuf,
    pub(super) kind: Kind,
    pub(super) mode: Option<u32>,
    pub(super) owner: Option<String>,
    pub(super) group: Option<String>,
}

/// What it is.
pub(super) enum Kind {
    File(String),
    Directory,
    Link(Utf8PathBuf),
}

/// Parses `files` or `directories`: paths, each with its node.
pub(super) fn read(node: &Node, what: &str, problems: &mut Problems) -> Vec<Thing> {
    let mut things = Vec::new();
    for (key, value) in keys::named(node, what, problems) {
        let Some(path) = keys::path(key, "a path", problems) else {
            continue;
        };
        things.push(match what {
            "files" => Thing::file(path, value, problems),
            _ => Thing::directory(path).owned(value, &[], problems),
        });
    }
    things
}

impl Thing {
    /// Returns a node owned by root with the usual mode.
    pub(super) fn new(path: Utf8PathBuf, kind: Kind) -> Self {
        Self {
            path,
            kind,
            mode: None,
            owner: None,
            group: None,
        }
    }

    /// Returns a directory.
    pub(super) fn directory(path: Utf8PathBuf) -> Self {
        Self::new(path, Kind::Directory)
    }

    /// Parses a file: its content, or a mapping with `content`.
    fn file(path: Utf8PathBuf, node: &Node, problems: &mut Problems) -> Self {
        if node.as_map().is_none() {
            let content = keys::text(node, "the content of a file", problems);
            return Self::new(path, Kind::File(content.unwrap_or_default()));
        }
        let content = node.get("content");
        let content = content.and_then(|content| keys::text(content, "content", problems));
        let file = Self::new(path, Kind::File(content.unwrap_or_default()));
        file.owned(node, &["content"], problems)
    }

    /// Parses mode and owner.
    fn owned(mut self, node: &Node, also: &[&str], problems: &mut Problems) -> Self {
        let known = [&["mode", "owner", "group"], also].concat();
        let what = format!("host at {}", self.path);
        for (key, value) in keys::entries(node, &what, &known, problems) {
            match key {
                "mode" => self.mode = keys::mode(value, problems),
                "owner" => self.owner = keys::text(value, key, problems),
                "group" => self.group = keys::text(value, key, problems),
                _ => {}
            }
        }
        self
    }
}
