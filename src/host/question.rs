//! What can be asked of a host without changing it.

use super::{Access, Facts, Group, Lock, Node, Process, ProcessMatch, User};
use camino::Utf8PathBuf;

/// Something to ask of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// What stands at a path.
    Path {
        /// The path.
        path: Utf8PathBuf,
        /// Whether a symbolic link at the end is followed. A dangling one is then nothing.
        follow: bool,
        /// What is wanted of a regular file's content.
        content: Content,
    },
    /// What the user may do with what stands at a path, links followed.
    Access(Utf8PathBuf),
    /// Everything below a directory (itself not included), links not followed, sorted by path,
    /// without content. Empty where there is no directory; a link to one is none.
    Tree {
        /// The directory.
        path: Utf8PathBuf,
        /// Levels to go down; 1 lists the directory alone.
        depth: Option<u32>,
    },
    /// The running processes that match.
    Processes(ProcessMatch),
    /// A user account, by its name or number.
    User(String),
    /// A group, by its name or number.
    Group(String),
    /// Whether a TCP connection from the host to this address succeeds.
    Port {
        /// Name or address, as the host sees it.
        host: String,
        /// Port.
        port: u16,
    },
    /// Which other run has a lock.
    Lock(Lock),
    /// What kind of machine it is.
    Facts,
}

/// What is wanted of a regular file's content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// Nothing.
    None,
    /// Its SHA-256.
    Digest,
    /// The bytes if there are at most this many, else its SHA-256.
    UpTo(u64),
    /// The bytes from an offset on (at most 1 MiB), for logs; nothing where it is shorter.
    From(u64),
}

/// The answer to a question of the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What stands there, or nothing.
    Path(Option<Node>),
    /// What the user may do.
    Access(Access),
    /// Paths and what stands there.
    Tree(Vec<(Utf8PathBuf, Node)>),
    /// The processes.
    Processes(Vec<Process>),
    /// The account, or nothing.
    User(Option<User>),
    /// The group, or nothing.
    Group(Option<Group>),
    /// Whether it is open.
    Port(bool),
    /// The run that has it, or nothing.
    Lock(Option<String>),
    /// The facts.
    Facts(Box<Facts>),
}

impl Answer {
    /// Returns what stands at the path that was asked for.
    pub fn into_path(self) -> Option<Node> {
        match self {
            Answer::Path(node) => node,
            _ => None,
        }
    }

    /// Returns what was found below a directory; nothing if that was not the question.
    pub fn into_tree(self) -> Vec<(Utf8PathBuf, Node)> {
        match self {
            Answer::Tree(nodes) => nodes,
            _ => Vec::new(),
        }
    }
}
