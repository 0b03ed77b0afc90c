//! A node of a file system.

use super::{User, sha256};
use camino::Utf8PathBuf;

/// A node of a host's file system: a file, a directory, a link or anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The kind of node.
    pub kind: Kind,
    /// Permission bits with set-user-id, set-group-id and sticky: `0o0000` to `0o7777`.
    pub mode: u32,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// User name, or the number as text if it has no name.
    pub owner: String,
    /// Group name, or the number as text if it has no name.
    pub group: String,
    /// Size in bytes.
    pub size: u64,
    /// Last change of the content, in seconds since 1970.
    pub modified: i64,
    /// Last access, in seconds since 1970.
    pub accessed: i64,
    /// Last change of the inode, in seconds since 1970.
    pub changed: i64,
    /// Number of hard links.
    pub links: u64,
    /// Inode number.
    pub inode: u64,
    /// Device number.
    pub device: u64,
    /// The requested part of a regular file's content.
    pub content: Option<Vec<u8>>,
    /// SHA-256 of a regular file in lower-case hexadecimal, if requested.
    pub sha256: Option<String>,
}

impl Node {
    /// Returns a node that belongs to this user, with default values for the rest.
    pub fn new(kind: Kind, mode: u32, user: &User) -> Self {
        Self {
            kind,
            mode,
            uid: user.uid,
            gid: user.gid,
            owner: user.name.clone(),
            group: user.group.clone(),
            size: 0,
            modified: 0,
            accessed: 0,
            changed: 0,
            links: 1,
            inode: 0,
            device: 0,
            content: None,
            sha256: None,
        }
    }

    /// Returns the SHA-256 of the content, as reported by the host or computed from the bytes it
    /// sent; `None` if neither was requested.
    pub fn digest(&self) -> Option<String> {
        let sent = self.content.as_deref().map(sha256);
        self.sha256.clone().or(sent)
    }
}

/// Returns whether user `acting` may follow a link to change `target`, which it leads to: one of
/// root's or their own, else only to what belongs to the link's owner as well. So nobody leads a
/// change to where they could not make it themselves.
pub fn may_follow(link: &Node, target: Option<&Node>, acting: u32) -> bool {
    link.uid == 0 || link.uid == acting || target.is_some_and(|target| target.uid == link.uid)
}

/// The kind of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its target, as written in the link.
        target: Utf8PathBuf,
    },
    /// A socket, a pipe or a device.
    Other,
}

impl Kind {
    /// Returns the word for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::File => "a file",
            Kind::Directory => "a directory",
            Kind::Symlink { .. } => "a symbolic link",
            Kind::Other => "a special file",
        }
    }
}

/// Owner, group and mode; `None` keeps the current value, or the system's default for something
/// new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Permission bits.
    pub mode: Option<u32>,
    /// User name or number.
    pub owner: Option<String>,
    /// Group name or number.
    pub group: Option<String>,
}
