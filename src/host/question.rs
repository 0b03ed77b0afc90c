//! Questions about a host that change nothing.

use super::{Access, Facts, Group, Lock, Node, Process, ProcessMatch, User};
use camino::Utf8PathBuf;

/// A question about a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// What is at a path.
    Path {
        /// The path.
        path: Utf8PathBuf,
        /// Whether to follow a symbolic link at the end. A dangling one then counts as missing.
        follow: bool,
        /// How much of a regular file's content is wanted.
        content: Content,
    },
    /// What the user may do with a path, links followed.
    Access(Utf8PathBuf),
    /// Everything below a directory (without the directory), links not followed, sorted by path,
    /// without content. Empty if there is no directory; a link to one does not count.
    Tree {
        /// The directory.
        path: Utf8PathBuf,
        /// How many levels to descend; 1 lists only the directory.
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
        /// Name or address, as resolved by the host.
        host: String,
        /// Port.
        port: u16,
    },
    /// Which other run holds a lock.
    Lock(Lock),
    /// Facts about the machine.
    Facts,
}

/// How much of a regular file's content is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// Nothing.
    None,
    /// Its SHA-256.
    Digest,
    /// The bytes if there are at most this many, else its SHA-256.
    UpTo(u64),
    /// The bytes from an offset on (at most 1 MiB), for logs; nothing if the file is shorter.
    From(u64),
}

/// The answer to the question with the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The node, if the path exists.
    Path(Option<Node>),
    /// What the user may do.
    Access(Access),
    /// Paths and their nodes.
    Tree(Vec<(Utf8PathBuf, Node)>),
    /// The processes.
    Processes(Vec<Process>),
    /// The account, if it exists.
    User(Option<User>),
    /// The group, if it exists.
    Group(Option<Group>),
    /// Whether the port is open.
    Port(bool),
    /// The run that holds it, if any.
    Lock(Option<String>),
    /// The facts.
    Facts(Box<Facts>),
}

impl Answer {
    /// Returns the node of a path that was asked about.
    pub fn into_path(self) -> Option<Node> {
        match self {
            Answer::Path(node) => node,
            _ => None,
        }
    }

    /// Returns the programs, or none for any other answer.
    pub fn into_processes(self) -> Vec<super::Process> {
        match self {
            Answer::Processes(found) => found,
            _ => Vec::new(),
        }
    }

    /// Returns the entries below a directory, or none for any other answer.
    pub fn into_tree(self) -> Vec<(Utf8PathBuf, Node)> {
        match self {
            Answer::Tree(nodes) => nodes,
            _ => Vec::new(),
        }
    }
}
