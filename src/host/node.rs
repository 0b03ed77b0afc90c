//! What stands at a path.

use super::{User, sha256};
use camino::Utf8PathBuf;

/// What stands at a path of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Permission bits with set-user-id, set-group-id and sticky: `0o0000` to `0o7777`.
    pub mode: u32,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Name of the user, or the number as text where it has none.
    pub owner: String,
    /// Name of the group, or the number as text where it has none.
    pub group: String,
    /// Bytes.
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
    /// What was asked for of a regular file's content.
    pub content: Option<Vec<u8>>,
    /// SHA-256 of a regular file in lower-case hexadecimal, where it was asked for.
    pub sha256: Option<String>,
}

impl Node {
    /// Returns a node of this user's, with nothing else known of it.
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

    /// Returns the SHA-256 of the content, be it told by the host or made from the bytes it sent;
    /// nothing where neither was asked for.
    pub fn digest(&self) -> Option<String> {
        let sent = self.content.as_deref().map(sha256);
        self.sha256.clone().or(sent)
    }
}

/// What kind of thing stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it points, as written in the link.
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

/// Who owns something and what others may do with it; `None` leaves that part as it is, or as
/// the system makes it where the thing is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Permission bits.
    pub mode: Option<u32>,
    /// User name or number.
    pub owner: Option<String>,
    /// Group name or number.
    pub group: Option<String>,
}
